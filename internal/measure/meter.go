package measure

import (
	"sync"
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// Meter counts what a measurement has come to, while it runs. The zero value is
// ready. It may be read at any time.
type Meter struct {
	objects, bytes, pages, shards, open, read atomic.Int64

	mu      sync.Mutex
	classes map[string]int64
}

// Count is the state of a Meter at one moment.
type Count struct {
	Objects int64 // listed
	Bytes   int64 // that these objects have
	Pages   int64
	Shards  int64 // measured
	Open    int64 // known, and still to be measured
	Read    int64 // bytes of content
	Classes map[string]int64
}

// Count returns what was counted so far.
func (m *Meter) Count() Count {
	c := Count{Objects: m.objects.Load(), Bytes: m.bytes.Load(), Pages: m.pages.Load(), Shards: m.shards.Load(), Open: m.open.Load(), Read: m.read.Load(), Classes: map[string]int64{}}
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, n := range m.classes {
		c.Classes[name] = n
	}
	return c
}

func (m *Meter) page(p *source.Page) {
	m.pages.Add(1)
	bytes := int64(0)
	for i := range p.Objects {
		bytes += p.Objects[i].Size
	}
	m.objects.Add(int64(len(p.Objects)))
	m.bytes.Add(bytes)
}

func (m *Meter) shard(got *overgrant.Measured) {
	m.shards.Add(1)
	m.open.Add(int64(len(got.Rest)) - 1)
	m.read.Add(got.Exposure.Read)
	m.class(&got.Exposure)
}

func (m *Meter) class(e *overgrant.Exposure) {
	if len(e.Classes) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.classes == nil {
		m.classes = map[string]int64{}
	}
	for name, c := range e.Classes {
		m.classes[name] += c.Named.Objects
	}
}
