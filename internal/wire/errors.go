package wire

import (
	"errors"
	"fmt"
	"time"
)

// passing is an error of the moment: another try, at another time, may not meet
// it. Later tells so to those who do not know this package.
type passing string

func (p passing) Error() string { return string(p) }

// Later reports that what failed is worth another try.
func (passing) Later() bool { return true }

// What a caller decides on. An answer of the service, whatever its status, is
// none of these but for the last tries of one that throttles.
var (
	ErrRefused     = errors.New("request is not on the list")                                // nothing was sent
	ErrForeign     = errors.New("host is not one that the link names")                       // nothing was sent
	ErrPrivate     = errors.New("address is private or of special use")                      // nothing was sent
	ErrRedirect    = errors.New("answer is a redirect")                                      // not followed; see RedirectError
	ErrBudget      = error(passing("budget is spent"))                                       // see Budget
	ErrThrottled   = error(passing("service throttles"))                                     // all tries; see ThrottledError
	ErrGone        = errors.New("host does not exist")                                       // the name is not in the DNS
	ErrUnreachable = error(passing("host cannot be reached"))                                // all tries, or no trust in its certificate
	ErrSilent      = fmt.Errorf("host gave up answering: %w", ErrUnreachable)                // nothing more is sent there
	ErrUnknown     = fmt.Errorf("no name outside can be looked up here: %w", ErrUnreachable) // whether the host exists cannot be told
	ErrChanged     = errors.New("object changed while it was read")                          // its ETag is another
	ErrBroken      = errors.New("answer does not fit the request")                           // wrong range, longer than asked, too slow to end
	ErrStalled     = fmt.Errorf("answer came to a halt: %w", ErrUnreachable)                 // see Options.Stall
	ErrRecord      = error(passing("record of what was sent cannot be written"))             // nothing more is sent
)

// RedirectError is a redirect, which is never followed.
type RedirectError struct {
	Status int
	Host   string // where it leads; empty if that cannot be told
}

func (e *RedirectError) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("answer %d is a redirect", e.Status)
	}
	return fmt.Sprintf("answer %d is a redirect to %s", e.Status, e.Host)
}

// Unwrap returns ErrRedirect.
func (e *RedirectError) Unwrap() error { return ErrRedirect }

// ThrottledError is the last answer of a service that throttled every try.
type ThrottledError struct {
	Status int           // 429 or 503
	Code   string        // the service's own error code
	After  time.Duration // how long it asked to wait; 0 if it did not say
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("service throttles: answer %d %s", e.Status, e.Code)
}

// Unwrap returns ErrThrottled.
func (e *ThrottledError) Unwrap() error { return ErrThrottled }

// StatusError is an answer that is no object bytes, to a read of a range.
type StatusError struct {
	Status  int
	Code    string // the service's own error code
	Message string
	Detail  string
}

func (e *StatusError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("answer %d", e.Status)
	}
	return fmt.Sprintf("answer %d %s", e.Status, e.Code)
}
