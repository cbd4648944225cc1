package gitpack

import (
	"fmt"
	"sync"
)

// Store is the objects of a repository: its packs, those of its alternates, and
// its loose objects. Many goroutines may use it at once; the fields must not be
// changed once it is in use. The zero value is an empty store of SHA-1 objects.
type Store struct {
	Format HashFormat
	Packs  []*Pack

	// Loose returns a loose object as it is stored: one zlib stream. It returns an
	// error that wraps ErrMissing if there is none. Many goroutines may call it at
	// once. nil means that there are no loose objects.
	Loose func(ID) ([]byte, error)

	// Cache bounds the memory that keeps bases between calls of Append, in bytes. 0
	// means 32 MiB.
	Cache int64

	// MaxObject bounds the objects that Append reads, in bytes. 0 means 128 MiB.
	MaxObject int64

	once    sync.Once
	cache   *baseCache
	readers sync.Pool
	walkers sync.Pool
}

// What the zero value of a bound means.
const (
	defaultCache     = 32 << 20
	defaultMaxObject = 128 << 20
)

// Has says whether the store holds an object. It looks at indexes, and at the
// presence of a loose file, not at content.
func (s *Store) Has(id ID) bool {
	if _, _, ok := s.locate(id); ok {
		return true
	}
	if s.Loose == nil {
		return false
	}
	_, err := s.Loose(id)
	return err == nil
}

// locate finds the first pack that lists an object, and its offset there.
func (s *Store) locate(id ID) (*Pack, int64, bool) {
	for _, p := range s.Packs {
		if at, ok := p.index.find(id.Bytes()); ok {
			return p, p.index.offset(at), true
		}
	}
	return nil, 0, false
}

// Get returns the type and the content of an object. The content is the caller's.
// It fails with an *ObjectError that wraps ErrMissing, ErrCorrupt, ErrBase or
// ErrTooLarge.
func (s *Store) Get(id ID) (Type, []byte, error) { return s.Append(nil, id) }

// Append is Get with the content added to dst, which may be reused from call to
// call.
func (s *Store) Append(dst []byte, id ID) (Type, []byte, error) {
	s.once.Do(s.start)
	r := s.readers.Get().(*reader)
	defer s.readers.Put(r)
	kind, data, err := r.object(id, 0)
	if err != nil {
		return 0, dst, err
	}
	return kind, append(dst, data...), nil
}

// start makes what the zero value lacks.
func (s *Store) start() {
	bound := s.Cache
	if bound <= 0 {
		bound = defaultCache
	}
	if s.MaxObject <= 0 {
		s.MaxObject = defaultMaxObject
	}
	s.cache = newBaseCache(bound)
	s.readers.New = func() any { return &reader{store: s} }
}

// reader reads one object after the other by ID. Its buffers are reused.
type reader struct {
	store *Store
	inflater
	delta  []byte
	spare  []byte
	copied []Copy
	chain  []step
}

// step is one delta on the way from an object to the whole object under it.
type step struct {
	pack *Pack
	off  int64
	head entry
}

// outsideMost bounds how often a chain of deltas may go from pack to pack: a
// pack in a repository is complete, so even one step is odd.
const outsideMost = 16

// object returns an object that is valid until the next call. Of several copies
// the first that can be read will do.
func (r *reader) object(id ID, hops int) (Type, []byte, error) {
	var failure *ObjectError
	for _, p := range r.store.Packs {
		at, ok := p.index.find(id.Bytes())
		if !ok {
			continue
		}
		kind, data, err := r.packed(p, p.index.offset(at), hops)
		if err == nil {
			return kind, data, nil
		}
		if failure == nil {
			failure = &ObjectError{ID: id, Size: -1, Pack: p.name, Err: err}
		}
	}
	kind, data, err := r.loose(id)
	if err == nil {
		return kind, data, nil
	}
	if failure == nil {
		failure = &ObjectError{ID: id, Size: -1, Err: err}
	}
	return 0, nil, failure
}

// packed resolves the entry at an offset: down its chain to a base that is
// whole or in the cache, and up again.
func (r *reader) packed(p *Pack, off int64, hops int) (kind Type, data []byte, err error) {
	chain := r.chain[:0]
	defer func() { r.chain = chain[:0] }()
	for data == nil {
		var ok bool
		if kind, data, ok = r.store.cache.get(p, off); ok {
			break
		}
		e, err := p.entryAt(off)
		if err != nil {
			return 0, nil, err
		}
		if e.kind != ofsDelta && e.kind != refDelta {
			if data, err = r.whole(p, off, e); err != nil {
				return 0, nil, err
			}
			kind = e.kind
			if len(chain) > 0 {
				r.store.cache.put(p, off, kind, data)
			}
			break
		}
		if len(chain) > len(p.data)/4 {
			return 0, nil, corrupt("delta at %d is one of itself", off)
		}
		chain = append(chain, step{p, off, e})
		if off = e.back; e.kind == ofsDelta {
			continue
		}
		if at, ok := p.index.find(e.base); ok {
			off = p.index.offset(at)
			continue
		}
		if hops >= outsideMost {
			return 0, nil, corrupt("delta at %d goes through too many packs", off)
		}
		outer := &reader{store: r.store}
		if kind, data, err = outer.object(newID(e.base), hops+1); err != nil {
			return 0, nil, fmt.Errorf("%w: %w", ErrBase, err)
		}
		break
	}
	return r.apply(kind, data, chain)
}

// apply makes an object from a base and the deltas above it, the last first.
func (r *reader) apply(kind Type, base []byte, chain []step) (Type, []byte, error) {
	for i := len(chain) - 1; i >= 0; i-- {
		s := chain[i]
		data, err := r.deltaOf(s, base)
		if err != nil {
			if i > 0 {
				err = fmt.Errorf("%w: %w", ErrBase, err)
			}
			return 0, nil, err
		}
		if i > 0 {
			r.store.cache.put(s.pack, s.off, kind, data)
		}
		base = data
	}
	return kind, base, nil
}

// deltaOf inflates one delta and applies it.
func (r *reader) deltaOf(s step, base []byte) ([]byte, error) {
	src := s.pack.data[s.head.body:]
	if s.head.size > r.store.MaxObject {
		return nil, ErrTooLarge
	}
	if s.head.size > most(len(src)) {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	}
	r.delta = grown(r.delta, int(s.head.size)+inflateSlack)
	if _, err := r.unzip(r.delta, int(s.head.size), src, soundness{}); err != nil {
		return nil, err
	}
	d, err := openDelta(r.delta[:s.head.size])
	if err != nil {
		return nil, err
	}
	if d.base != int64(len(base)) {
		return nil, corrupt("delta is of a base of %d bytes, not %d", d.base, len(base))
	}
	if d.size > r.store.MaxObject {
		return nil, ErrTooLarge
	}
	if r.copied, err = d.copies(r.copied[:0]); err != nil {
		return nil, err
	}
	of := flatRope(base)
	return d.flatten(make([]byte, 0, d.size), &of), nil
}

// whole inflates an entry that is no delta.
func (r *reader) whole(p *Pack, off int64, e entry) ([]byte, error) {
	src := p.data[e.body:]
	if e.size > r.store.MaxObject {
		return nil, ErrTooLarge
	}
	if e.size > most(len(src)) {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	}
	data := make([]byte, e.size+inflateSlack)
	_, err := r.unzip(data, int(e.size), src, soundness{})
	return data[:e.size], err
}

// grown returns a buffer of n bytes of undefined content, b if it is long enough.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n+n/4)[:n]
	}
	return b[:n]
}
