package gitpack

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"sync"
)

// Pack is one pack with its index. Many goroutines may use it at once. The
// slices it was opened with must stay as they are for as long as it is used.
type Pack struct {
	// Idle is called now and then while Plan passes over all of the pack: what was
	// read so far is not needed soon, so that the pages of a mapped file may be let
	// go. It must be set before the pack is used. nil means that nobody cares.
	Idle func()

	name  string
	data  []byte // all of the pack but the trailing checksum
	index *index
	hash  int

	forestOnce sync.Once
	forest     *forest
}

// OpenPack opens a pack (version 2 or 3) with its index (version 1 or 2). The
// name serves error messages only. It checks headers and sizes; entries are
// checked when they are read. It fails with ErrCorrupt or ErrFormat.
//
// For a pack without an index see IndexPack and MultiIndex.
func OpenPack(name string, pack, idx []byte, format HashFormat) (*Pack, error) {
	p := &Pack{name: name, hash: format.Size()}
	if err := p.open(pack); err != nil {
		return nil, fmt.Errorf("open pack %s: %w", name, err)
	}
	x, err := openIndex(idx, format)
	if err != nil {
		return nil, fmt.Errorf("open pack %s: %w", name, err)
	}
	p.index = x
	return p, nil
}

// open checks the header. The number of objects in it is not believed.
func (p *Pack) open(pack []byte) error {
	if len(pack) < packHeader+p.hash {
		return corrupt("pack of %d bytes is cut short", len(pack))
	}
	if string(pack[:4]) != "PACK" {
		return corrupt("pack has no signature")
	}
	if v := binary.BigEndian.Uint32(pack[4:]); v != 2 && v != 3 {
		return formatError("pack version", v)
	}
	p.data = pack[:len(pack)-p.hash]
	return nil
}

// packHeader is the length of what stands before the first entry.
const packHeader = 12

func formatError(what string, v uint32) error { return fmt.Errorf("%w: %s %d", ErrFormat, what, v) }

// Name returns the name the pack was opened with.
func (p *Pack) Name() string { return p.name }

// Count returns how many objects the index lists.
func (p *Pack) Count() int { return p.index.count }

// IDAt returns the ID at a position from 0 to Count()-1, in ascending order.
func (p *Pack) IDAt(i int) ID { return p.index.id(i) }

// Has says whether the index lists an object.
func (p *Pack) Has(id ID) bool {
	_, ok := p.index.find(id.Bytes())
	return ok
}

// entry is the head of one object in a pack.
type entry struct {
	kind Type  // may be a delta
	size int64 // bytes of what is compressed
	body int   // where the compressed data start
	back int64 // ofsDelta: offset of the base
	base []byte
}

// entryAt reads the head of the entry at an offset.
func (p *Pack) entryAt(off int64) (e entry, err error) {
	if off < packHeader || off >= int64(len(p.data)) {
		return e, corrupt("offset %d is outside of the pack", off)
	}
	d := p.data[off:]
	c := d[0]
	e.kind, e.size = Type(c>>4&7), int64(c&15)
	i, shift := 1, 4
	for ; c&0x80 != 0; i, shift = i+1, shift+7 {
		if i >= len(d) || shift > 55 {
			return e, corrupt("entry at %d has no end of size", off)
		}
		c = d[i]
		e.size |= int64(c&0x7f) << shift
	}
	switch e.kind {
	case Commit, Tree, Blob, Tag:
	case ofsDelta:
		n, used := ofsDistance(d[i:])
		if used == 0 || n <= 0 || n > off-packHeader {
			return e, corrupt("delta at %d has its base outside of the pack", off)
		}
		e.back = off - n
		i += used
	case refDelta:
		if len(d) < i+p.hash {
			return e, corrupt("entry at %d is cut short", off)
		}
		e.base = d[i : i+p.hash]
		i += p.hash
	default:
		return e, corrupt("entry at %d has type %d", off, e.kind)
	}
	e.body = int(off) + i
	return e, nil
}

// ofsDistance reads how far back the base of a delta lies, and how many bytes
// say so: 0 if they do not end.
func ofsDistance(d []byte) (n int64, used int) {
	for i, c := range d {
		if i == 8 {
			break
		}
		if i > 0 {
			n = (n + 1) << 7
		}
		n |= int64(c & 0x7f)
		if c&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}

// most is how many bytes n compressed ones can come to: DEFLATE spends at least
// one bit on a length and one on a distance for 258 bytes.
func most(n int) int64 { return (int64(n) + 1) * 1032 }

// zlibHeader is the length of the header of a zlib stream (RFC 1950).
const zlibHeader = 2

// deflateStream checks the header of a zlib stream and returns what follows.
func deflateStream(src []byte) ([]byte, error) {
	if len(src) < zlibHeader+4 {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	}
	if src[0]&15 != 8 || src[0]>>4 > 7 || src[1]&0x20 != 0 || (uint(src[0])<<8|uint(src[1]))%31 != 0 {
		return nil, corrupt("compressed data have no zlib header")
	}
	return src[zlibHeader:], nil
}

// unzip decompresses the zlib stream at the start of src, which must give
// exactly size bytes, into dst[:size]; it returns how many bytes of src it took.
// The content is checked against sound, or against its own checksum.
func (f *inflater) unzip(dst []byte, size int, src []byte, sound soundness) (int, error) {
	body, err := deflateStream(src)
	if err != nil {
		return 0, err
	}
	n, used, err := f.inflate(dst, size, body)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if n != size {
		return 0, corrupt("compressed data hold %d bytes instead of %d", n, size)
	}
	if len(body)-used < 4 {
		return 0, fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	}
	end := zlibHeader + used + 4
	if sound.proves(src[:end]) {
		return end, nil
	}
	if adler32.Checksum(dst[:size]) != binary.BigEndian.Uint32(body[used:]) {
		return 0, corrupt("checksum of the content is wrong")
	}
	return end, nil
}

// soundness is the CRC-32 that the index holds of an entry. It is quicker to
// compare than the checksum inside the entry, so that one is computed only if
// this one does not match: then either of the two may be the damaged one.
type soundness struct {
	known bool
	want  uint32
	head  []byte // the entry up to its compressed data
}

func (s soundness) proves(body []byte) bool {
	return s.known && crc32.Update(crc32.ChecksumIEEE(s.head), crc32.IEEETable, body) == s.want
}
