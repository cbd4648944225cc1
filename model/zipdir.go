package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Records of a zip archive. Source: APPNOTE.TXT 6.3.10, 4.3.
const (
	localSize   = 30
	centralSize = 46
	endSize     = 22
	end64Size   = 56
	locatorSize = 20
	endMark     = "PK\x05\x06"
	localMark   = "PK\x03\x04"
	centralMark = "PK\x01\x02"
	commentMax  = 1<<16 - 1
)

// findEnd returns where the last end record in tail stands, or -1. Bytes may
// follow it, as other readers tolerate.
func findEnd(tail []byte) int {
	for i := bytes.LastIndex(tail, []byte(endMark)); i >= 0; i = bytes.LastIndex(tail[:i], []byte(endMark)) {
		if i+endSize <= len(tail) {
			return i
		}
	}
	return -1
}

// directory reads the directory. It is false if there is none that holds.
func (a *archive) directory() bool {
	n := min(a.p.size, 1<<10)
	tail := readUpTo(a.p.at, a.p.size-n, int(n))
	i := findEnd(tail)
	if i < 0 && a.p.size > n {
		n = min(a.p.size, endSize+commentMax+1<<10)
		tail = readUpTo(a.p.at, a.p.size-n, int(n))
		i = findEnd(tail)
	}
	if i < 0 {
		return false
	}
	le := binary.LittleEndian
	rec := tail[i:]
	at := a.p.size - n + int64(i)
	count, size, off := int64(le.Uint16(rec[10:])), int64(le.Uint32(rec[12:])), int64(le.Uint32(rec[16:]))
	comment := int64(le.Uint16(rec[20:]))
	a.end = at + endSize + comment
	top := at
	if count == 1<<16-1 || size == 1<<32-1 || off == 1<<32-1 {
		if c, s, o, t, ok := a.end64(at); ok {
			count, size, off, top = c, s, o, t
		}
	}
	if size < 0 || size > top {
		return false
	}
	from := top - size
	a.start = from - off
	if a.start < 0 || a.start != 0 && bytes.HasPrefix(readUpTo(a.p.at, off, 4), []byte(centralMark)) {
		a.start, from = 0, off
	}
	a.listing = from
	return a.entries(from, top, count) || len(a.members) > 0
}

// end64 reads the end record for large archives, which is told of right before
// the usual one at at.
func (a *archive) end64(at int64) (count, size, off, top int64, ok bool) {
	le := binary.LittleEndian
	loc := readUpTo(a.p.at, at-locatorSize, locatorSize)
	if len(loc) < locatorSize || !bytes.HasPrefix(loc, []byte("PK\x06\x07")) {
		return 0, 0, 0, 0, false
	}
	top = int64(le.Uint64(loc[8:]))
	rec := readUpTo(a.p.at, top, end64Size)
	if !bytes.HasPrefix(rec, []byte("PK\x06\x06")) { // bytes were prepended
		top = at - locatorSize - end64Size
		rec = readUpTo(a.p.at, top, end64Size)
	}
	if len(rec) < end64Size || !bytes.HasPrefix(rec, []byte("PK\x06\x06")) {
		return 0, 0, 0, 0, false
	}
	return int64(le.Uint64(rec[32:])), int64(le.Uint64(rec[40:])), int64(le.Uint64(rec[48:])), top, true
}

// membersLight is up to how many members an archive takes little memory.
const membersLight = 4 << 10

// entries reads the directory between from and top. It is false if it breaks
// off, or holds another number of entries than is said.
func (a *archive) entries(from, top, count int64) bool {
	r := newForward(a.p.at, from)
	for r.at()+centralSize <= top {
		h := r.take(centralSize)
		if len(h) < centralSize || string(h[:4]) != centralMark {
			break
		}
		a.s.members++
		if a.s.members > a.s.lim.Members {
			a.s.unread(a.p, fmt.Sprintf("more than %d members", a.s.lim.Members))
			return true
		}
		le := binary.LittleEndian
		m := member{
			flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]), crc: le.Uint32(h[16:]),
			packed: int64(le.Uint32(h[20:])), size: int64(le.Uint32(h[24:])), header: int64(le.Uint32(h[42:])),
		}
		name, extra, comment := int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))
		m.name = clean(string(r.take(name)))
		m.large(r.take(extra))
		r.skip(int64(comment))
		m.header += a.start
		if len(a.members) == membersLight {
			a.s.heavy()
		}
		a.members = append(a.members, m)
	}
	if int64(len(a.members))&0xffff != count&0xffff {
		a.s.find(a.p, Finding{Rule: "zip", What: fmt.Sprintf("a directory of %d members that says it has %d", len(a.members), count), Why: "readers disagree about what is in the archive", Severity: Medium, Offset: from})
		return false
	}
	return true
}

