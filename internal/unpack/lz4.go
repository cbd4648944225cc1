package unpack

import (
	"encoding/binary"
	"io"

	"github.com/pierrec/lz4/v4"
)

var lz4Format = Format{
	Name: "lz4",
	Doc:  "Compressed frames, also several in a row.",
	head: lz4Head,
	walk: walkLz4,
}

func lz4Head(h []byte) bool {
	return len(h) >= 7 && binary.LittleEndian.Uint32(h) == 0x184d2204 && h[4]>>6 == 1
}

// lz4Window is the most that one decoder holds: two blocks.
const lz4Window = 8 << 20

func walkLz4(w *walker, b *box) error {
	if err := w.reserve(lz4Window); err != nil {
		return err
	}
	defer w.release(lz4Window)
	l := w.layer(&lz4Frames{in: b.stream, z: lz4.NewReader(b.stream)}, &b.taken)
	if err := w.visit(entry{r: l, size: -1}); err != nil {
		return err
	}
	if err := l.drain(); err != nil {
		return err
	}
	return w.rest(b.stream, nil)
}

// lz4Frames reads frame after frame.
type lz4Frames struct {
	in *stream
	z  *lz4.Reader
}

func (f *lz4Frames) Read(p []byte) (int, error) {
	for {
		n, err := f.z.Read(p)
		if err != io.EOF || n > 0 {
			return n, err
		}
		head, _ := f.in.Peek(8)
		if !lz4Head(head) && !skippableHead(head) {
			return 0, io.EOF
		}
		f.z.Reset(f.in)
	}
}
