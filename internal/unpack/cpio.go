package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
)

var cpioFormat = Format{
	Name: "cpio",
	Doc:  "Archives of the portable (odc), the new ASCII (newc, with and without checksum) and the old binary kind; several in a row, as in boot images.",
	head: func(h []byte) bool {
		_, ok := parseCpio(h)
		return ok
	},
	walk: walkCpio,
}

// cpioHeader is what a header says, of whatever kind.
type cpioHeader struct {
	length int   // of the header
	name   int   // bytes of the name, with its last zero
	size   int64 // bytes of the member
	align  int64 // header with name, and bytes, are padded to a multiple of this
}

const longestCpio = 110

// parseCpio reads the header that h begins with.
func parseCpio(h []byte) (c cpioHeader, ok bool) {
	number := func(from, to, base int) int64 {
		if to > len(h) {
			ok = false
			return 0
		}
		n, err := strconv.ParseUint(string(h[from:to]), base, 40)
		ok = ok && err == nil
		return int64(n)
	}
	if len(h) < 26 {
		return c, false
	}
	ok = true
	switch {
	case bytes.HasPrefix(h, []byte("070701")), bytes.HasPrefix(h, []byte("070702")):
		c = cpioHeader{110, int(number(94, 102, 16)), number(54, 62, 16), 4}
	case bytes.HasPrefix(h, []byte("070707")):
		c = cpioHeader{76, int(number(59, 65, 8)), number(65, 76, 8), 1}
	case binary.LittleEndian.Uint16(h) == 0o70707:
		c = binaryCpio(h, binary.LittleEndian)
	case binary.BigEndian.Uint16(h) == 0o70707:
		c = binaryCpio(h, binary.BigEndian)
	default:
		return c, false
	}
	return c, ok && c.name > 0 && c.name <= 1<<16
}

// binaryCpio reads the old header. Its sizes have the high half first,
// whatever the order of bytes in a half.
func binaryCpio(h []byte, order binary.ByteOrder) cpioHeader {
	size := int64(order.Uint16(h[22:]))<<16 | int64(order.Uint16(h[24:]))
	return cpioHeader{26, int(order.Uint16(h[20:])), size, 2}
}

func walkCpio(w *walker, b *box) error {
	for {
		head, err := b.Peek(longestCpio)
		if len(head) == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		h, ok := parseCpio(head)
		if !ok {
			return w.remains(nil, b.stream, damaged(Corrupt, "header"))
		}
		text := make([]byte, h.length+h.name)
		if n, err := io.ReadFull(b.stream, text); err != nil {
			return w.remains(text[:n], b.stream, short(err))
		}
		name := bytes.TrimRight(text[h.length:], "\x00")
		if err := discardPadding(b.stream, int64(len(text)), h.align); err != nil {
			return err
		}
		if h.size == 0 && string(name) == "TRAILER!!!" {
			return w.next(b.stream)
		}
		p := &part{r: b.stream, n: h.size}
		if err := w.visit(entry{name: name, r: p, size: h.size}); err != nil {
			return err
		}
		if err := p.skip(w); err != nil {
			return err
		}
		if err := discardPadding(b.stream, h.size, h.align); err != nil {
			return err
		}
	}
}

// next visits what stands behind an archive and the zeros that fill its block,
// which may be another.
func (w *walker) next(s *stream) error {
	for {
		c, err := s.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c != 0 {
			_ = s.UnreadByte()
			return w.visit(entry{r: s, size: -1})
		}
	}
}

func discardPadding(s *stream, size, align int64) error {
	_, err := s.Discard(int(-size & (align - 1)))
	if err == io.EOF {
		return nil
	}
	return err
}
