package unpack

import (
	"bytes"
	"encoding/binary"
	"io"
)

var rpmFormat = Format{
	Name: "rpm",
	Doc:  "Packages: the headers as text, and the payload.",
	head: func(h []byte) bool { return len(h) >= 512 && bytes.HasPrefix(h, []byte("\xed\xab\xee\xdb")) },
	walk: walkRpm,
}

const (
	rpmLeadSize = 96
	rpmMagic    = "\x8e\xad\xe8\x01"
)

func walkRpm(w *walker, b *box) error {
	if _, err := b.Discard(rpmLeadSize); err != nil {
		return short(err)
	}
	for _, name := range []string{"signature", "header"} {
		var h [16]byte
		if _, err := io.ReadFull(b.stream, h[:]); err != nil {
			return short(err)
		}
		if string(h[:4]) != rpmMagic {
			return w.remains(h[:], b.stream, damaged(Corrupt, name))
		}
		be := binary.BigEndian
		size := 16*int64(be.Uint32(h[8:])) + int64(be.Uint32(h[12:]))
		p := &part{r: b.stream, n: size}
		if err := w.visit(entry{name: []byte(name), r: p, size: size, plain: true}); err != nil {
			return err
		}
		if err := p.skip(w); err != nil {
			return err
		}
		if name == "signature" {
			if err := discardPadding(b.stream, size, 8); err != nil {
				return err
			}
		}
	}
	return w.visit(entry{r: b.stream, size: -1})
}
