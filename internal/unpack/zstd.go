package unpack

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
)

var zstdFormat = Format{
	Name: "zstd",
	Doc:  "Compressed frames (RFC 8878), also several in a row, skippable frames among them passed over.",
	head: func(h []byte) bool {
		return len(h) >= 8 && (binary.LittleEndian.Uint32(h) == 0xfd2fb528 || skippableHead(h))
	},
	walk: walkZstd,
}

// skippableHead tells a frame without content, which zstd and lz4 share.
func skippableHead(h []byte) bool {
	return len(h) >= 8 && binary.LittleEndian.Uint32(h)>>4 == 0x184d2a5
}

func walkZstd(w *walker, b *box) error {
	if next, ok := behindSkippable(b.stream); ok && lz4Head(next) {
		return walkLz4(w, b)
	}
	z, free, err := w.zstd(b.stream)
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

// behindSkippable returns what stands behind a small frame without content.
func behindSkippable(s *stream) ([]byte, bool) {
	head, _ := s.Peek(8)
	if !skippableHead(head) {
		return nil, false
	}
	n := binary.LittleEndian.Uint32(head[4:])
	if n > streamBuffer/2 {
		return nil, false
	}
	all, _ := s.Peek(8 + int(n) + 16)
	if len(all) < 8+int(n) {
		return nil, false
	}
	return all[8+n:], true
}

// usualWindow is what every decoder has to support (RFC 8878, 3.1.1.1.2).
const usualWindow = 8 << 20

// zstd makes a decoder whose window is reserved. Frames behind the first must
// do with the same.
func (w *walker) zstd(s *stream) (io.Reader, func(), error) {
	var h zstd.Header
	window := int64(usualWindow)
	if head, _ := s.Peek(zstd.HeaderMaxSize); h.Decode(head) == nil && h.WindowSize > usualWindow {
		window = int64(min(h.WindowSize, 1<<62))
	}
	if err := w.reserve(window); err != nil {
		return nil, nil, err
	}
	z, err := zstd.NewReader(s, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(window)))
	if err != nil {
		w.release(window)
		return nil, nil, err
	}
	return z, func() { z.Close(); w.release(window) }, nil
}
