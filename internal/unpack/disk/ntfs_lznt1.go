package disk

import (
	"encoding/binary"
	"io"
	"sync"
)

// openCompressed reads a stream of which units of clusters are compressed each
// for itself: one that takes no cluster is zeros, one that takes all of them is
// stored, any other is LZNT1.
func (fs *ntfs) openCompressed(s stream, runs runList) (io.ReaderAt, error) {
	unit := fs.cluster << s.unit
	if unit > 1<<20 {
		return nil, corrupt("size of a compression unit")
	}
	c := &lznt1{fs: fs, runs: runs, unit: unit, written: s.written, held: -1}
	return &mapped{below: fs.w.r, size: s.size, find: c.find}, nil
}

type lznt1 struct {
	fs      *ntfs
	runs    runList
	unit    int64
	written int64

	mu   sync.Mutex
	held int64  // which unit is in out
	out  []byte // never written to again
}

func (c *lznt1) find(off int64) (span, error) {
	start := off / c.unit * c.unit
	skip := off - start
	if off >= c.written {
		return span{n: c.unit - skip, at: hole}, nil
	}
	present := int64(0)
	for at := start; at < start+c.unit; {
		s := c.runs.span(at, start+c.unit)
		n := min(s.n, start+c.unit-at)
		if s.at < 0 {
			break
		}
		present += n
		at += n
	}
	switch present {
	case 0:
		return span{n: c.unit - skip, at: hole}, nil
	case c.unit:
		s := c.runs.span(off, start+c.unit)
		s.n = min(s.n, c.unit-skip)
		return s, nil
	}
	out, err := c.unpack(start, present)
	if err != nil {
		return span{}, err
	}
	return span{n: c.unit - skip, data: out[skip:]}, nil
}

// unpack gives the unit at start, whose compressed form takes present bytes.
func (c *lznt1) unpack(start, present int64) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == start {
		return c.out, nil
	}
	packed := make([]byte, present)
	if _, err := readFull(c.runs.reader(c.fs.w.r, start+present), packed, start); err != nil {
		return nil, err
	}
	out := make([]byte, c.unit)
	if err := unpackLZNT1(out, packed); err != nil {
		return nil, err
	}
	if over := start + c.unit - c.written; over > 0 {
		clear(out[c.unit-over:])
	}
	c.held, c.out = start, out
	return out, nil
}

// unpackLZNT1 fills out from chunks of up to 4 KiB, each of them stored or of
// literals and references back into the chunk; [MS-XCA] 2.5. Bytes of out that
// are not told stay as they are.
func unpackLZNT1(out, packed []byte) error {
	for len(packed) >= 2 && len(out) > 0 {
		head := binary.LittleEndian.Uint16(packed)
		if head == 0 {
			return nil
		}
		n := int(head&0xfff) + 1
		packed = packed[2:]
		if n > len(packed) {
			return corrupt("compressed file")
		}
		chunk := out[:min(4096, len(out))]
		if head&0x8000 == 0 {
			copy(chunk, packed[:n])
		} else if err := unpackChunk(chunk, packed[:n]); err != nil {
			return err
		}
		packed, out = packed[n:], out[len(chunk):]
	}
	return nil
}

func unpackChunk(out, packed []byte) error {
	done := 0
	for len(packed) > 0 {
		flags := packed[0]
		packed = packed[1:]
		for bit := 0; bit < 8 && len(packed) > 0; bit, flags = bit+1, flags>>1 {
			if flags&1 == 0 {
				if done >= len(out) {
					return corrupt("compressed file")
				}
				out[done] = packed[0]
				done, packed = done+1, packed[1:]
				continue
			}
			if len(packed) < 2 || done == 0 {
				return corrupt("compressed file")
			}
			// The more is known, the more bits the distance takes.
			bits := 4
			for 1<<bits < done {
				bits++
			}
			token := int(binary.LittleEndian.Uint16(packed))
			packed = packed[2:]
			n, back := token&(1<<(16-bits)-1)+3, token>>(16-bits)+1
			if back > done || n > len(out)-done {
				return corrupt("compressed file")
			}
			for ; n > 0; n-- {
				out[done] = out[done-back]
				done++
			}
		}
	}
	return nil
}
