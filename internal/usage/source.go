package usage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// Source counts the records of all pieces of a source, such as a folder of
// exported logs. A piece that cannot be read is told and ends nothing.
func (c *Census) Source(ctx context.Context, s source.Source) error {
	for shard, err := range s.Shards(ctx) {
		if err != nil {
			if err = c.gap(err); err != nil {
				return err
			}
			continue
		}
		for piece, err := range s.Pieces(ctx, shard) {
			if err == nil {
				err = c.piece(ctx, piece)
			}
			if err = c.gap(err); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// gap tells an item that could not be read. Any other error is given back.
func (c *Census) gap(err error) error {
	var skip *source.Skip
	if !errors.As(err, &skip) {
		return err
	}
	c.gaps[skip.Reason]++
	if c.opt.Skipped == nil {
		return nil
	}
	return c.opt.Skipped(skip.Skipped)
}

// piece reads one log. Names of files and targets of links are none.
func (c *Census) piece(ctx context.Context, p overgrant.Piece) error {
	if p.Place.Part != "" {
		return nil
	}
	content, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer content.Close()
	return c.Read(ctx, p.Place, io.NewSectionReader(content, 0, content.Size()))
}

// LogContainer reports whether a container is one in which Azure keeps logs:
// $logs for those of Storage Analytics, insights-logs-storageread and its
// siblings for resource logs.
func LogContainer(name string) bool {
	return name == "$logs" || strings.HasPrefix(name, "insights-logs-storage")
}

// Containers counts the records of all logs that are kept where a link leads: in
// the container that it opens, or in those of the account that hold logs.
func (c *Census) Containers(ctx context.Context, l source.Lister) error {
	w := &walk{census: c, lister: l}
	if err := w.expand(ctx, source.Range{}, 0); err != nil {
		return err
	}
	if w.logs == 0 && w.containers > 0 {
		return fmt.Errorf("look for logs: none of the %d containers that the link opens holds logs; want $logs or insights-logs-storageread and its siblings", w.containers)
	}
	return nil
}

// walk goes through the containers of an account.
type walk struct {
	census           *Census
	lister           source.Lister
	containers, logs int
}

// deepestExpand is how often a range is expanded: all, a service, its pages.
const deepestExpand = 4096

func (w *walk) expand(ctx context.Context, r source.Range, depth int) error {
	if depth > deepestExpand {
		return errors.New("look for logs: the listing of containers has no end")
	}
	e, err := w.lister.Expand(ctx, r)
	if err != nil {
		return fmt.Errorf("look for logs: %w", err)
	}
	for _, g := range e.Gaps {
		if r.Service != "" && r.Service != "blob" {
			continue
		}
		if err := w.census.gap(&source.Skip{Skipped: g}); err != nil {
			return err
		}
	}
	alone := r == source.Range{} && len(e.Ranges) == 1
	for _, next := range e.Ranges {
		switch {
		case next.Service != "" && next.Service != "blob":
		case next.Container == "":
			if err := w.expand(ctx, next, depth+1); err != nil {
				return err
			}
		default:
			w.containers++
			if !alone && !LogContainer(next.Container) {
				continue
			}
			w.logs++
			if err := w.list(ctx, next); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// list reads every log of a container.
func (w *walk) list(ctx context.Context, r source.Range) error {
	for page, err := range w.lister.Pages(ctx, r) {
		if err = w.census.gap(err); err != nil {
			return fmt.Errorf("list logs: %w", err)
		}
		if page == nil {
			continue
		}
		var named []source.Named
		for i := range page.Objects {
			if o := &page.Objects[i]; o.State == source.Current && o.Size > 0 {
				named = append(named, source.Named{Range: r, Name: string(o.Name), Size: o.Size, Tag: string(o.Tag)})
			}
		}
		for _, o := range named {
			if err := w.read(ctx, o); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// read counts the records of one object. That it changes while it is read, as
// the log of the hour at hand does, is a gap.
func (w *walk) read(ctx context.Context, o source.Named) error {
	place := overgrant.Place{Source: w.lister.Name(), Path: o.Range.Container + "/" + o.Name}
	content, err := w.lister.Content(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return w.census.gap(&source.Skip{Skipped: overgrant.Skipped{Place: place, Reason: "unreadable log", Detail: err.Error()}})
	}
	defer content.Close()
	return w.census.Read(ctx, place, io.NewSectionReader(content, 0, content.Size()))
}
