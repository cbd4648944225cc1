package unpack

import (
	"bytes"
	"compress/bzip2"
)

var bzip2Format = Format{
	Name: "bzip2",
	Doc:  "Compressed streams, also several in a row.",
	head: func(h []byte) bool {
		return len(h) >= 14 && string(h[:3]) == "BZh" && h[3] >= '1' && h[3] <= '9' &&
			(bytes.HasPrefix(h[4:], []byte("1AY&SY")) || bytes.HasPrefix(h[4:], []byte("\x17\x72\x45\x38\x50\x90")))
	},
	walk: walkBzip2,
}

func walkBzip2(w *walker, b *box) error {
	l := w.layer(bzip2.NewReader(b.stream), &b.taken)
	if err := w.visit(entry{r: l, size: -1}); err != nil {
		return err
	}
	return l.drain()
}
