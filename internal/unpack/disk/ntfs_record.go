package disk

import (
	"encoding/binary"
	"errors"
)

// Types and flags of attributes.
const (
	attrInfo    = 0x10
	attrList    = 0x20
	attrName    = 0x30
	attrData    = 0x80
	attrReparse = 0xc0
	attrEnd     = 0xffffffff

	attrCompressed = 0x00ff
	attrEncrypted  = 0x4000
	attrSparse     = 0x8000
)

// record is a file record after its fixups.
type record struct {
	seq     uint16
	inUse   bool
	dir     bool
	base    uint64 // the record that this one extends, 0 if it stands alone
	baseSeq uint16
	attrs   []byte
}

// errNoRecord is for records that were never written.
var errNoRecord = errors.New("no record")

// parseRecord checks a file record and undoes its fixups in place: the last two
// bytes of each sector are kept in the header, to tell torn writes.
func parseRecord(b []byte) (record, error) {
	le := binary.LittleEndian
	if string(b[:4]) != "FILE" {
		if string(b[:4]) == "\x00\x00\x00\x00" {
			return record{}, errNoRecord
		}
		return record{}, corrupt("file record")
	}
	at, count := int(le.Uint16(b[4:])), int(le.Uint16(b[6:]))
	if count == 0 || at+2*count > len(b) || (count-1)*sector > len(b) {
		return record{}, corrupt("fixups of a file record")
	}
	for i := 1; i < count; i++ {
		end := b[i*sector-2 : i*sector]
		if end[0] != b[at] || end[1] != b[at+1] {
			return record{}, corrupt("a file record written in part")
		}
		copy(end, b[at+2*i:at+2*i+2])
	}
	from, used := int(le.Uint16(b[20:])), int(le.Uint32(b[24:]))
	if from < 42 || used > len(b) || from > used {
		return record{}, corrupt("file record")
	}
	flags, base := le.Uint16(b[22:]), le.Uint64(b[32:])
	return record{
		seq: le.Uint16(b[16:]), inUse: flags&1 != 0, dir: flags&2 != 0,
		base: base & ntfsRefMask, baseSeq: uint16(base >> 48), attrs: b[from:used],
	}, nil
}

// attribute is one attribute of a record, or a piece of one.
type attribute struct {
	kind  uint32
	flags uint16
	name  []byte // UTF-16
	value []byte // not nil if it is resident

	vcn           int64 // the rest where it is not
	size, written int64
	unit          int
	runs          []byte
}

// next takes the first attribute off b. It ends at the end mark and at what is
// no attribute.
func nextAttribute(b []byte) (a attribute, rest []byte, ok bool) {
	le := binary.LittleEndian
	if len(b) < 24 {
		return a, nil, false
	}
	kind, n := le.Uint32(b), int64(le.Uint32(b[4:]))
	if kind == attrEnd || n < 24 || n > int64(len(b)) {
		return a, nil, false
	}
	b, rest = b[:n], b[n:]
	a = attribute{kind: kind, flags: le.Uint16(b[12:])}
	if from, n := int(le.Uint16(b[10:])), 2*int(b[9]); from+n <= len(b) {
		a.name = b[from : from+n]
	}
	if b[8] == 0 {
		from, n := int64(le.Uint16(b[20:])), int64(le.Uint32(b[16:]))
		if from+n > int64(len(b)) {
			return a, rest, false
		}
		a.value = b[from : from+n : from+n]
		return a, rest, true
	}
	if len(b) < 64 {
		return a, rest, false
	}
	a.vcn, a.size, a.written = int64(le.Uint64(b[16:])), int64(le.Uint64(b[48:])), int64(le.Uint64(b[56:]))
	a.unit = int(le.Uint16(b[34:]))
	from := int(le.Uint16(b[32:]))
	if from > len(b) || a.vcn < 0 || a.vcn == 0 && (a.size < 0 || a.size > maxDisk || a.written < 0) || a.unit > 16 {
		return a, rest, false
	}
	a.runs = b[from:]
	return a, rest, true
}

// find gives the first unnamed attribute of a kind, or nil.
func (r record) find(kind uint32) *attribute {
	for b := r.attrs; ; {
		a, rest, ok := nextAttribute(b)
		if !ok {
			return nil
		}
		if a.kind == kind && len(a.name) == 0 {
			return &a
		}
		b = rest
	}
}

// collect adds the unnamed attributes of a kind to s.
func (r record) collect(s *stream, kind uint32) error {
	for b := r.attrs; ; {
		a, rest, ok := nextAttribute(b)
		if !ok {
			return nil
		}
		if a.kind == kind && len(a.name) == 0 {
			if a.value != nil {
				return corrupt("the master file table is resident")
			}
			s.add(&a)
		}
		b = rest
	}
}

// piece is one run list of a stream, which may have several.
type piece struct {
	vcn  int64
	runs []byte
}

// stream is the data of a file, or one of its named streams.
type stream struct {
	name          string
	flags         uint16
	unit          int // clusters that are compressed together, as a power of two
	size, written int64
	value         []byte // the bytes, where they are in the record
	pieces        []piece
}

// add takes a piece over, without what it points at.
func (s *stream) add(a *attribute) {
	if a.vcn == 0 {
		s.flags, s.unit, s.size, s.written = a.flags, a.unit, a.size, min(a.written, a.size)
	}
	s.pieces = append(s.pieces, piece{a.vcn, append([]byte(nil), trimmed(a.runs)...)})
}

// mapped says up to where runs, in order, lie without a break or, unless the
// stream is sparse, a hole.
func (s *stream) mapped(l runList) int64 {
	end := int64(0)
	for _, r := range l {
		if r.from != end || r.at < 0 && s.flags&(attrSparse|attrCompressed) == 0 {
			break
		}
		end += r.n
	}
	return end
}

// trimmed cuts a run list after its end mark.
func trimmed(b []byte) []byte {
	for i := 0; i < len(b); {
		if b[i] == 0 {
			return b[:i]
		}
		i += 1 + int(b[i]&15) + int(b[i]>>4)
	}
	return b
}
