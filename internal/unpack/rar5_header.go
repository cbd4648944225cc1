package unpack

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
)

// Flags of RAR 5 and later.
//
// Source: rarlab.com/technote.htm.
const (
	rar5Solid = 0x04

	rar5Extra  = 0x01
	rar5Data   = 0x02
	rar5Before = 0x08
	rar5After  = 0x10

	// longestRar5 is how long a header may be, in bytes.
	longestRar5 = 2 << 20
)

// mainRar5 makes the beginning of an archive.
func mainRar5(flags byte) []byte {
	h := []byte{3, 1, 0, flags}
	return append(binary.LittleEndian.AppendUint32([]byte("Rar!\x1a\x07\x01\x00"), crc32.ChecksumIEEE(h)), h...)
}

// rar5Cursor reads numbers of seven bits to a byte. Once something does not
// fit, bad stays set and all that is read is zero.
type rar5Cursor struct {
	b   []byte
	bad bool
}

func (c *rar5Cursor) number() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 || c.bad {
		c.bad = true
		return 0
	}
	c.b = c.b[n:]
	return v
}

// size is a number that counts bytes.
func (c *rar5Cursor) size() int64 {
	v := c.number()
	if v > math.MaxInt64/4 {
		c.bad = true
		return 0
	}
	return int64(v)
}

func (c *rar5Cursor) take(n int64) []byte {
	if c.bad || n < 0 || n > int64(len(c.b)) {
		c.bad = true
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

// readRar5 reads the next block.
func readRar5(s *stream) (*rarBlock, error) {
	b := &rarBlock{}
	head, err := s.Peek(7)
	if len(head) < 7 {
		b.head = bytes.Clone(head)
		_, _ = s.Discard(len(head))
		return b, short(err)
	}
	size, n := binary.Uvarint(head[4:])
	if n <= 0 || size < 2 || size > longestRar5 {
		return b, errRarHeader("a block")
	}
	text := make([]byte, 4+n+int(size))
	got, err := io.ReadFull(s, text)
	if b.head = text[:got]; err != nil {
		return b, short(err)
	}
	if crc32.ChecksumIEEE(text[4:]) != binary.LittleEndian.Uint32(text) || !b.parse5(text[4+n:]) {
		return b, errRarHeader("a block")
	}
	return b, nil
}

// parse5 reads a header from its kind on.
func (b *rarBlock) parse5(text []byte) bool {
	c := &rar5Cursor{b: text}
	kind, flags := c.number(), c.number()
	extra := int64(0)
	if flags&rar5Extra != 0 {
		extra = c.size()
	}
	if flags&rar5Data != 0 {
		b.data = c.size()
	}
	body := rar5Cursor{b: c.take(int64(len(c.b)) - extra), bad: c.bad}
	b.split = flags&(rar5Before|rar5After) != 0
	switch kind {
	case 1:
		b.kind, b.solid = rarMain, body.number()&rar5Solid != 0
	case 2, 3:
		b.file5(&body)
		b.records(c)
		if b.kind = rarFile; kind == 3 {
			b.kind = rarOther
			if string(b.name) == "CMT" {
				b.kind = rarComment
			}
		}
	case 4:
		b.kind = rarEncryption
	case 5:
		b.kind, b.split = rarEnd, body.number()&1 != 0
	}
	return !c.bad && !body.bad
}

// file5 reads what a header says of a member.
func (b *rarBlock) file5(c *rar5Cursor) {
	flags := c.number()
	b.folder = flags&1 != 0
	if b.unpacked = c.size(); flags&8 != 0 {
		b.unpacked = -1
	}
	c.number()
	if flags&2 != 0 {
		c.take(4)
	}
	b.crc = -1
	if flags&4 != 0 {
		if crc := c.take(4); crc != nil {
			b.crc = int64(binary.LittleEndian.Uint32(crc))
		}
	}
	packing := c.number()
	b.solid = packing&0x40 != 0
	b.window = 0x20000 << (packing >> 10 & 0x1f)
	switch version, method := packing&0x3f, packing>>7&7; {
	case method == 0:
		b.version = rarStored
	case version == 0:
		b.version, b.window = rar50, 0x20000<<(packing>>10&0x0f)
	case version == 1:
		b.version = rar50
		b.window += b.window / 32 * int64(packing>>15&0x1f)
	}
	c.number() // the system
	b.name = c.take(c.size())
}

// records reads what else is said of a member: that it is encrypted, and where
// a link leads.
func (b *rarBlock) records(c *rar5Cursor) {
	for len(c.b) > 0 && !c.bad {
		r := rar5Cursor{b: c.take(c.size())}
		switch r.number() {
		case 1:
			b.encrypted = true
		case 5:
			r.number()
			r.number()
			b.link = r.take(r.size())
		}
	}
}
