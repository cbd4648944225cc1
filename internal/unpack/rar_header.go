package unpack

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"unicode/utf16"
)

// Flags of RAR 4 and before.
//
// Source: technote.txt of RAR 4.
const (
	rar4Solid     = 0x0008
	rar4Encrypted = 0x0080

	rar4Before   = 0x0001
	rar4After    = 0x0002
	rar4Password = 0x0004
	rar4Comment  = 0x0008
	rar4Follows  = 0x0010
	rar4Window   = 0x00e0
	rar4Large    = 0x0100
	rar4Unicode  = 0x0200
	rar4Data     = 0x8000
)

// mainRar4 makes the beginning of an archive.
func mainRar4(flags byte) []byte {
	h := []byte{0, 0, 0x73, flags, 0, 13, 0, 0, 0, 0, 0, 0, 0}
	binary.LittleEndian.PutUint16(h, uint16(crc32.ChecksumIEEE(h[2:])))
	return append([]byte("Rar!\x1a\x07\x00"), h...)
}

// readRar4 reads the next block.
func readRar4(s *stream) (*rarBlock, error) {
	b := &rarBlock{}
	var h [7]byte
	n, err := io.ReadFull(s, h[:])
	if b.head = h[:n]; err != nil {
		if err == io.EOF {
			return b, err // an archive may have no end block
		}
		return b, short(err)
	}
	le := binary.LittleEndian
	flags, size := le.Uint16(h[3:]), int(le.Uint16(h[5:]))
	if size < len(h) {
		return b, errRarHeader("a block")
	}
	text := make([]byte, size)
	copy(text, h[:])
	n, err = io.ReadFull(s, text[len(h):])
	if b.head = text[:len(h)+n]; err != nil {
		return b, short(err)
	}
	f := text[len(h):]
	if flags&rar4Data != 0 {
		if len(f) < 4 {
			return b, errRarHeader("a block")
		}
		b.data = int64(le.Uint32(f))
	}
	switch h[2] {
	case 0x73:
		b.kind, b.solid = rarMain, flags&rar4Solid != 0
		if flags&rar4Encrypted != 0 {
			b.kind = rarEncryption
		}
		return b, nil
	case 0x7b:
		b.kind, b.split = rarEnd, flags&1 != 0
		return b, nil
	case 0x74, 0x7a:
	default:
		return b, nil
	}
	if flags&rar4Comment == 0 && uint16(crc32.ChecksumIEEE(text[2:])) != le.Uint16(h[:]) || !b.file4(f, flags) {
		return b, errRarHeader("a member")
	}
	b.kind = rarFile
	if h[2] == 0x7a {
		b.kind = rarOther
		if string(b.name) == "CMT" {
			b.kind = rarComment
		}
	}
	return b, nil
}

// file4 reads the header of a member.
func (b *rarBlock) file4(f []byte, flags uint16) bool {
	const fixed = 25
	if len(f) < fixed {
		return false
	}
	le := binary.LittleEndian
	b.data, b.unpacked = int64(le.Uint32(f)), int64(le.Uint32(f[4:]))
	b.crc = int64(le.Uint32(f[9:]))
	b.window = 0x10000 << (flags & rar4Window >> 5)
	b.folder = flags&rar4Window == rar4Window
	b.split = flags&(rar4Before|rar4After) != 0
	b.encrypted = flags&rar4Password != 0
	b.solid = flags&rar4Follows != 0
	b.version = rar4Version(f[17], f[18])
	name := int(le.Uint16(f[19:]))
	f = f[fixed:]
	if flags&rar4Large != 0 {
		if len(f) < 8 || f[3] > 0x3f || f[7] > 0x3f && le.Uint32(f[4:]) != 1<<32-1 {
			return false
		}
		b.data |= int64(le.Uint32(f)) << 32
		b.unpacked |= int64(le.Uint32(f[4:])) << 32
		f = f[8:]
	} else if b.unpacked == 1<<32-1 {
		b.unpacked = -1
	}
	if name > len(f) {
		return false
	}
	b.name = f[:name]
	if flags&rar4Unicode != 0 {
		b.name = rar4Name(b.name)
	}
	b.name = bytes.ReplaceAll(b.name, []byte("\\"), []byte("/"))
	return true
}

func rar4Version(version, method byte) rarVersion {
	if method == 0x30 {
		return rarStored
	}
	switch version {
	case 20, 26:
		return rar20
	case 29:
		return rar29
	}
	return rarUnknown
}

// rar4Name decodes a name that is written twice: in some code page, and as what
// differs from that in UTF-16.
func rar4Name(field []byte) []byte {
	plain, code, ok := bytes.Cut(field, []byte{0})
	if !ok || len(code) == 0 {
		return plain
	}
	high, code := uint16(code[0])<<8, code[1:]
	var out []uint16
	next := func() uint16 {
		if len(code) == 0 {
			return 0
		}
		c := code[0]
		code = code[1:]
		return uint16(c)
	}
	for len(code) > 0 {
		flags := next()
		for range 4 {
			if len(code) == 0 {
				break
			}
			switch flags >> 6 & 3 {
			case 0:
				out = append(out, next())
			case 1:
				out = append(out, next()|high)
			case 2:
				low := next()
				out = append(out, low|next()<<8)
			case 3:
				out = rar4Repeat(out, plain, next, high)
			}
			flags <<= 2
		}
	}
	return []byte(string(utf16.Decode(out)))
}

// rar4Repeat takes a stretch of the plain name, moved by some distance or not.
func rar4Repeat(out []uint16, plain []byte, next func() uint16, high uint16) []uint16 {
	n := next()
	move := uint16(0)
	if n&0x80 != 0 {
		move = next()
	} else {
		high = 0
	}
	for range n&0x7f + 2 {
		if len(out) >= len(plain) {
			break
		}
		out = append(out, (uint16(plain[len(out)])+move)&0xff|high)
	}
	return out
}
