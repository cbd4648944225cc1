package unpack

import (
	"compress/bzip2"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/overgrant/overgrant"
)

// The reasons of a Cut.
const (
	Bomb        = "archive bomb"            // a limit on bytes, ratio or members was reached
	Encrypted   = "encrypted member"        // a password is needed
	Truncated   = "truncated archive"       // it ends too early
	Corrupt     = "corrupt archive"         // it does not follow its format
	Checksum    = "bad checksum"            // all was read, but it is not what was packed
	Deep        = "too deep"                // containers inside containers beyond the limit
	Unsupported = "unsupported compression" // a format or method that is known but not read
	Large       = "too large to hold"       // an inner archive that needs more memory than allowed; searched as it is
	Memory      = "dictionary too large"    // a decoder that needs more memory than allowed
	Unreadable  = "read error"              // the bytes of the outermost container could not be read
	Stray       = "bytes of no member"      // they are many, and only some members are wanted
)

// Cut says what of a container was not read, and why.
type Cut struct {
	Path   string // as in Member
	Reason string // one of the reasons above
	Detail string
	Bytes  int64 // how many bytes were not read; 0 where that is not known

	told bool // it was yielded: what is read through the same bytes fails again, silently
	last bool // nothing more is read after it
}

// Error says where, what and why.
func (c *Cut) Error() string {
	where := c.Path
	if where == "" {
		where = "container"
	}
	if c.Detail == "" {
		return "unpack " + where + ": " + c.Reason
	}
	return "unpack " + where + ": " + c.Reason + ": " + c.Detail
}

// Skipped gives the message for c, where place is that of the outermost
// container.
func (c *Cut) Skipped(place overgrant.Place) overgrant.Skipped {
	place.Path += c.Path
	return overgrant.Skipped{Place: place, Reason: c.Reason, Detail: c.Detail, Bytes: c.Bytes}
}

// errStop unwinds the walk once nobody asks for more.
var errStop = errors.New("stopped")

// errChecksum is that of the checks made here.
var errChecksum = errors.New("contents differ from their checksum")

// damaged makes an error of a reason and a detail.
func damaged(reason, detail string) error { return &Cut{Reason: reason, Detail: detail} }

// cutOf finds the reason of an error that a decoder or a reader gave.
func cutOf(err error) *Cut {
	var c *Cut
	if errors.As(err, &c) {
		return c
	}
	c = &Cut{Reason: Corrupt, Detail: printable([]byte(err.Error()))}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		c.Reason, c.Detail = Truncated, ""
	case errors.Is(err, errChecksum), errors.Is(err, gzip.ErrChecksum),
		errors.Is(err, zlib.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch),
		errors.Is(err, bzip2.StructuralError("block checksum mismatch")):
		c.Reason, c.Detail = Checksum, ""
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		c.Reason = Memory
	}
	return c
}

// ends reports whether err unwinds the whole walk.
func ends(err error) bool {
	var c *Cut
	return errors.Is(err, errStop) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &c) && c.last
}
