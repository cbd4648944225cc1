package model

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

var sevenzipFormat = Format{
	Name: "7z",
	Doc:  "7-Zip archives, in which payloads have been hidden from scanners.",
	head: prefix("7z\xbc\xaf\x27\x1c"),
	scan: scanSevenzip,
}

func scanSevenzip(s *scan, p piece) bool {
	p.size = s.extent(p)
	z, err := readSevenzip(s, p)
	if errors.Is(err, errMethod) {
		s.find(p, Finding{Rule: "hidden", What: err.Error(), Why: "an archive in the place of a model, packed so that scanners cannot look into it", Severity: Medium})
	}
	if err != nil {
		if ours(err) || s.modelName(p) || len(z.files) > 0 {
			s.unread(p, "7z: "+err.Error())
		}
		if len(z.files) == 0 {
			return s.report.Unread != ""
		}
	}
	known := false
	var at int64
	var r *replay
	folder := -1
	defer func() {
		if r != nil {
			r.free()
		}
	}()
	for _, f := range z.files {
		if s.members++; s.members > s.lim.Members || s.ctx.Err() != nil {
			s.unread(p, fmt.Sprintf("more than %d members", s.lim.Members))
			break
		}
		if f.folder != folder {
			folder, at = f.folder, 0
			if r != nil {
				r.free()
			}
			_, r = s.replayed(p, -1, func() (io.Reader, error) { return z.folders[f.folder].open(p) })
		}
		in := piece{at: io.NewSectionReader(r, at, f.size), size: f.size, path: p.inner(clean(f.name)), depth: p.depth + 1}
		at += f.size
		if f.size == 0 {
			continue
		}
		was := r.err
		known = s.format(in) || known
		if errors.Is(r.err, errMethod) {
			s.find(in, Finding{Rule: "hidden", What: r.err.Error(), Why: "an archive in the place of a model, packed so that scanners cannot look into it", Severity: Medium})
		}
		if r.err != nil && was == nil {
			s.unread(in, "7z: "+r.err.Error())
		}
	}
	return known || s.report.Unread != "" || len(s.report.Findings) > 0
}

// sevenFile is a member: size bytes of what a folder unpacks to, behind those
// of the members before it.
type sevenFile struct {
	name   string
	folder int
	size   int64
}

// sevenCoder is one step in which a folder is unpacked.
type sevenCoder struct {
	id         string
	properties []byte
	ins, outs  uint64
	size       int64 // bytes it gives out
}

// sevenFolder is members that were packed together.
type sevenFolder struct {
	coders  []sevenCoder
	binds   [][2]uint64 // a coder and the one whose output it takes
	digest  bool
	streams uint64 // members in it
	packed  io.ReaderAt
	off     int64 // where its packed bytes stand
	n       int64
	several bool // it takes more than one packed stream
}

// final returns the coder whose output no other takes.
func (f *sevenFolder) final() int {
	for i := range f.coders {
		taken := false
		for _, b := range f.binds {
			taken = taken || b[1] == uint64(i)
		}
		if !taken {
			return i
		}
	}
	return -1
}

// open starts to unpack the folder.
func (f *sevenFolder) open(p piece) (io.Reader, error) {
	if f.several {
		return nil, errMethod
	}
	return openSafely(func(r *bufio.Reader, window int64) (io.Reader, error) {
		return f.coder(f.final(), r, window, len(f.coders))
	}, piece{at: io.NewSectionReader(f.packed, f.off, f.n), depth: p.depth})
}

// sevenFilters are coders that keep next to nothing.
var sevenFilters = map[string]bool{"\x00": true, "\x03": true, "\x04": true, "\x03\x03\x01\x03": true}

// coder opens the i-th coder and those that it takes from; they share the
// window.
func (f *sevenFolder) coder(i int, r *bufio.Reader, window int64, left int) (io.Reader, error) {
	if i < 0 || left == 0 {
		return nil, errSeven
	}
	c := f.coders[i]
	if c.ins != 1 || c.outs != 1 {
		return nil, errMethod
	}
	for _, b := range f.binds {
		if b[0] != uint64(i) {
			continue
		}
		inner := window
		if !sevenFilters[c.id] {
			inner, window = window/2, window/2
		}
		in, err := f.coder(int(b[1]), r, inner, left-1)
		if err != nil {
			return nil, err
		}
		r = bufio.NewReaderSize(in, packedAhead)
		break
	}
	z, err := sevenMethod(&c, r, window)
	if err != nil {
		return nil, err
	}
	return io.LimitReader(z, c.size), nil
}

