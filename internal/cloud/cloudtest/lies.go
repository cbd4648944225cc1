package cloudtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/source"
)

// Lie is a server that does not keep to the rules, and what may come of it.
type Lie struct {
	Name string
	// Open makes a reach to the server.
	Open func(t testing.TB) cloud.Reach
	// Most is how many objects a walk may yield before it ends by itself.
	Most int64
	// Told says that the walk must tell of it: by an error or a *Skip. Without it,
	// the walk may also come to all objects in spite of it, of which there are All.
	Told bool
	All  int64
	// Reading says that the server lies about content: it must not be read as if
	// nothing was wrong.
	Reading bool
}

// patience bounds a test against a server that never ends anything. It is no
// measure of speed: a driver that keeps its promises ends long before.
const patience = 2 * time.Minute

// Survives shows that a driver ends, and tells, whatever a server does.
func Survives(t *testing.T, lies []Lie) {
	t.Helper()
	for _, lie := range lies {
		t.Run(lie.Name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r := lie.Open(t)
			if lie.Reading {
				survivesReading(ctx, t, r)
			} else {
				survivesListing(ctx, t, r, &lie)
			}
			if ctx.Err() != nil {
				t.Error("it did not end")
			}
		})
	}
}

func survivesListing(ctx context.Context, t *testing.T, r cloud.Reach, lie *Lie) {
	t.Helper()
	var objects int64
	var told []error
	e, err := expand(ctx, r)
	if errors.Is(err, errNoEnd) {
		t.Error(err)
	}
	if err != nil {
		told = append(told, err)
	}
	for _, gap := range e.gaps {
		told = append(told, &source.Skip{Skipped: gap})
	}
	for _, at := range e.ranges {
		for page, err := range r.Pages(ctx, at) {
			if err != nil {
				told = append(told, err)
				continue
			}
			if objects += int64(len(page.Objects)); objects > lie.Most {
				t.Errorf("more than %d objects and no end", lie.Most)
				return
			}
		}
	}
	if len(told) == 0 && (lie.Told || objects != lie.All) {
		t.Errorf("%d objects of %d and not a word", objects, lie.All)
	}
	for _, err := range told {
		if len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

// survivesReading reads the first object that has bytes.
func survivesReading(ctx context.Context, t *testing.T, r cloud.Reach) {
	t.Helper()
	for _, at := range ranges(t, r) {
		all, _, err := list(ctx, r, at)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if all[i].Size < 2 || all[i].State != source.Current {
				continue
			}
			c, err := r.Content(ctx, all[i].Named)
			if err == nil {
				_, err = c.ReadAt(make([]byte, min(all[i].Size, 1<<20)), 0)
				c.Close()
			}
			if err == nil {
				t.Errorf("%s was read as if nothing was wrong", all[i].Name)
			}
			return
		}
	}
	t.Error("no object to read")
}
