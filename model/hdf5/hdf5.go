// Package hdf5 reads the skeleton of an HDF5 file: its groups, links and
// attributes, and where datasets keep their values. Values of datasets are
// never read.
//
// Source: "HDF5 File Format Specification Version 3.0",
// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Signature begins every superblock.
const Signature = "\x89HDF\r\n\x1a\n"

// Limits of one file.
const (
	maxObjects  = 500_000   // headers and nodes entered
	maxMessages = 100_000   // of one header
	maxDepth    = 200       // groups in groups
	maxMessage  = 64 << 10  // bytes of one message
	maxText     = 16 << 20  // bytes of one attribute
	maxHeader   = 4 << 20   // bytes of one header
	maxHeld     = 16 << 20  // bytes of the headers of a group and those around it
	maxSteps    = 2_000_000 // objects of global heaps passed
)

// ErrBroken means that a structure of the file makes no sense.
var ErrBroken = errors.New("a structure makes no sense")

// ErrLarge means that the file has more than is read.
var ErrLarge = errors.New("more than is read")

// ErrUnknown means that the file uses a layout that is not read.
var ErrUnknown = errors.New("a layout that is not read")

// Sort says what an Item is.
type Sort int

// The sorts of items.
const (
	Attribute    Sort = iota + 1
	SoftLink          // Target is a path in the file
	ExternalLink      // File and Target
	ExternalData      // values of a dataset in the file File
	VirtualData       // values of a dataset in datasets of File
	Filter            // Number is a filter that is no part of the library
	Swelling          // a dataset that is far larger in memory than the file: Bytes
)

// Item is one thing found.
type Item struct {
	Sort   Sort
	Path   string // of the object it belongs to
	Name   string // of an attribute
	Target string
	File   string
	Number int
	Bytes  uint64 // of the values of a dataset in memory
	Offset int64  // in the file, in bytes

	text func() (string, error)
}

// Text returns the value of an attribute that is one text, and "" for others.
func (i Item) Text() (string, error) {
	if i.text == nil {
		return "", nil
	}
	return i.text()
}

// reader is one file on its way.
type reader struct {
	r     io.ReaderAt
	size  int64
	base  int64 // of all addresses
	o, l  int   // bytes of an address and of a length
	visit func(Item)
	seen  map[int64]struct{}
	held  int   // bytes of the headers being read
	steps int   // objects of global heaps passed
	err   error // the first; the walk goes on behind it

	extension int64    // of the superblock; 0 or less where there is none
	shared    *fractal // the heap of shared attributes; nil until it is asked for
}

// Walk reads a file whose superblock is at start and calls visit for each item,
// in no promised order. What cannot be read is passed over; the first error is
// returned in the end. It reads no value of a dataset. Many may call it at once.
func Walk(r io.ReaderAt, start, size int64, visit func(Item)) error {
	f := &reader{r: r, size: size, visit: visit, seen: map[int64]struct{}{}}
	root, err := f.superblock(start)
	if err != nil {
		return fmt.Errorf("read superblock: %w", err)
	}
	f.object(root, "", 0)
	return f.err
}

func (f *reader) fail(err error) {
	if f.err == nil && err != nil {
		f.err = err
	}
}

// bytes reads n bytes at an address.
func (f *reader) bytes(at int64, n int) ([]byte, error) {
	at += f.base
	if n < 0 || n > maxText || at < 0 || at > f.size-int64(n) {
		return nil, fmt.Errorf("%w: %d bytes at %d", ErrBroken, n, at)
	}
	b := make([]byte, n)
	got, err := f.r.ReadAt(b, at)
	if got < n {
		return nil, fmt.Errorf("read at %d: %w", at, err)
	}
	return b, nil
}

// superblock returns the address of the root group's header.
func (f *reader) superblock(start int64) (root int64, err error) {
	b, err := f.bytes(start, int(min(96, f.size-start)))
	if err != nil || len(b) < 24 || string(b[:8]) != Signature {
		return 0, ErrBroken
	}
	c := &cursor{b: b, f: f}
	switch version := b[8]; version {
	case 0, 1:
		f.o, f.l = int(b[13]), int(b[14])
		c.at = 24
		if version == 1 {
			c.at = 28
		}
		if !f.widths() {
			return 0, ErrUnknown
		}
		base := c.addr()
		c.skip(4 * f.o) // free space, end, driver, name of the root
		root = c.addr()
		f.base = base
	case 2, 3:
		f.o, f.l = int(b[9]), int(b[10])
		c.at = 12
		if !f.widths() {
			return 0, ErrUnknown
		}
		base := c.addr()
		f.extension = c.addr()
		c.skip(f.o)
		root = c.addr()
		f.base = base
	default:
		return 0, fmt.Errorf("%w: superblock version %d", ErrUnknown, version)
	}
	if f.base == 0 {
		f.base = start
	}
	if c.bad {
		return 0, ErrBroken
	}
	return root, nil
}

func (f *reader) widths() bool {
	ok := func(n int) bool { return n == 2 || n == 4 || n == 8 }
	return ok(f.o) && ok(f.l)
}

// enter counts an object or node and says whether to read it.
func (f *reader) enter(at int64) bool {
	if _, ok := f.seen[at]; ok || at < 0 {
		return false
	}
	if len(f.seen) >= maxObjects {
		f.fail(fmt.Errorf("%w: objects", ErrLarge))
		return false
	}
	f.seen[at] = struct{}{}
	return true
}

// cursor reads numbers out of bytes. Past the end it gives zeros and is bad.
type cursor struct {
	b   []byte
	at  int
	f   *reader
	bad bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b)-c.at {
		c.bad = true
		c.at = len(c.b)
		return make([]byte, min(max(n, 0), 64))
	}
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *cursor) skip(n int) { c.take(n) }

// num reads n bytes, at most eight, as a number.
func (c *cursor) num(n int) uint64 {
	var b [8]byte
	copy(b[:], c.take(n))
	return binary.LittleEndian.Uint64(b[:])
}

// addr reads an address: -1 for none.
func (c *cursor) addr() int64 {
	v := c.num(c.f.o)
	if v == 1<<(8*c.f.o)-1 || v > 1<<62 {
		return -1
	}
	return int64(v)
}

// text reads up to a zero byte.
func (c *cursor) text() string {
	for i := c.at; i < len(c.b); i++ {
		if c.b[i] == 0 {
			s := string(c.b[c.at:i])
			c.at = i + 1
			return s
		}
	}
	c.bad = true
	return ""
}

func (c *cursor) rest() []byte { return c.b[min(c.at, len(c.b)):] }
