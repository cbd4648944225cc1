package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
)

// Do sends req and returns the final answer, whatever its status. It is what the
// Azure SDK calls a transporter. It sends again as Door.Do does; what must not be
// done twice only where the service says that it has not been done: 429.
//
// It fails with ErrRefused, ErrForeign, ErrPrivate and ErrBudget before anything
// is sent, and with ErrRedirect, ErrThrottled, ErrGone, ErrUnreachable or the
// error of the context after. Then what was asked for may have been done. No
// error holds a header or a body.
func (d *OwnerDoor) Do(req *http.Request) (*http.Response, error) {
	c := d.o.engine
	body, err := ownerBody(req)
	if err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	for try, waited := 1, int64(0); ; try++ {
		resp, act, err := d.send(req, body, try)
		pause, again := c.again(req.Context(), resp, err, try)
		if again && act != nil && act.Once {
			again = resp != nil && resp.StatusCode == http.StatusTooManyRequests
		}
		if waited += int64(pause); !again || try >= c.opt.Tries || waited > int64(maxWaited) {
			return conclude(resp, err)
		}
		if resp != nil {
			discard(resp)
		}
		if err := c.wait(req.Context(), pause); err != nil {
			return nil, fmt.Errorf("send request again: %w", err)
		}
		c.retries.Add(1)
	}
}

// ownerBody reads the body of a request, which is sent anew with each try.
func ownerBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	body, err := io.ReadAll(io.LimitReader(req.Body, maxActBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxActBody {
		return nil, fmt.Errorf("%w: body of more than %d bytes", ErrRefused, maxActBody)
	}
	return body, nil
}

// send makes one try.
func (d *OwnerDoor) send(req *http.Request, body []byte, try int) (*http.Response, *Act, error) {
	c := d.o.engine
	ask := req.Clone(req.Context())
	if ask.Header == nil {
		ask.Header = http.Header{}
	}
	ask.Header.Set("x-ms-client-request-id", "overgrant-"+c.run+"-"+strconv.FormatInt(c.serial.Add(1), 10))
	ask.Header.Set("User-Agent", c.agent)
	ask.Header.Del("Accept-Encoding") // answers are read as they come
	ask.ContentLength = int64(len(body))
	to, err := d.lookup(req.URL.Scheme, req.URL.Host)
	if err != nil {
		return nil, nil, err
	}
	if d.sign != nil && to.party == Data {
		if err := d.sign(ask); err != nil {
			return nil, nil, fmt.Errorf("sign request: %w", err)
		}
	}
	out, to, act, err := d.check(ask, body)
	if err != nil {
		return nil, nil, err
	}
	resp, err := d.trip(out.WithContext(req.Context()), to, try)
	return resp, act, err
}

// trip sends what was checked.
func (d *OwnerDoor) trip(out *http.Request, to place, try int) (*http.Response, error) {
	c := d.o.engine
	if err := c.record.err(); err != nil {
		return nil, err
	}
	if to.silent.Load() >= hopeless {
		return nil, ErrSilent
	}
	ctx := out.Context()
	slot, err := to.pace.enter(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.due(ctx, to.site), c.spend()); err != nil {
		slot.leave(gaveUp)
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	note := c.note(out, try)
	resp, err := c.next.RoundTrip(out.WithContext(httptrace.WithClientTrace(ctx, c.resent(note))))
	if err != nil {
		cancel(nil)
		slot.leave(failed)
		err = tell(out.Context(), err)
		c.write(note.failed(err))
		return nil, err
	}
	note.Status, note.Code = resp.StatusCode, codeOf(resp)
	resp.Request = bare(out) // the one that was sent holds the token
	b := &answer{c: c, ctx: out.Context(), body: resp.Body, to: to.site, slot: slot, note: note, cancel: cancel, left: maxOwned, outcome: fine}
	return c.deliver(b, resp)
}

// bare returns what an error may tell of a request.
func bare(out *http.Request) *http.Request {
	to := &url.URL{Scheme: out.URL.Scheme, Host: out.URL.Host, Path: out.URL.Path}
	return (&http.Request{Method: out.Method, URL: to, Host: out.Host, Header: http.Header{}}).WithContext(out.Context())
}

// maxOwned bounds the answer to an owner, in bytes.
const maxOwned = 32 << 20
