package gitpack

import (
	"container/list"
	"sync"
)

// baseCache keeps the bases of deltas that were read last, up to a number of
// bytes. What it holds is never changed. Many goroutines may use it at once.
type baseCache struct {
	mu    sync.Mutex
	most  int64
	held  int64
	byKey map[baseKey]*list.Element
	order *list.List // of cachedBase, the one used last in front
}

type baseKey struct {
	pack *Pack
	off  int64
}

type cachedBase struct {
	key  baseKey
	kind Type
	data []byte
}

// cachedCost is what an entry takes beside its content, in bytes, roughly.
const cachedCost = 200

func newBaseCache(most int64) *baseCache {
	return &baseCache{most: most, byKey: map[baseKey]*list.Element{}, order: list.New()}
}

func (c *baseCache) get(p *Pack, off int64) (Type, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[baseKey{p, off}]
	if !ok {
		return 0, nil, false
	}
	c.order.MoveToFront(e)
	b := e.Value.(*cachedBase)
	return b.kind, b.data, true
}

// put adds an entry unless it alone would fill half of the cache.
func (c *baseCache) put(p *Pack, off int64, kind Type, data []byte) {
	if int64(cap(data)) > c.most/2 {
		return
	}
	key := baseKey{p, off}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok {
		return
	}
	c.byKey[key] = c.order.PushFront(&cachedBase{key, kind, data})
	c.held += int64(cap(data)) + cachedCost
	for c.held > c.most {
		last := c.order.Back()
		b := c.order.Remove(last).(*cachedBase)
		delete(c.byKey, b.key)
		c.held -= int64(cap(b.data)) + cachedCost
	}
}