// clean makes the name of a member fit to print.
func clean(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
}

// large takes the sizes that did not fit from the extra field.
func (m *member) large(extra []byte) {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return
		}
		if id != 1 {
			extra = extra[n:]
			continue
		}
		field := extra[:n]
		for _, v := range []*int64{&m.size, &m.packed, &m.header} {
			if *v != 1<<32-1 || len(field) < 8 {
				continue
			}
			*v = int64(le.Uint64(field) & (1<<62 - 1))
			field = field[8:]
		}
		return
	}
}

// peekSize is how many bytes are read at the header of a member: enough for the
// header, the padding of PyTorch and the first bytes of what it holds.
const peekSize = 256

// locate reads the member's own header and finds its bytes.
func (a *archive) locate(m *member) bool {
	if m.data > 0 {
		return true
	}
	h := readUpTo(a.p.at, m.header, peekSize)
	if len(h) < localSize || string(h[:4]) != localMark {
		return false
	}
	le := binary.LittleEndian
	n := localSize + int(le.Uint16(h[26:])) + int(le.Uint16(h[28:]))
	m.data = m.header + int64(n)
	if n < len(h) {
		m.head = h[n:]
	}
	a.agree(m, h)
	return m.data <= a.p.size
}

// agree compares a member's own header with the directory: loaders follow the
// one or the other.
func (a *archive) agree(m *member, h []byte) {
	if a.carved {
		return
	}
	le := binary.LittleEndian
	streamed := le.Uint16(h[6:])&8 != 0 // the sizes follow the bytes
	differs := func(what string) {
		a.s.find(a.p, Finding{
			Rule: "zip-mismatch", What: m.name + ": its own header and the directory differ in " + what, Offset: m.header, Member: a.p.inner(m.name),
			Why: "PyTorch follows the directory, other readers the header or neither", Severity: Medium,
		})
	}
	end := localSize + int(le.Uint16(h[26:]))
	if name := clean(string(h[localSize:min(end, len(h))])); end <= len(h) && name != m.name {
		differs("the name, " + short(name, 80))
	}
	if le.Uint16(h[8:]) != m.method {
		differs("the method")
	}
	if odd := uint16(0x1 | 0x20 | 0x40 | 0x2000); le.Uint16(h[6:])&odd != 0 || m.flags&odd != 0 {
		differs("or set flags of encryption and patches, such as scanners stop at")
	}
	packed, size, crc := le.Uint32(h[18:]), le.Uint32(h[22:]), le.Uint32(h[14:])
	if streamed || packed == 1<<32-1 {
		return
	}
	if int64(packed) != m.packed || int64(size) != m.size && size != 1<<32-1 {
		differs("the size")
	}
	if crc != m.crc {
		differs("the checksum")
	}
}

// forward reads a directory in large steps.
type forward struct {
	r    io.ReaderAt
	base int64
	buf  []byte
	i    int
}

func newForward(r io.ReaderAt, off int64) *forward { return &forward{r: r, base: off} }

func (f *forward) at() int64 { return f.base + int64(f.i) }

// take returns the next n bytes, or what is left; they stand until the next
// call.
func (f *forward) take(n int) []byte {
	if f.i+n > len(f.buf) {
		f.base, f.i = f.at(), 0
		f.buf = readUpTo(f.r, f.base, max(n, min(64<<10, 2*len(f.buf)+4<<10)))
	}
	b := f.buf[f.i:min(f.i+n, len(f.buf))]
	f.i += len(b)
	return b
}

func (f *forward) skip(n int64) {
	if f.i+int(n) <= len(f.buf) {
		f.i += int(n)
		return
	}
	f.base, f.i, f.buf = f.at()+n, 0, nil
}

func short(s string, n int) string { return clipText(s, n) }