// sevenMethod opens one coder. Source: 7-Zip, DOC/Methods.txt.
func sevenMethod(c *sevenCoder, r *bufio.Reader, window int64) (io.Reader, error) {
	switch c.id {
	case "\x00":
		return r, nil
	case "\x03\x01\x01":
		return rawLZMA(r, c.properties, lzmaBounds{uint64(c.size), window})
	case "\x21":
		if len(c.properties) != 1 {
			return nil, errSeven
		}
		return rawLZMA2(r, c.properties[0], window)
	case "\x03":
		if len(c.properties) != 1 {
			return nil, errSeven
		}
		return &delta{r: r, distance: int(c.properties[0]) + 1}, nil
	case "\x04", "\x03\x03\x01\x03":
		return &branches{r: r}, nil
	case "\x04\x01\x08":
		return flate.NewReader(r), nil
	case "\x04\x02\x02":
		return openBzip2(r, window)
	case "\x04\xf7\x11\x01":
		return openZstd(r, window)
	case "\x04\xf7\x11\x04":
		return openLZ4(r, window)
	case "\x06\xf1\x07\x01":
		return nil, fmt.Errorf("%w: it is encrypted", errMethod)
	}
	return nil, fmt.Errorf("%w: %x", errMethod, c.id)
}

// branches undoes the filter for programs of x86, which some writers apply to
// everything: the targets of calls were made absolute.
//
// Source: "The .xz File Format", 5.3.2, and the branch converter of LZMA SDK.
type branches struct {
	r    io.Reader
	buf  []byte // read, not all of it given out
	done int    // bytes of buf that are undone
	pos  uint32 // of buf in the stream
	mask uint32 // which of the last three bytes were opcodes of branches
	err  error
}

func (x *branches) Read(b []byte) (int, error) {
	for x.done == 0 {
		if x.err != nil {
			if len(x.buf) == 0 {
				return 0, x.err
			}
			x.done = len(x.buf) // the last bytes stay as they are
			break
		}
		if cap(x.buf) < packedAhead {
			x.buf = append(make([]byte, 0, packedAhead), x.buf...)
		}
		var n int
		n, x.err = x.r.Read(x.buf[len(x.buf):cap(x.buf)])
		x.buf = x.buf[:len(x.buf)+n]
		x.done = x.undo(x.buf)
	}
	n := copy(b, x.buf[:x.done])
	x.done -= n
	x.pos += uint32(n)
	x.buf = x.buf[:copy(x.buf, x.buf[n:])]
	return n, nil
}

// undo converts what it can of b and returns how much that is.
func (x *branches) undo(b []byte) int {
	outer := func(c byte) bool { return c == 0 || c == 0xff }
	bit := [8]uint32{0, 1, 2, 2, 3, 3, 3, 3}
	last, mask, i := -1, x.mask, 0
	for ; i < len(b)-4; i++ {
		if b[i]&0xfe != 0xe8 {
			continue
		}
		gap := i - last
		last = i
		if gap > 3 {
			mask = 0
		} else if mask = mask << (gap - 1) & 7; mask != 0 {
			if mask == 3 || mask > 4 || outer(b[i+4-int(bit[mask])]) {
				mask = mask<<1 | 1
				continue
			}
		}
		if !outer(b[i+4]) {
			mask = mask<<1 | 1
			continue
		}
		src := binary.LittleEndian.Uint32(b[i+1:])
		var dest uint32
		for {
			dest = src - (x.pos + uint32(i) + 5)
			if mask == 0 || !outer(byte(dest>>(24-8*bit[mask]))) {
				break
			}
			src = dest ^ (1<<(32-8*bit[mask]) - 1)
		}
		dest = dest&0x1ffffff | -(dest & 0x1000000)
		binary.LittleEndian.PutUint32(b[i+1:], dest)
		i += 4
	}
	x.mask = 0
	if gap := i - last; gap <= 3 {
		x.mask = mask << (gap - 1)
	}
	return i
}

var errSeven = errors.New("the header is damaged")
