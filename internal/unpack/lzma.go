package unpack

import (
	"encoding/binary"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

var lzmaFormat = Format{
	Name: "lzma",
	Doc:  "Compressed streams of the old kind without a signature, where the header has the values that programs write.",
	head: lzmaHead,
	walk: walkLzma,
}

// lzmaHead takes the properties that encoders use by default, a dictionary of
// a round size, and a size that is unknown or not absurd.
func lzmaHead(h []byte) bool {
	if len(h) < lzma.HeaderLen+5 || h[0] != 0x5d || h[13] != 0 {
		return false
	}
	dict := binary.LittleEndian.Uint32(h[1:])
	if dict < 1<<12 || dict&(dict-1) != 0 && dict != 3<<22 && dict != 3<<20 {
		return false
	}
	size := binary.LittleEndian.Uint64(h[5:])
	return size == 1<<64-1 || size < 1<<40
}

func walkLzma(w *walker, b *box) error {
	head, err := b.Peek(lzma.HeaderLen)
	if err != nil {
		return err
	}
	z, free, err := w.lzma(b.stream, head)
	if err != nil {
		return err
	}
	defer free()
	l := w.layer(z, &b.taken)
	if err := w.visit(entry{r: l, size: -1}); err != nil {
		return err
	}
	return l.drain()
}

// lzma makes a decoder of r, which begins with the header given.
func (w *walker) lzma(r io.Reader, header []byte) (io.Reader, func(), error) {
	window := int64(binary.LittleEndian.Uint32(header[1:]))
	if size := binary.LittleEndian.Uint64(header[5:]); size < uint64(window) {
		window = int64(size)
	}
	window = max(window, lzma.MinDictCap)
	if err := w.reserve(window); err != nil {
		return nil, nil, err
	}
	z, err := openSafely(func() (io.Reader, error) { return lzma.NewReader(r) })
	if err != nil {
		w.release(window)
		return nil, nil, err
	}
	return z, func() { w.release(window) }, nil
}
