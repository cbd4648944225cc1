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
	l := w.layer(newLz4Frames(b.stream), &b.taken)
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
	in   *stream
	z    *lz4.Reader
	last [8]byte // that the decoder took; the decoder ends quietly where its input does
	sum  bool    // the frame ends in a checksum
}

func newLz4Frames(in *stream) *lz4Frames {
	f := &lz4Frames{in: in}
	f.begin()
	f.z = lz4.NewReader((*lz4Input)(f))
	return f
}

// begin looks at the header of the next frame.
func (f *lz4Frames) begin() {
	head, _ := f.in.Peek(8)
	f.sum = lz4Head(head) && head[4]&4 != 0
}

func (f *lz4Frames) Read(p []byte) (int, error) {
	for {
		n, err := f.z.Read(p)
		if n > 0 && err == io.EOF {
			return n, nil
		}
		if err != io.EOF {
			return n, err
		}
		head, _ := f.in.Peek(8)
		if !lz4Head(head) && !skippableHead(head) {
			return 0, f.end()
		}
		f.begin()
		f.z.Reset((*lz4Input)(f))
	}
}

// end tells whether the last frame ended with the mark that it should.
func (f *lz4Frames) end() error {
	mark := f.last[4:]
	if f.sum {
		mark = f.last[:4]
	}
	if binary.LittleEndian.Uint32(mark) != 0 {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// lz4Input is what the decoder reads.
type lz4Input lz4Frames

func (f *lz4Input) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	if n >= len(f.last) {
		copy(f.last[:], p[n-len(f.last):n])
	} else {
		copy(f.last[:], f.last[n:])
		copy(f.last[len(f.last)-n:], p[:n])
	}
	return n, err
}
