package hdf5

import (
	"fmt"
	"math"
	"math/bits"
)

// message is one message of an object header.
type message struct {
	kind   int
	shared bool
	body   []byte
	at     int64
}

// Kinds of messages.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgLink         = 0x06
	msgExternal     = 0x07
	msgLayout       = 0x08
	msgFilters      = 0x0b
	msgAttribute    = 0x0c
	msgContinuation = 0x10
	msgSymbols      = 0x11
	msgAttrInfo     = 0x15
)

// object reads the header at an address and what hangs on it.
func (f *reader) object(at int64, path string, depth int) {
	if depth > maxDepth {
		f.fail(fmt.Errorf("%w: groups in groups", ErrLarge))
		return
	}
	if !f.enter(at) {
		return
	}
	msgs, err := f.header(at)
	f.fail(err)
	n := 0
	for _, m := range msgs {
		n += len(m.body)
	}
	f.held += n
	defer func() { f.held -= n }()
	if f.held > maxHeld {
		f.fail(fmt.Errorf("%w: headers", ErrLarge))
		return
	}
	for _, m := range msgs {
		f.fail(f.message(m, path, depth))
	}
	f.swelling(msgs, path)
}

// What a dataset may take of memory without being told: filters pack zeros about
// a thousand times.
const (
	swellsMin   = 1 << 32 // bytes
	swellsTimes = 1100
)

// swelling tells of a dataset that takes far more memory than the file is long:
// values that were never written are filled in when it is read.
func (f *reader) swelling(msgs []message, path string) {
	var size, count uint64
	var at int64
	for _, m := range msgs {
		c := &cursor{b: m.body, f: f}
		switch {
		case m.shared:
		case m.kind == msgDatatype:
			c.skip(4)
			size = c.num(4)
		case m.kind == msgDataspace:
			at, count = m.at, f.values(c)
		}
	}
	hi, n := bits.Mul64(count, max(size, 1))
	if hi > 0 {
		n = math.MaxUint64
	}
	if n > swellsMin && n/swellsTimes > uint64(f.size) {
		f.visit(Item{Sort: Swelling, Path: path, Bytes: n, Offset: at})
	}
}

// values multiplies the dimensions of a dataspace. Source: IV.A.2.b.
func (f *reader) values(c *cursor) uint64 {
	version, rank, _ := c.num(1), int(c.num(1)), c.num(1)
	if version == 1 {
		c.skip(5)
	} else {
		c.skip(1)
	}
	n := uint64(1)
	for range min(rank, 32) {
		hi, lo := bits.Mul64(n, c.num(f.l))
		if n = lo; hi > 0 {
			return math.MaxUint64
		}
	}
	if c.bad {
		return 0
	}
	return n
}

