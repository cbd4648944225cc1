package disk

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"
)

// ntfsName is one name of a file and the reference to the folder it is in.
type ntfsName struct {
	parent uint64
	text   string
	short  bool // made for DOS; the file has a longer one
}

// ntfsEntry is a file as its records tell it.
type ntfsEntry struct {
	number   uint64
	seq      uint16
	dir      bool
	deleted  bool
	listed   bool // more of it is in other records
	modified time.Time
	names    []ntfsName
	streams  []stream
	link     string
	absent   *Gap // why the unnamed stream does not hold what the file does, or nil
}

// Reparse tags and file attributes; [MS-FSCC] 2.1.2.1 and 2.6.
const (
	tagJunction = 0xa0000003
	tagSymlink  = 0xa000000c
	tagDedup    = 0x80000013
	tagWOF      = 0x80000017

	fileAway = 0x1000 | 0x40000 | 0x400000 // offline, recalled on opening or on reading
)

const wofStream = "WofCompressedData"

// reset makes e the start of the file of rec.
func (e *ntfsEntry) reset(number uint64, rec record) {
	*e = ntfsEntry{
		number: number, seq: rec.seq, dir: rec.dir, deleted: !rec.inUse,
		names: e.names[:0], streams: e.streams[:0],
	}
}

// absorb takes the attributes of one of the records of the file over. The bytes
// of resident streams still lie in it.
func (e *ntfsEntry) absorb(attrs []byte) {
	for b := attrs; ; {
		a, rest, ok := nextAttribute(b)
		if !ok {
			return
		}
		b = rest
		switch a.kind {
		case attrInfo:
			e.info(a.value)
		case attrList:
			e.listed = true
		case attrName:
			e.name(a.value)
		case attrData:
			e.data(&a)
		case attrReparse:
			e.reparse(a.value)
		}
	}
}

func (e *ntfsEntry) info(v []byte) {
	if len(v) < 36 {
		return
	}
	le := binary.LittleEndian
	e.modified = filetime(le.Uint64(v[8:]))
	if le.Uint32(v[32:])&fileAway != 0 {
		e.absent = &Gap{Reason: Unsupported, Detail: "its bytes are kept elsewhere, offline or in a cloud"}
	}
}

func (e *ntfsEntry) name(v []byte) {
	if len(v) < 66 || len(v) < 66+2*int(v[64]) || len(e.names) >= 1024 {
		return
	}
	e.names = append(e.names, ntfsName{
		parent: binary.LittleEndian.Uint64(v),
		text:   element(utf16Text(v[66:66+2*int(v[64])], binary.LittleEndian)),
		short:  v[65] == 2,
	})
}

// data adds a stream, or a piece to one that began in another record.
func (e *ntfsEntry) data(a *attribute) {
	name := ""
	if len(a.name) > 0 {
		name = utf16Text(a.name, binary.LittleEndian)
	}
	if a.value == nil && (a.vcn > 0 || e.listed) {
		for i := range e.streams {
			if s := &e.streams[i]; s.name == name && s.value == nil {
				s.add(a)
				return
			}
		}
	}
	if len(e.streams) >= 4096 {
		return
	}
	s := stream{name: name}
	if a.value != nil {
		s.value, s.size, s.written = a.value, int64(len(a.value)), int64(len(a.value))
		s.flags = a.flags & attrEncrypted
	} else {
		s.add(a)
	}
	e.streams = append(e.streams, s)
}

func (e *ntfsEntry) reparse(v []byte) {
	if len(v) < 8 {
		return
	}
	le := binary.LittleEndian
	switch tag := le.Uint32(v); {
	case tag == tagSymlink && len(v) >= 20:
		e.link = reparseTarget(v[20:], v)
	case tag == tagJunction && len(v) >= 16:
		e.link = reparseTarget(v[16:], v)
	case tag == tagWOF:
		e.absent = &Gap{Reason: Unsupported, Detail: "compressed by the Windows overlay filter"}
	case tag == tagDedup:
		e.absent = &Gap{Reason: Unsupported, Detail: "its bytes are in the store of data deduplication"}
	}
}

// reparseTarget reads the printed name of a link, or else the one it is
// resolved by.
func reparseTarget(text, v []byte) string {
	le := binary.LittleEndian
	for _, at := range []int{12, 8} {
		from, n := int(le.Uint16(v[at:])), int(le.Uint16(v[at+2:]))
		if n > 0 && from+n <= len(text) {
			return printable(utf16Text(text[from:from+n], le))
		}
	}
	return ""
}

// kept copies e, so that it outlives the buffer and the next record, and says
// what that takes in memory, roughly.
func (e *ntfsEntry) kept() (ntfsEntry, int64) {
	k := *e
	k.names = append([]ntfsName(nil), e.names...)
	k.streams = append([]stream(nil), e.streams...)
	cost := int64(160 + len(k.link))
	for _, n := range k.names {
		cost += int64(40 + len(n.text))
	}
	for i := range k.streams {
		s := &k.streams[i]
		if s.value != nil {
			s.value = bytes.Clone(s.value)
		}
		cost += int64(120 + len(s.name) + len(s.value))
		for _, p := range s.pieces {
			cost += int64(32 + len(p.runs))
		}
	}
	return k, cost
}

// opener gives what opens a stream after the record is gone.
func (fs *ntfs) opener(s stream, absent *Gap) func() (io.ReaderAt, error) {
	switch {
	case absent != nil && s.name == "" && s.size > 0:
		g := *absent
		g.Bytes = s.size
		return func() (io.ReaderAt, error) { return nil, &g }
	case s.value != nil && s.flags&attrEncrypted == 0:
		value := bytes.Clone(s.value)
		return func() (io.ReaderAt, error) { return bytes.NewReader(value), nil }
	}
	return func() (io.ReaderAt, error) { return fs.open(s) }
}
