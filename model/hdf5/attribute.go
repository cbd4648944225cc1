package hdf5

import (
	"bytes"
	"fmt"
)

// attribute reads an attribute of one of its three versions. Source: IV.A.2.m.
func (f *reader) attribute(m message, path string) error {
	c := &cursor{b: m.body, f: f}
	version, flags := c.num(1), c.num(1)
	if version < 1 || version > 3 {
		return fmt.Errorf("%w: attribute version %d", ErrUnknown, version)
	}
	nameLen, typeLen, spaceLen := int(c.num(2)), int(c.num(2)), int(c.num(2))
	if version == 3 {
		c.skip(1)
	}
	padded := func(n int) int {
		if version == 1 {
			return (n + 7) / 8 * 8
		}
		return n
	}
	name := c.take(padded(nameLen))
	typ := c.take(padded(typeLen))
	space := c.take(padded(spaceLen))
	if c.bad {
		return ErrBroken
	}
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	item := Item{Sort: Attribute, Path: path, Name: string(name), Offset: m.at}
	value := c.rest()
	item.text = func() (string, error) {
		if version > 1 && flags&1 != 0 {
			shared, err := f.sharedType(typ)
			if err != nil {
				return "", err
			}
			return f.text(shared, space, value)
		}
		return f.text(typ, space, value)
	}
	f.visit(item)
	return nil
}

// sharedType finds a datatype that another object holds. Source: IV.A.2, shared
// messages.
func (f *reader) sharedType(ref []byte) ([]byte, error) {
	c := &cursor{b: ref, f: f}
	version := c.num(1)
	c.skip(1)
	if version == 1 {
		c.skip(6)
	}
	msgs, err := f.header(c.addr())
	for _, m := range msgs {
		if m.kind == msgDatatype && !m.shared {
			return m.body, nil
		}
	}
	if err == nil {
		err = ErrUnknown
	}
	return nil, err
}

// elements counts the values of a dataspace. Source: IV.A.2.b.
func (f *reader) elements(space []byte) uint64 {
	c := &cursor{b: space, f: f}
	version, rank, _ := c.num(1), int(c.num(1)), c.num(1)
	if version == 1 {
		c.skip(5)
	} else if c.num(1) == 2 {
		return 0
	}
	n := uint64(1)
	for range min(rank, 32) {
		if d := c.num(f.l); d < 1<<20 {
			n = min(n*d, 1<<20)
		} else {
			n = 1 << 20
		}
	}
	return n
}

// Classes of datatypes.
const (
	classString = 3
	classOpaque = 5
	classVlen   = 9
)

// text reads a value that is one string; of several it reads all, one a line.
func (f *reader) text(typ, space, value []byte) (string, error) {
	if len(typ) < 8 {
		return "", ErrBroken
	}
	count := f.elements(space)
	c := &cursor{b: typ, f: f, at: 4}
	size := int(min(c.num(4), maxText))
	switch typ[0] & 0x0f {
	case classString, classOpaque:
		if uint64(size)*count > uint64(len(value)) {
			return "", ErrBroken
		}
		return string(bytes.TrimRight(value[:size*int(count)], "\x00")), nil
	case classVlen:
		return f.vlen(count, value)
	}
	return "", nil
}

// vlen reads values that lie in the global heap.
func (f *reader) vlen(count uint64, value []byte) (string, error) {
	var out []byte
	v := &cursor{b: value, f: f}
	for i := range count {
		n, at, index := v.num(4), v.addr(), int(v.num(4))
		if v.bad {
			return string(out), ErrBroken
		}
		if at <= 0 || n == 0 {
			continue
		}
		b, err := f.globalHeap(at, index)
		if err != nil {
			return string(out), err
		}
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, b[:min(uint64(len(b)), n)]...)
		if len(out) > maxText || i > 10_000 {
			return string(out), ErrLarge
		}
	}
	return string(bytes.TrimRight(out, "\x00")), nil
}

// globalHeap returns one object of the collection at an address. Source: III.E.
func (f *reader) globalHeap(at int64, index int) ([]byte, error) {
	b, err := f.bytes(at, 8+f.l)
	if err != nil {
		return nil, err
	}
	if string(b[:4]) != "GCOL" {
		return nil, fmt.Errorf("%w: global heap at %d", ErrBroken, at)
	}
	c := &cursor{b: b, f: f, at: 8}
	end := at + int64(c.num(f.l)&(1<<62-1))
	at += int64(8 + f.l)
	for at+int64(8+f.l) <= end {
		if f.steps++; f.steps > maxSteps {
			return nil, ErrLarge
		}
		if b, err = f.bytes(at, 8+f.l); err != nil {
			return nil, err
		}
		c = &cursor{b: b, f: f}
		id := int(c.num(2))
		c.skip(6)
		n := c.num(f.l)
		if n > 1<<40 {
			return nil, ErrBroken
		}
		if id == index {
			if n > maxText {
				return nil, ErrLarge
			}
			return f.bytes(at+int64(8+f.l), int(n))
		}
		if id == 0 {
			break
		}
		at += int64(8+f.l) + int64(n+7)/8*8
	}
	return nil, fmt.Errorf("%w: object %d of a global heap", ErrBroken, index)
}
