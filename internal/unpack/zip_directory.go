package unpack

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

const (
	zipEndSize   = 22
	zipEnd64Size = 56
)

// zipDirectory says where the directory of an archive is.
type zipDirectory struct {
	from, size int64
	shift      int64 // bytes that were put before the archive
	comment    []byte
	where      []span // of the directory and of the records at the end
}

// findZipDirectory looks for the end record in the last bytes, where a comment
// may follow it.
func findZipDirectory(at io.ReaderAt, size int64) (zipDirectory, error) {
	tail := make([]byte, min(size, 1<<16+zipEndSize))
	n, err := at.ReadAt(tail, size-int64(len(tail)))
	if err != nil && err != io.EOF {
		return zipDirectory{}, err
	}
	tail = tail[:n]
	for i := len(tail); ; {
		i = bytes.LastIndex(tail[:i], []byte(zipEnd))
		if i < 0 {
			return zipDirectory{}, damaged(Truncated, errNoDirectory.Error())
		}
		if dir, ok := zipDirectoryAt(at, size, size-int64(len(tail)-i), tail[i:]); ok {
			return dir, nil
		}
	}
}

// zipDirectoryAt reads the end record that stands at off.
func zipDirectoryAt(at io.ReaderAt, size, off int64, end []byte) (zipDirectory, bool) {
	if len(end) < zipEndSize {
		return zipDirectory{}, false
	}
	le := binary.LittleEndian
	comment := int(le.Uint16(end[20:]))
	if comment > len(end)-zipEndSize {
		return zipDirectory{}, false
	}
	d := zipDirectory{size: int64(le.Uint32(end[12:])), comment: end[zipEndSize:][:comment]}
	from := int64(le.Uint32(end[16:]))
	d.where = append(d.where, spanOf(off, int64(zipEndSize+comment), size))
	bottom := off // where the directory ends
	if f, s, at64, ok := zip64End(at, off); ok && (from == 1<<32-1 || d.size == 1<<32-1 || le.Uint16(end[10:]) == 1<<16-1) {
		from, d.size, bottom = f, s, at64
		d.where = append(d.where, spanOf(at64, off-at64, size))
	}
	if d.size < 0 || d.size > bottom || from < 0 {
		return zipDirectory{}, false
	}
	d.from = bottom - d.size
	if from < d.from && startsCentral(at, from) && !startsCentral(at, d.from) {
		d.from = from
	}
	if d.size > 0 && !startsCentral(at, d.from) {
		return zipDirectory{}, false
	}
	d.shift = d.from - from
	d.where = append(d.where, spanOf(d.from, d.size, size))
	return d, true
}

func startsCentral(at io.ReaderAt, off int64) bool {
	var sig [4]byte
	n, _ := at.ReadAt(sig[:], off)
	return n == 4 && string(sig[:]) == zipCentral
}

// zip64End reads the records for large archives that stand before the end
// record at off.
func zip64End(at io.ReaderAt, off int64) (from, size, where int64, ok bool) {
	le := binary.LittleEndian
	var loc [20]byte
	if n, _ := at.ReadAt(loc[:], off-20); off < 20 || n < 20 || string(loc[:4]) != zipLocator64 {
		return 0, 0, 0, false
	}
	var end [zipEnd64Size]byte
	for _, where := range []int64{int64(le.Uint64(loc[8:])), off - 20 - zipEnd64Size} {
		if where < 0 || where >= off {
			continue
		}
		if n, _ := at.ReadAt(end[:], where); n == zipEnd64Size && string(end[:4]) == zipEnd64 {
			return int64(le.Uint64(end[48:])), int64(le.Uint64(end[40:])), where, true
		}
	}
	return 0, 0, 0, false
}

// zipRecord is one record of the directory.
type zipRecord struct {
	packing
	offset               int64
	name, extra, comment []byte
	also                 []byte // the name and extra fields of the member's own header, where they differ
}

// beside is the text of a record.
func (r zipRecord) beside() []byte {
	out := r.comment
	for _, b := range [][]byte{textExtra(r.extra), r.also} {
		if len(b) > 0 {
			out = slices.Concat(out, []byte("\n"), b)
		}
	}
	return out
}

// textExtra returns the extra fields that may hold text: the long ones, but for
// those that are known to hold numbers (large sizes, times, owners).
func textExtra(extra []byte) (text []byte) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			break
		}
		switch field := extra[4 : 4+n]; id {
		case 0x0001, 0x000a, 0x5455, 0x5855, 0x7855, 0x7875, 0x9901:
		default:
			if n >= shortestGap {
				text = append(append(text, field...), '\n')
			}
		}
		extra = extra[4+n:]
	}
	if len(extra) >= shortestGap {
		text = append(text, extra...)
	}
	return text
}

