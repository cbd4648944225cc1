package gitpack

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/zlib"
)

// looseHead is how much of a loose object is inflated to read its header: a
// type, a space, a size and a zero byte.
const looseHead = 64

// looseHeader reads the header of a loose object: its type, the size of the
// content and where in the inflated stream that starts.
func looseHeader(raw []byte) (kind Type, size int64, start int, err error) {
	z, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return 0, 0, 0, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	head := make([]byte, looseHead)
	n, err := io.ReadFull(z, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, 0, 0, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	head, _, ended := bytes.Cut(head[:n], []byte{0})
	name, digits, spaced := bytes.Cut(head, []byte(" "))
	kind, known := parseType(name)
	size, err = strconv.ParseInt(string(digits), 10, 64)
	if !ended || !spaced || !known || err != nil || size < 0 {
		return 0, 0, 0, corrupt("loose object has no valid header")
	}
	if size > most(len(raw)) {
		return 0, 0, 0, fmt.Errorf("%w: %w", ErrCorrupt, errInflateShort)
	}
	return kind, size, len(head) + 1, nil
}

// readLoose calls for the raw bytes of a loose object.
func (s *Store) readLoose(id ID) ([]byte, error) {
	if s.Loose == nil {
		return nil, ErrMissing
	}
	return s.Loose(id)
}

// loose reads a loose object.
func (r *reader) loose(id ID) (Type, []byte, error) {
	raw, err := r.store.readLoose(id)
	if err != nil {
		return 0, nil, err
	}
	kind, size, start, err := looseHeader(raw)
	if err != nil {
		return 0, nil, err
	}
	if size > r.store.MaxObject {
		return 0, nil, ErrTooLarge
	}
	r.spare = grown(r.spare, start+int(size)+inflateSlack)
	if _, err := r.unzip(r.spare, start+int(size), raw, soundness{}); err != nil {
		return 0, nil, err
	}
	return kind, r.spare[start : start+int(size)], nil
}
