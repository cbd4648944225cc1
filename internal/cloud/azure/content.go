package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
)

// errUnreadable says that an object has no bytes that could be read.
var errUnreadable = errors.New("it has no content that can be read")

// Content opens an object that was listed. Nothing is asked for before the first
// read. All bytes are of the object as it was listed, or as the first read finds
// it where the listing had no ETag; if it has changed since, reads fail with
// source.ErrChanged.
func (r *reach) Content(ctx context.Context, o source.Named) (overgrant.Content, error) {
	service := o.Range.Service
	if service == "" {
		service = blobs
	}
	if service != blobs && service != files || o.State == source.Deleted || o.State == source.Folder || o.Size < 0 {
		return nil, fmt.Errorf("open %s: %w", o.Name, errUnreadable)
	}
	if err := r.settle(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Name, err)
	}
	f := &object{r: r, o: o, etag: quoted(o.Tag)}
	version := r.version(service)
	q := request{service: service, path: objectPath(o.Range.Container, o.Name), query: r.pastOf(o)}
	u, err := r.url(q, version)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Name, err)
	}
	f.get = wire.Get{URL: u, Header: http.Header{"X-Ms-Version": {version}}}
	return cloud.NewBlocks(ctx, o.Size, f.fetch, cloud.BlockOptions{Block: o.Grain}), nil
}

// pastOf returns the query that names an earlier state of an object.
func (r *reach) pastOf(o source.Named) string {
	switch {
	case o.State == source.Version && o.Version != "":
		return "versionid=" + escapeValue(o.Version)
	case o.State == source.Snapshot && o.Version != "":
		return "snapshot=" + escapeValue(o.Version)
	case mark(o.Range) == objectMark:
		return r.past()
	}
	return ""
}

// quoted writes an ETag as a header has it. In a listing it has no quotes.
func quoted(tag string) string {
	if tag == "" || strings.HasPrefix(tag, `"`) || strings.HasPrefix(tag, "W/") {
		return tag
	}
	return `"` + tag + `"`
}

// object reads ranges of an object.
type object struct {
	r   *reach
	o   source.Named
	get wire.Get

	mu   sync.Mutex
	etag string
}

// fetch reads n bytes at off.
func (f *object) fetch(ctx context.Context, off, n int64) ([]byte, error) {
	f.mu.Lock()
	g := f.get
	g.Off, g.N, g.ETag = off, n, f.etag
	f.mu.Unlock()
	got, err := f.r.door.Range(ctx, g)
	if err == nil && (int64(len(got.Body)) != n || got.Size >= 0 && got.Size != f.o.Size) {
		err = fmt.Errorf("it has another size than was listed: %w", source.ErrChanged)
	}
	if err == nil && !f.pin(got.ETag) {
		err = source.ErrChanged
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.o.Name, changed(err))
	}
	return got.Body, nil
}

// pin keeps the first ETag, and reports whether etag is the same.
func (f *object) pin(etag string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.etag == "" {
		f.etag = etag
	}
	return etag == "" || f.etag == etag
}

// changed turns what shows that an object is no longer what was listed into
// source.ErrChanged.
func changed(err error) error {
	var answer *wire.StatusError
	switch {
	case errors.Is(err, wire.ErrChanged), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", source.ErrChanged, err)
	case errors.As(err, &answer) && answer.Status == http.StatusNotFound:
		return fmt.Errorf("%w: it is gone", source.ErrChanged)
	}
	return err
}

// Name returns azure.
func (r *reach) Name() string { return Driver.Name }

// Shards yields a shard for each container that the link reaches.
func (r *reach) Shards(ctx context.Context) iter.Seq2[source.Shard, error] {
	return func(yield func(source.Shard, error) bool) {
		todo := []source.Range{{}}
		for len(todo) > 0 {
			at := todo[0]
			todo = todo[1:]
			if err := ctx.Err(); err != nil {
				yield(source.Shard{}, err)
				return
			}
			if at.Container != "" {
				name := strings.Trim(at.Service+"/"+at.Container+"/"+at.Prefix, "/")
				if !yield(source.Shard{Name: name, Part: at}, nil) {
					return
				}
				continue
			}
			e, err := r.Expand(ctx, at)
			if err != nil {
				yield(source.Shard{}, err)
				return
			}
			for _, gap := range e.Gaps {
				if !yield(source.Shard{}, &source.Skip{Skipped: gap}) {
					return
				}
			}
			todo = append(e.Ranges, todo...)
		}
	}
}

// Pieces yields the objects of a shard that have content.
func (r *reach) Pieces(ctx context.Context, s source.Shard) iter.Seq2[overgrant.Piece, error] {
	return func(yield func(overgrant.Piece, error) bool) {
		at, ok := s.Part.(source.Range)
		if !ok {
			yield(overgrant.Piece{}, fmt.Errorf("read the shard %s: it is none of this source", s.Name))
			return
		}
		for page, err := range r.Pages(ctx, at) {
			if err != nil {
				if !yield(overgrant.Piece{}, err) {
					return
				}
				continue
			}
			for i := range page.Objects {
				o := &page.Objects[i]
				if o.State == source.Folder || o.State == source.Deleted || o.Kind == 'm' || o.Kind == 'e' {
					continue
				}
				if ctx.Err() != nil || !yield(r.piece(at, o), nil) {
					return
				}
			}
		}
	}
}

// piece returns an object that was listed as a piece.
func (r *reach) piece(at source.Range, o *source.Object) overgrant.Piece {
	n := source.Named{Range: at, Name: string(o.Name), Size: o.Size, Tag: string(o.Tag), Version: string(o.Version), State: o.State}
	p := overgrant.Piece{Place: r.place(at, n.Name), Size: o.Size}
	if o.State == source.Version || o.State == source.Snapshot {
		p.Place.Object = n.Version
	}
	if n.Tag != "" {
		p.Tag = strings.Join([]string{r.name, at.Service, at.Container, n.Name, n.Version, n.Tag}, "/")
	}
	p.Open = func(ctx context.Context) (overgrant.Content, error) { return r.Content(ctx, n) }
	return p
}