// readZipRecord reads the next record. Any other bytes are the directory's end.
func readZipRecord(r io.Reader) (zipRecord, error) {
	var h [46]byte
	n, err := io.ReadFull(r, h[:])
	if n >= 4 && string(h[:4]) != zipCentral || n < 4 {
		return zipRecord{}, io.EOF
	}
	if err != nil {
		return zipRecord{}, err
	}
	le := binary.LittleEndian
	flags := le.Uint16(h[8:])
	rec := zipRecord{
		packing: packing{
			method: le.Uint16(h[10:]), encrypted: flags&1 != 0, crc: int64(le.Uint32(h[16:])),
			packed: int64(le.Uint32(h[20:])), unpacked: int64(le.Uint32(h[24:])),
		},
		offset: int64(le.Uint32(h[42:])),
	}
	lens := [3]int{int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))}
	text := make([]byte, lens[0]+lens[1]+lens[2])
	if _, err := io.ReadFull(r, text); err != nil {
		return zipRecord{}, short(err)
	}
	rec.name, text = text[:lens[0]], text[lens[0]:]
	rec.extra, rec.comment = text[:lens[1]], text[lens[1]:]
	rec.offset = rec.large(rec.extra, rec.offset)
	rec.authentic(rec.extra)
	return rec, nil
}

// large replaces sizes that do not fit by those of the extra field for large
// members, and returns the offset.
func (p *packing) large(extra []byte, offset int64) int64 {
	data, ok := zipExtra(extra, 1)
	if !ok {
		return offset
	}
	for _, v := range []*int64{&p.unpacked, &p.packed, &offset} {
		if *v == 1<<32-1 && len(data) >= 8 {
			*v = int64(binary.LittleEndian.Uint64(data))
			data = data[8:]
		}
	}
	return offset
}

// authentic takes note of the extra field of AES encryption.
func (p *packing) authentic(extra []byte) {
	if _, ok := zipExtra(extra, 0x9901); ok || p.method == 99 {
		p.encrypted = true
	}
}

// zipExtra finds one of the extra fields.
func zipExtra(extra []byte, id uint16) ([]byte, bool) {
	for len(extra) >= 4 {
		n := int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return nil, false
		}
		if binary.LittleEndian.Uint16(extra) == id {
			return extra[4 : 4+n], true
		}
		extra = extra[4+n:]
	}
	return nil, false
}

// zipLocalHeader is the header before the bytes of a member.
type zipLocalHeader struct {
	packing
	length      int64 // of the header
	name, extra []byte
	after       bool // sizes and checksum follow the bytes
}

// zipLocalSize is the size of a member's header without its name.
const zipLocalSize = 30

// zipLocalLikely tells a member's header from bytes that only begin like one.
func zipLocalLikely(h []byte) bool {
	if len(h) < zipLocalSize {
		return false
	}
	le := binary.LittleEndian
	method, name := le.Uint16(h[8:]), le.Uint16(h[26:])
	return h[4] <= 63 && (method <= 20 || method >= 93 && method <= 99) && name > 0 && name <= 4096 &&
		(len(h) == zipLocalSize || h[zipLocalSize] != 0)
}

// readZipLocal reads the header that r begins with.
func readZipLocal(r io.Reader) (zipLocalHeader, error) {
	var h [30]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return zipLocalHeader{}, short(err)
	}
	if string(h[:4]) != zipLocal {
		return zipLocalHeader{}, damaged(Corrupt, "no member header")
	}
	return parseZipLocal(h, r)
}

func parseZipLocal(h [30]byte, r io.Reader) (zipLocalHeader, error) {
	le := binary.LittleEndian
	flags := le.Uint16(h[6:])
	l := zipLocalHeader{
		packing: packing{
			method: le.Uint16(h[8:]), encrypted: flags&1 != 0, crc: int64(le.Uint32(h[14:])),
			packed: int64(le.Uint32(h[18:])), unpacked: int64(le.Uint32(h[22:])),
		},
		after: flags&8 != 0,
	}
	text := make([]byte, int(le.Uint16(h[26:]))+int(le.Uint16(h[28:])))
	if _, err := io.ReadFull(r, text); err != nil {
		return zipLocalHeader{}, short(err)
	}
	n := int(le.Uint16(h[26:]))
	l.name, l.extra = text[:n], slices.Clip(text[n:])
	l.length = int64(len(h) + len(text))
	l.large(l.extra, 0)
	l.authentic(l.extra)
	if l.after && l.packed == 0 {
		l.packed, l.unpacked, l.crc = -1, -1, -1
	}
	return l, nil
}
