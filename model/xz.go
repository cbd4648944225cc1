package model

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

var xzFormat = packed("xz", "A stream compressed with LZMA2.", prefix("\xfd7zXZ\x00"), openXZ)

var errXZ = errors.New("not the form of xz")

// Filters of xz. Source: "The .xz File Format", version 1.2.0, section 5.3.
const (
	xzDelta    = 0x03
	xzBranches = 0x04 // of x86
	xzLZMA2    = 0x21
)

// xzReader reads streams of xz one after another, block by block. Checksums are
// passed over: readers give out the bytes before they know them.
type xzReader struct {
	r        *bufio.Reader
	n        int64 // bytes taken of the block
	window   int64
	check    int       // bytes of the checksum behind each block
	block    io.Reader // nil between blocks
	inside   bool      // a stream has begun
	branches bool      // the block went through the filter for programs
}

func openXZ(r *bufio.Reader, window int64) (io.Reader, error) {
	return &xzReader{r: r, window: window}, nil
}

func (x *xzReader) Read(b []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(b)
		if errors.Is(err, io.EOF) {
			x.block = nil
			if err = x.pass((4-x.n&3)&3 + int64(x.check)); n == 0 && err == nil {
				continue
			}
		}
		return n, err
	}
}

// next begins a stream or a block.
func (x *xzReader) next() error {
	if !x.inside {
		return x.stream()
	}
	size, err := x.r.ReadByte()
	if err != nil {
		return unexpected(err)
	}
	if size == 0 {
		return x.index()
	}
	head := make([]byte, 4*int(size)+3)
	if _, err := io.ReadFull(x.r, head); err != nil {
		return unexpected(err)
	}
	return x.header(head)
}

// stream reads the header of a stream, and the padding before it.
func (x *xzReader) stream() error {
	for {
		h, err := x.r.Peek(12)
		if len(h) >= 4 && string(h[:4]) == "\x00\x00\x00\x00" {
			if _, err := x.r.Discard(4); err != nil {
				return err
			}
			continue
		}
		switch {
		case len(h) == 0:
			return io.EOF
		case len(h) < 12:
			return unexpected(err)
		case string(h[:6]) != "\xfd7zXZ\x00":
			return errXZ
		}
		x.check = [...]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[h[7]&15]
		x.inside = true
		_, err = x.r.Discard(12)
		return err
	}
}

// index passes over the index and the footer of a stream.
func (x *xzReader) index() error {
	x.n = 1
	records, err := x.number()
	for ; records > 0 && err == nil; records-- {
		if _, err = x.number(); err == nil {
			_, err = x.number()
		}
	}
	if err != nil {
		return err
	}
	x.inside = false
	return x.pass((4-x.n&3)&3 + 4 + 12)
}

func (x *xzReader) number() (uint64, error) {
	v, err := binary.ReadUvarint(countedBytes{x})
	return v, unexpected(err)
}

func (x *xzReader) pass(n int64) error {
	_, err := io.CopyN(io.Discard, x.r, n)
	return unexpected(err)
}

// header begins the block whose header is h, without its first byte.
func (x *xzReader) header(h []byte) error {
	flags := h[0]
	h = h[1 : len(h)-4]
	for _, given := range []bool{flags&0x40 != 0, flags&0x80 != 0} {
		if given {
			_, n := binary.Uvarint(h)
			if n <= 0 {
				return errXZ
			}
			h = h[n:]
		}
	}
	x.n = 0
	var before []int // distances of the delta filters
	x.branches = false
	for range int(flags&3) + 1 {
		id, n := binary.Uvarint(h)
		if n <= 0 || len(h) < n+1 || int(h[n]) > len(h)-n-1 {
			return errXZ
		}
		properties := h[n+1:][:h[n]]
		h = h[n+1+len(properties):]
		switch {
		case id == xzDelta && len(properties) == 1:
			before = append(before, int(properties[0])+1)
		case id == xzLZMA2 && len(properties) == 1:
			z, err := rawLZMA2(countedBytes{x}, properties[0], x.window)
			if err != nil {
				return err
			}
			x.block = z
		case id == xzBranches && len(properties) == 0:
			x.branches = true
		default:
			return errMethod
		}
	}
	if x.block == nil {
		return errXZ
	}
	if x.branches {
		x.block = &branches{r: x.block}
	}
	for i := len(before) - 1; i >= 0; i-- {
		x.block = &delta{r: x.block, distance: before[i]}
	}
	return nil
}

// countedBytes counts what is taken of a block, whose end is padded.
type countedBytes struct{ x *xzReader }

func (c countedBytes) Read(b []byte) (int, error) {
	n, err := c.x.r.Read(b)
	c.x.n += int64(n)
	return n, err
}

func (c countedBytes) ReadByte() (byte, error) {
	b, err := c.x.r.ReadByte()
	if err == nil {
		c.x.n++
	}
	return b, err
}

// delta adds to each byte the one that stands distance before it.
type delta struct {
	r        io.Reader
	distance int
	last     [256]byte
	at       byte
}

func (d *delta) Read(b []byte) (int, error) {
	n, err := d.r.Read(b)
	for i := range b[:n] {
		b[i] += d.last[byte(int(d.at)-d.distance)]
		d.last[d.at] = b[i]
		d.at++
	}
	return n, err
}
