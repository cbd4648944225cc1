package gitpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
)

// streamReader inflates a zlib stream piece by piece and holds it to its size.
type streamReader struct {
	src  io.Reader // nil until the first read
	raw  []byte
	skip int64 // bytes of a loose object's header before the content
	left int64
	err  error
}

// Read implements io.Reader.
func (r *streamReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.src == nil {
		r.src, r.err = zlib.NewReader(bytes.NewReader(r.raw))
		if r.err == nil {
			_, r.err = io.CopyN(io.Discard, r.src, r.skip)
		}
		if r.err != nil {
			r.err = fmt.Errorf("%w: %w", ErrCorrupt, r.err)
			return 0, r.err
		}
	}
	n, err := r.src.Read(p)
	r.left -= int64(n)
	switch {
	case r.left < 0:
		n, r.err = n+int(r.left), fmt.Errorf("%w: %w", ErrCorrupt, errInflateLong)
	case err == io.EOF && r.left > 0:
		r.err = fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	case err == io.EOF:
		r.err = io.EOF
	case err != nil:
		r.err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return n, r.err
}
