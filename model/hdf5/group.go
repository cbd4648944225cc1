package hdf5

import (
	"bytes"
	"fmt"
)

// heap is the local heap of a group: its names.
type heap []byte

func (h heap) name(off uint64) string {
	if off >= uint64(len(h)) {
		return ""
	}
	b := h[off:]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b[:min(len(b), 4096)])
}

func (f *reader) localHeap(at int64) (heap, error) {
	b, err := f.bytes(at, 8+2*f.l+f.o)
	if err != nil {
		return nil, err
	}
	if string(b[:4]) != "HEAP" {
		return nil, fmt.Errorf("%w: local heap at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: f, at: 8}
	n := c.num(f.l)
	c.skip(f.l)
	if n > maxText {
		return nil, fmt.Errorf("%w: a heap of %d bytes", ErrLarge, n)
	}
	return f.bytes(c.addr(), int(n))
}

// symbols reads a group of the old form: a tree of nodes with names in a heap.
func (f *reader) symbols(tree, names int64, path string, depth int) error {
	h, err := f.localHeap(names)
	if err != nil {
		return err
	}
	return f.tree(tree, h, path, depth, 0)
}

func (f *reader) tree(at int64, h heap, path string, depth, level int) error {
	if level > 32 || at < 0 {
		return ErrBroken
	}
	if !f.enter(at) {
		return nil
	}
	b, err := f.bytes(at, 8+2*f.o)
	if err != nil {
		return err
	}
	if string(b[:4]) == "SNOD" {
		return f.entries(at, h, path, depth)
	}
	if string(b[:4]) != "TREE" || b[4] != 0 {
		return fmt.Errorf("%w: tree at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: f, at: 6}
	n := int(c.num(2))
	if b, err = f.bytes(at+int64(8+2*f.o), n*(f.l+f.o)); err != nil {
		return err
	}
	c = &cursor{b: b, f: f}
	for range n {
		c.skip(f.l)
		f.fail(f.tree(c.addr(), h, path, depth, level+1))
	}
	return nil
}

// entries reads a node of names.
func (f *reader) entries(at int64, h heap, path string, depth int) error {
	b, err := f.bytes(at, 8)
	if err != nil {
		return err
	}
	c := &cursor{b: b, f: f, at: 6}
	n := int(c.num(2))
	each := 2*f.o + 24
	if b, err = f.bytes(at+8, n*each); err != nil {
		return err
	}
	c = &cursor{b: b, f: f}
	for range n {
		name := path + "/" + h.name(c.num(f.o))
		header := c.addr()
		kind := c.num(4)
		c.skip(4)
		scratch := &cursor{b: c.take(16), f: f}
		if kind == 2 {
			f.visit(Item{Sort: SoftLink, Path: name, Target: h.name(scratch.num(4)), Offset: at})
			continue
		}
		f.object(header, name, depth+1)
	}
	return nil
}

// link reads a link of the new form. Source: IV.A.2.g.
func (f *reader) link(m message, path string, depth int) error {
	c := &cursor{b: m.body, f: f}
	if v := c.num(1); v != 1 {
		return fmt.Errorf("%w: link version %d", ErrUnknown, v)
	}
	flags := c.num(1)
	kind := uint64(0)
	if flags&8 != 0 {
		kind = c.num(1)
	}
	if flags&4 != 0 {
		c.skip(8)
	}
	if flags&16 != 0 {
		c.skip(1)
	}
	n := c.num(1 << (flags & 3))
	if n > maxMessage {
		return ErrBroken
	}
	name := path + "/" + string(c.take(int(n)))
	switch kind {
	case 0:
		at := c.addr()
		if c.bad {
			return ErrBroken
		}
		f.object(at, name, depth+1)
	case 1:
		target := string(c.take(int(c.num(2))))
		f.visit(Item{Sort: SoftLink, Path: name, Target: target, Offset: m.at})
	case 64:
		c.skip(2) // length
		c.skip(1) // version and flags
		file := c.text()
		f.visit(Item{Sort: ExternalLink, Path: name, File: file, Target: c.text(), Offset: m.at})
	default: // links of the user's making call what the program registered
		f.visit(Item{Sort: ExternalLink, Path: name, File: fmt.Sprintf("(a link of kind %d)", kind), Offset: m.at})
	}
	if c.bad {
		return ErrBroken
	}
	return nil
}

// linkInfo enters a group with so many links that they lie in a heap.
func (f *reader) linkInfo(c *cursor, path string, depth int) error {
	c.skip(1)
	if flags := c.num(1); flags&1 != 0 {
		c.skip(8)
	}
	heapAt, tree := c.addr(), c.addr()
	if heapAt < 0 || tree < 0 {
		return nil
	}
	return f.dense(heapAt, tree, func(body []byte, at int64) error {
		return f.link(message{kind: msgLink, body: body, at: at}, path, depth)
	})
}

// attrInfo enters an object with so many attributes that they lie in a heap.
func (f *reader) attrInfo(c *cursor, path string) error {
	c.skip(1)
	if flags := c.num(1); flags&1 != 0 {
		c.skip(2)
	}
	heapAt, tree := c.addr(), c.addr()
	if heapAt < 0 || tree < 0 {
		return nil
	}
	return f.dense(heapAt, tree, func(body []byte, at int64) error {
		return f.attribute(message{kind: msgAttribute, body: body, at: at}, path)
	})
}
