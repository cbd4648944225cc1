package hdf5

import "fmt"

const (
	msgSharedTable = 0x0f
	sharedIndexes  = 8 // the most a table may have
)

// sharedAttribute returns an attribute that lies in the heap of shared messages.
// Source: IV.A.2, shared messages, and III.H, the table of shared messages.
func (f *reader) sharedAttribute(ref []byte) ([]byte, error) {
	c := &cursor{b: ref, f: f}
	version, kind := c.num(1), c.num(1)
	if version != 3 || kind != 1 {
		return nil, fmt.Errorf("%w: an attribute of another object", ErrUnknown)
	}
	return f.sharedObject(c.rest())
}

// sharedObject returns the attribute with an identifier in that heap.
func (f *reader) sharedObject(id []byte) ([]byte, error) {
	if f.shared == nil {
		at, err := f.sharedHeap()
		if err != nil {
			return nil, err
		}
		if f.shared, err = f.fractal(at); err != nil {
			return nil, err
		}
	}
	body, _, err := f.shared.object(id)
	return body, err
}

// sharedHeap finds the heap of shared attributes by way of the extension of the
// superblock.
func (f *reader) sharedHeap() (int64, error) {
	if f.extension <= 0 {
		return 0, fmt.Errorf("%w: no table of shared messages", ErrBroken)
	}
	msgs, err := f.header(f.extension)
	for _, m := range msgs {
		if m.kind != msgSharedTable {
			continue
		}
		c := &cursor{b: m.body, f: f, at: 1}
		at, n := c.addr(), int(c.num(1))
		if c.bad || n > sharedIndexes {
			return 0, ErrBroken
		}
		return f.sharedIndex(at, n)
	}
	if err == nil {
		err = fmt.Errorf("%w: no table of shared messages", ErrBroken)
	}
	return 0, err
}

// sharedIndex reads the table for the heap that attributes are in.
func (f *reader) sharedIndex(at int64, n int) (int64, error) {
	each := 2 + 2 + 4 + 3*2 + 2*f.o
	b, err := f.bytes(at, 4+n*each)
	if err != nil {
		return 0, err
	}
	c := &cursor{b: b, f: f}
	if string(c.take(4)) != "SMTB" {
		return 0, fmt.Errorf("%w: table of shared messages at %d", ErrBroken, at)
	}
	for range n {
		c.skip(2) // version and type of the index
		kinds := c.num(2)
		c.skip(4 + 3*2 + f.o)
		if heap := c.addr(); kinds&(1<<msgAttribute) != 0 && heap > 0 {
			return heap, nil
		}
	}
	return 0, fmt.Errorf("%w: no heap of shared attributes", ErrBroken)
}
