package wire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"
)

// Signer adds an Authorization header to a request that is about to leave, with
// all other headers in place. It is called for each try, so that its date is
// fresh.
type Signer func(*http.Request) error

// Signed returns a door to the same hosts that signs what goes through it.
func (d *Door) Signed(sign Signer) *Door {
	signed := *d
	signed.sign = sign
	return &signed
}

// Do sends req and returns the final answer, whatever its status: a 403 is an
// answer. It sends again, with growing pauses or those that the service asks
// for, on 429, 500, 502, 503, 504, timeouts and lost connections.
//
// The body of the answer must be read to its end or closed: until then it
// holds one of Options.PerHost. It ends with ErrBroken if it is longer than was
// asked for, with ErrStalled if it trickles, and with ErrBudget if the budget
// is spent. Of req, URL, method, header and a body of a few bytes are used, and
// the context. Its User-Agent and x-ms-client-request-id are those of the client.
//
// It fails with ErrRefused, ErrForeign, ErrPrivate and ErrBudget before
// anything is sent, and with ErrRedirect, ErrThrottled, ErrGone, ErrUnreachable
// or the error of the context after.
func (d *Door) Do(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	waited := time.Duration(0)
	for try := 1; ; try++ {
		resp, err := d.send(req, body, try)
		last := try >= d.c.opt.Tries
		pause, again := d.c.again(req.Context(), resp, err, try)
		if waited += pause; !again || last || waited > maxWaited {
			d.judge(req, resp, err)
			return conclude(resp, err)
		}
		if resp != nil {
			discard(resp)
		}
		if err := d.c.wait(req.Context(), pause); err != nil {
			return nil, fmt.Errorf("send request again: %w", err)
		}
		d.c.retries.Add(1)
	}
}

// judge counts a request that came to nothing after its last try.
func (d *Door) judge(req *http.Request, resp *http.Response, err error) {
	to, unknown := d.lookup(req.URL.Scheme, req.URL.Host)
	switch {
	case unknown != nil || req.Context().Err() != nil || errors.Is(err, ErrSilent):
	case errors.Is(err, ErrUnreachable), err == nil && (resp.StatusCode >= http.StatusInternalServerError || throttles(resp.StatusCode)):
		to.heard(false)
	}
}

// bodyOf reads the body of a request, which is sent anew with each try.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		if req.ContentLength > 0 {
			return nil, fmt.Errorf("%w: length without a body", ErrRefused)
		}
		return nil, nil
	}
	defer req.Body.Close()
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody || req.ContentLength > 0 && req.ContentLength != int64(len(body)) {
		return nil, fmt.Errorf("%w: body of more than %d bytes or another length", ErrRefused, maxBody)
	}
	return body, nil
}

// send makes one try.
func (d *Door) send(req *http.Request, body []byte, try int) (*http.Response, error) {
	ask := req.Clone(req.Context())
	if ask.Header == nil {
		ask.Header = http.Header{}
	}
	id := "overgrant-" + d.c.run + "-" + strconv.FormatInt(d.c.serial.Add(1), 10)
	ask.Header.Set("x-ms-client-request-id", id)
	ask.Header.Set("User-Agent", d.c.agent)
	if d.sign != nil {
		ask.ContentLength = int64(len(body))
		if err := d.sign(ask); err != nil {
			return nil, fmt.Errorf("sign request: %w", err)
		}
	}
	return (&gate{d}).trip(ask, body, try)
}

// gate is the transport: what it lets through leaves. Nothing else holds the
// connections.
type gate struct{ *Door }

