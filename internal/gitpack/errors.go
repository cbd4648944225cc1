package gitpack

import (
	"errors"
	"fmt"
)

// Why an object cannot be read. Errors of this package wrap one of them.
var (
	// ErrMissing: no pack and no loose file holds the object. In a partial or
	// shallow clone that is how things should be.
	ErrMissing = errors.New("object is missing")

	// ErrCorrupt: what is stored breaks the format.
	ErrCorrupt = errors.New("object store is corrupt")

	// ErrBase: the object is a delta, and what it builds on cannot be read.
	ErrBase = errors.New("delta base cannot be read")

	// ErrTooLarge: reading the object would take more memory than the limits allow.
	ErrTooLarge = errors.New("object is larger than the limit")

	// ErrFormat: a pack or an index is of a version or a kind not known here.
	ErrFormat = errors.New("format is not supported")
)

// ObjectError says which object could not be read and why. Its cause wraps one
// of the errors above.
type ObjectError struct {
	ID   ID     // zero if the index does not name the object
	Type Type   // 0 if it is not known
	Size int64  // bytes; -1 if not known
	Pack string // name of the pack; empty for a loose object
	Err  error
}

func (e *ObjectError) Error() string {
	id := e.ID.String()
	if id == "" {
		id = "without id"
	}
	if e.Pack == "" {
		return fmt.Sprintf("read object %s: %v", id, e.Err)
	}
	return fmt.Sprintf("read object %s in %s: %v", id, e.Pack, e.Err)
}

// Unwrap returns the cause.
func (e *ObjectError) Unwrap() error { return e.Err }

// corrupt makes an ErrCorrupt that says what is wrong.
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrCorrupt, fmt.Errorf(format, args...))
}
