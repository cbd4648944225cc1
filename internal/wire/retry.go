package wire

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second
	maxAsked   = time.Minute     // longest pause that a service may ask for
	maxWaited  = 2 * time.Minute // longest that one request waits before it is sent again, in all
)

// throttles reports whether the service says that it is asked too much.
func throttles(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// again says whether to try again, and after which pause.
func (c *ReadOnly) again(ctx context.Context, resp *http.Response, err error, try int) (time.Duration, bool) {
	if ctx.Err() != nil {
		return 0, false
	}
	if err != nil {
		return pauseAfter(try), !lasting(err)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if asked := c.retryAfter(resp); asked > 0 {
			return asked, true
		}
		return pauseAfter(try), true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return pauseAfter(try), true
	}
	return 0, false
}

// pauseAfter doubles with each try, and is spread so that many clients do not
// come back at once.
func pauseAfter(try int) time.Duration {
	most := min(firstPause<<min(try-1, 10), maxPause)
	return most/2 + rand.N(most/2+1) //nolint:gosec // spread, not secrecy
}

// retryAfter returns how long an answer asks to wait, at most maxAsked.
func (c *ReadOnly) retryAfter(resp *http.Response) time.Duration {
	text := resp.Header.Get("Retry-After")
	d, ok := seconds(text)
	if !ok {
		at, err := http.ParseTime(text)
		if err != nil {
			return 0
		}
		d = at.Sub(c.opt.Now())
	}
	return min(max(d, 0), maxAsked)
}

func seconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return time.Duration(n) * time.Second, err == nil
}

// wait pauses, unless the budget would be spent before the end.
func (c *ReadOnly) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	if until := c.opt.Budget.Until; !until.IsZero() && c.opt.Now().Add(d).After(until) {
		return ErrBudget
	}
	return c.opt.Wait(ctx, d)
}

// spend takes one request out of the budget.
func (c *ReadOnly) spend() error {
	if err := c.afford(); err != nil {
		return err
	}
	n := c.requests.Add(1)
	if most := c.opt.Budget.Requests; most > 0 && n > most {
		c.requests.Add(-1)
		return ErrBudget
	}
	return nil
}

// afford fails if bytes or time of the budget are spent.
func (c *ReadOnly) afford() error {
	b := &c.opt.Budget
	if b.Bytes > 0 && c.bytes.Load() >= b.Bytes || !b.Until.IsZero() && !c.opt.Now().Before(b.Until) {
		return ErrBudget
	}
	return nil
}
