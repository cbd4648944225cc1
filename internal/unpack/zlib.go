package unpack

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
)

var zlibFormat = Format{
	Name: "zlib",
	Doc:  "Compressed streams (RFC 1950) such as loose git objects, where the first bytes do unpack.",
	head: zlibHead,
	walk: walkZlib,
}

// zlibHead tries to unpack: two bytes tell too little.
func zlibHead(h []byte) bool {
	if len(h) < 8 || h[0] != 0x78 || h[1] != 0x01 && h[1] != 0x5e && h[1] != 0x9c && h[1] != 0xda {
		return false
	}
	var out [64]byte
	n, err := io.ReadFull(flate.NewReader(bytes.NewReader(h[2:])), out[:])
	return n > 0 && (err == nil || err == io.ErrUnexpectedEOF)
}

func walkZlib(w *walker, b *box) error {
	z, err := zlib.NewReader(b.stream)
	if err != nil {
		return err
	}
	defer z.Close()
	l := w.layer(z, &b.taken)
	if err := w.visit(entry{r: l, size: -1}); err != nil {
		return err
	}
	if err := l.drain(); err != nil {
		return err
	}
	return w.rest(b.stream, nil)
}