// trip checks a request and sends it.
func (g *gate) trip(req *http.Request, body []byte, try int) (*http.Response, error) {
	c := g.c
	ok, err := g.check(req, body)
	if err != nil {
		return nil, err
	}
	if err := c.record.err(); err != nil {
		return nil, err
	}
	if ok.to.silent.Load() >= hopeless {
		return nil, ErrSilent
	}
	ctx := req.Context()
	slot, err := ok.to.pace.enter(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.due(ctx, ok.to.site); err != nil {
		slot.leave(gaveUp)
		return nil, err
	}
	if err := c.spend(); err != nil {
		slot.leave(gaveUp)
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	note := c.note(ok.out, try)
	resp, err := c.next.RoundTrip(ok.out.WithContext(httptrace.WithClientTrace(ctx, c.resent(note))))
	if err != nil {
		cancel(nil)
		slot.leave(failed)
		err = tell(req.Context(), err)
		c.write(note.failed(err))
		return nil, err
	}
	note.Status, note.Code = resp.StatusCode, codeOf(resp)
	resp.Request = nil // it holds the signature
	b := &answer{c: c, ctx: req.Context(), body: resp.Body, to: ok.to.site, slot: slot, note: note, cancel: cancel, left: longest(ok, resp), outcome: fine}
	if throttles(resp.StatusCode) {
		if after := c.retryAfter(resp); after > 0 {
			ok.to.account.hold(c.opt.Now().Add(after))
		}
	}
	return c.deliver(b, resp)
}

// deliver hands an answer to the caller, with b as its body.
func (c *ReadOnly) deliver(b *answer, resp *http.Response) (*http.Response, error) {
	b.good = resp.StatusCode < http.StatusInternalServerError
	if throttles(resp.StatusCode) {
		b.good, b.outcome = false, slowDown
		c.throttled.Add(1)
	}
	b.start()
	if resp.Body == http.NoBody {
		b.ended = io.EOF
		b.finish() // nobody may close what is empty
	} else {
		resp.Body = b
	}
	if err := conform(resp); err != nil {
		discard(resp)
		return nil, err
	}
	return resp, nil
}

// resent counts the requests that the transport itself sends again, when a
// connection that was idle turns out to be closed.
func (c *ReadOnly) resent(n *note) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{WroteHeaders: func() {
		if n.sent.Add(1) > 1 {
			c.requests.Add(1)
			c.retries.Add(1)
		}
	}}
}

// conform fails for what is no answer: a redirect, or a protocol of its own.
func conform(resp *http.Response) error {
	switch s := resp.StatusCode; {
	case s < 200 || s > 599:
		return fmt.Errorf("answer %d: %w", s, ErrBroken)
	case s >= 300 && s < 400 && s != http.StatusNotModified:
		e := &RedirectError{Status: s}
		if to, err := resp.Location(); err == nil {
			if name, port, ok := splitHost(to.Host); ok {
				e.Host = joinHost(name, port)
			}
		}
		return e
	}
	return nil
}

// longest returns how long the body of an answer may be.
func longest(ok *checked, resp *http.Response) int64 {
	if ok.rng == (span{}) && ok.out.Header.Get("Range") == "" || resp.StatusCode > 299 || ok.shape.Query != nil {
		return maxAnswer
	}
	if resp.StatusCode == http.StatusPartialContent {
		return ok.rng.to - ok.rng.from + 1
	}
	return ok.rng.to + 1 // the range was not heeded
}

// tell turns an error of the transport into one of ours, unless it is one
// already. Its own timeouts call themselves a deadline exceeded: only the
// caller's context tells whose deadline it was.
func tell(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, ours := range []error{ErrForeign, ErrPrivate, ErrGone, ErrBudget, ErrStalled, ErrBroken} {
		if errors.Is(err, ours) {
			return err
		}
	}
	return &lost{err}
}

// lost is a failure on the way.
type lost struct{ cause error }

// Error leaves out what looks like a signature: a server may echo what it got.
func (e *lost) Error() string {
	return strip(strings.TrimPrefix(e.cause.Error(), "net/http: "))
}

func (e *lost) Unwrap() []error { return []error{ErrUnreachable, e.cause} }

// lasting reports whether another try would fail the same way.
func lasting(err error) bool {
	var cert *tls.CertificateVerificationError
	return !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrSilent) || errors.Is(err, ErrUnknown) || errors.As(err, &cert)
}

// conclude gives back the last try.
func conclude(resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	if throttles(resp.StatusCode) {
		e := &ThrottledError{Status: resp.StatusCode, Code: codeOf(resp)}
		e.After, _ = seconds(resp.Header.Get("Retry-After"))
		discard(resp)
		return nil, e
	}
	return resp, nil
}

// maxDiscard is how much of an answer that nobody wants is read to keep its
// connection, in bytes.
const maxDiscard = 64 << 10

func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxDiscard)
	_ = resp.Body.Close()
}

// runID makes the id of a run safe to send.
func runID(s string) string {
	s = plainWord(s, 64)
	if s == "" {
		var raw [4]byte
		_, _ = rand.Read(raw[:])
		s = hex.EncodeToString(raw[:])
	}
	return s
}

func agentName(s string) string {
	if s = plainWord(s, 64); s == "" {
		s = "overgrant"
	}
	return s
}

func plainWord(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x80 && isLetterOrDigit(byte(r)) || strings.ContainsRune("-_./", r) {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), most)]
}