// header reads the messages of an object header.
func (f *reader) header(at int64) ([]message, error) {
	b, err := f.bytes(at, int(min(16, f.size-f.base-at)))
	if err != nil || len(b) < 11 {
		return nil, fmt.Errorf("%w: object header at %d", ErrBroken, at)
	}
	if string(b[:4]) == "OHDR" {
		return f.headerV2(at)
	}
	if b[0] != 1 || len(b) < 16 {
		return nil, fmt.Errorf("%w: object header at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: f, at: 8}
	return f.chunks(chunk{at: at + 16, n: int64(c.num(4))}, 1, 0)
}

func (f *reader) headerV2(at int64) ([]message, error) {
	b, err := f.bytes(at, int(min(40, f.size-f.base-at)))
	if err != nil {
		return nil, err
	}
	c := &cursor{b: b, f: f, at: 4}
	version, flags := c.num(1), c.num(1)
	if version != 2 {
		return nil, fmt.Errorf("%w: object header version %d", ErrUnknown, version)
	}
	if flags&0x20 != 0 {
		c.skip(16)
	}
	if flags&0x10 != 0 {
		c.skip(4)
	}
	n := c.num(1 << (flags & 3))
	if c.bad || n > 1<<32 {
		return nil, ErrBroken
	}
	return f.chunks(chunk{at: at + int64(c.at), n: int64(n)}, 2, flags)
}

// chunk is a stretch of messages.
type chunk struct{ at, n int64 }

// chunks reads the first chunk of a header and those it continues in.
func (f *reader) chunks(first chunk, version int, flags uint64) ([]message, error) {
	var out []message
	todo := []chunk{first}
	total := int64(0)
	for i := 0; i < len(todo); i++ {
		if i > 1000 || len(out) > maxMessages {
			return out, fmt.Errorf("%w: messages", ErrLarge)
		}
		if total += todo[i].n; todo[i].n > maxHeader || total > maxHeader {
			return out, fmt.Errorf("%w: a header of %d bytes", ErrBroken, todo[i].n)
		}
		b, err := f.bytes(todo[i].at, int(todo[i].n))
		if err != nil {
			return out, err
		}
		c := &cursor{b: b, f: f}
		if i > 0 && version == 2 {
			if len(b) < 8 || string(b[:4]) != "OCHK" {
				return out, fmt.Errorf("%w: continuation at %d", ErrBroken, todo[i].at)
			}
			c.b, c.at = b[:len(b)-4], 4
		}
		for len(c.rest()) >= 4 {
			m, ok := c.message(version, flags)
			if !ok {
				break
			}
			m.at = todo[i].at + int64(c.at-len(m.body))
			if m.kind != msgContinuation {
				out = append(out, m)
				continue
			}
			k := &cursor{b: m.body, f: f}
			next := chunk{at: k.addr(), n: int64(k.num(f.l) & (1<<62 - 1))}
			if k.bad {
				return out, ErrBroken
			}
			todo = append(todo, next)
		}
	}
	return out, nil
}

func (c *cursor) message(version int, flags uint64) (m message, ok bool) {
	var size int
	var marks uint64
	if version == 1 {
		m.kind, size, marks = int(c.num(2)), int(c.num(2)), c.num(1)
		c.skip(3)
	} else {
		m.kind, size, marks = int(c.num(1)), int(c.num(2)), c.num(1)
		if flags&4 != 0 {
			c.skip(2)
		}
	}
	m.shared = marks&2 != 0
	m.body = c.take(size)
	return m, !c.bad
}

// message reads one message of the object called path.
func (f *reader) message(m message, path string, depth int) error {
	c := &cursor{b: m.body, f: f}
	switch m.kind {
	case msgSymbols:
		return f.symbols(c.addr(), c.addr(), path, depth)
	case msgLink:
		return f.link(m, path, depth)
	case msgLinkInfo:
		return f.linkInfo(c, path, depth)
	case msgAttribute:
		if m.shared {
			body, err := f.sharedAttribute(m.body)
			if err != nil {
				return err
			}
			m.body = body
		}
		return f.attribute(m, path)
	case msgAttrInfo:
		return f.attrInfo(c, path)
	case msgExternal:
		return f.external(c, path, m.at)
	case msgLayout:
		return f.layout(c, path, m.at)
	case msgFilters:
		return f.filters(c, path, m.at)
	}
	return nil
}

// external reads the list of files that hold the values of a dataset.
func (f *reader) external(c *cursor, path string, at int64) error {
	c.skip(4)
	c.skip(2) // slots allocated
	used := int(c.num(2))
	names, err := f.localHeap(c.addr())
	if err != nil {
		f.visit(Item{Sort: ExternalData, Path: path, Offset: at})
		return err
	}
	for range used {
		off := c.num(f.l)
		c.skip(2 * f.l)
		if c.bad {
			return ErrBroken
		}
		f.visit(Item{Sort: ExternalData, Path: path, File: names.name(off), Offset: at})
	}
	return nil
}

// layout looks for a virtual dataset, whose values lie in other files.
func (f *reader) layout(c *cursor, path string, at int64) error {
	version, class := c.num(1), c.num(1)
	if version < 4 || class != 3 {
		return nil
	}
	heap, index := c.addr(), int(c.num(4))
	if heap < 0 {
		return nil
	}
	b, err := f.globalHeap(heap, index)
	if err != nil {
		f.visit(Item{Sort: VirtualData, Path: path, Offset: at})
		return err
	}
	k := &cursor{b: b, f: f}
	k.skip(1)
	n := k.num(f.l)
	// Behind each pair of names stand selections, which would have to be
	// parsed to find the next pair: one name tells enough.
	file := ""
	if n > 0 {
		file = k.text()
	}
	f.visit(Item{Sort: VirtualData, Path: path, File: file, Offset: at})
	return nil
}

// filters tells of filters that the library loads from plugins.
func (f *reader) filters(c *cursor, path string, at int64) error {
	version, n := c.num(1), int(c.num(1))
	if version == 1 {
		c.skip(6)
	}
	for range n {
		id := int(c.num(2))
		named := 0
		if version == 1 || id >= 256 {
			named = int(c.num(2))
		}
		c.skip(2)
		values := int(c.num(2))
		if version == 1 {
			named = (named + 7) / 8 * 8
		}
		c.skip(named)
		c.skip(4 * values)
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		if c.bad {
			return ErrBroken
		}
		if id >= 256 {
			f.visit(Item{Sort: Filter, Path: path, Number: id, Offset: at})
		}
	}
	return nil
}
