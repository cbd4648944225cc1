package disk

import (
	"context"
	"errors"
	"io"
)

// The reasons of a Gap.
const (
	Encrypted   = "encrypted"          // a password or a key is needed
	Parent      = "needs its parent"   // the image holds only what differs from another, or points at other files
	Truncated   = "truncated image"    // it ends too early
	Corrupt     = "corrupt image"      // it does not follow its format
	Unsupported = "unsupported format" // known but not read
	Unknown     = "no known format"    // neither a partition table nor a file system that is known
	Limit       = "limit reached"      // one of Limits
	Unreadable  = "read error"         // the bytes of the image could not be read
)

// Gap says what of an image was not read, and why.
type Gap struct {
	Path   string // of the file or folder in its volume; empty for more than that
	Reason string // one of the reasons above
	Detail string // what exactly, such as the name of the encryption; may be empty
	Bytes  int64  // how many bytes were not read; 0 where that is not known

	last bool // nothing more is read after it
}

// Error says what and why.
func (g *Gap) Error() string {
	text := "read disk image: " + g.Reason
	if g.Path != "" {
		text = "read disk image: " + g.Path + ": " + g.Reason
	}
	if g.Detail != "" {
		text += ": " + g.Detail
	}
	return text
}

// errStop unwinds a walk once nobody asks for more.
var errStop = errors.New("stopped")

func corrupt(detail string) error     { return &Gap{Reason: Corrupt, Detail: detail} }
func unsupported(detail string) error { return &Gap{Reason: Unsupported, Detail: detail} }
func limited(detail string) error     { return &Gap{Reason: Limit, Detail: detail} }

// exhausted is a limit on the whole of a walk.
func exhausted(detail string) error { return &Gap{Reason: Limit, Detail: detail, last: true} }

// ends reports whether err unwinds the whole walk.
func ends(err error) bool {
	return errors.Is(err, errStop) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// gapOf makes a *Gap of what a reader gave. Errors that end a walk stay as they
// are.
func gapOf(err error) error {
	g := asGap(err)
	switch {
	case err == nil || ends(err):
		return err
	case g != nil:
		return g
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Gap{Reason: Truncated}
	}
	return &Gap{Reason: Unreadable, Detail: printable(err.Error())}
}

// asGap gives the Gap that err is, or nil.
func asGap(err error) *Gap {
	var g *Gap
	if errors.As(err, &g) {
		return g
	}
	return nil
}
