package azure

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/overgrant/overgrant/internal/source"
)

// maxMessages bounds how many messages of a queue are counted, whatever the
// service says that there are.
const maxMessages = 100_000_000

// messages yields an object without a name for each message of a queue. The
// service says only about how many there are; nothing is taken out, and nothing
// is looked at.
func (r *reach) messages(ctx context.Context, at source.Range, yield yielder) error {
	resp, err := r.ask(ctx, request{service: queues, path: "/" + escapeName(at.Container), query: "comp=metadata"})
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	n, err := strconv.ParseInt(resp.Header.Get("X-Ms-Approximate-Messages-Count"), 10, 64)
	if err != nil || n < 0 {
		return errors.New("the service does not say how many messages there are")
	}
	done := int64(0)
	if mark(at) == flatMark {
		done, _ = strconv.ParseInt(at.Marker[1:], 10, 64)
	}
	if n > maxMessages {
		return fmt.Errorf("%w: a queue of %d messages", errLies, n)
	}
	objects := make([]source.Object, min(max(n-done, 0), perPage))
	for {
		part := objects[:min(max(n-done, 0), perPage)]
		for i := range part {
			part[i] = source.Object{Kind: 'm'}
		}
		done += int64(len(part))
		page := &source.Page{Objects: part}
		if done < n {
			page.Next = at
			page.Next.Marker = string(flatMark) + strconv.FormatInt(done, 10)
		}
		if !yield(page, nil) {
			return errStopped
		}
		if done >= n || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
