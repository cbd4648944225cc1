package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
)

// target sends all files of one target.
func (l *loading) target(ctx context.Context, t modelTarget, to chan<- *turn) error {
	switch {
	case t.path != "":
		return l.listed(ctx, shelves{from: l.folder(t.path), name: func(_ source.Range, name string) string { return redacted(cmp.Or(name, t.path)) }}, to)
	case t.web != "":
		return l.address(ctx, t.web, to)
	}
	reach, gap, err := l.reach(ctx, t.link)
	if err != nil {
		return err
	}
	if gap != nil {
		return send(ctx, to, told(overgrant.Message{Skipped: gap}))
	}
	s := shelves{from: reach, name: objectName(t.link)}
	if !l.every {
		s.wanted = modelName
	}
	return l.listed(ctx, s, to)
}

// shelves is where files are listed from.
type shelves struct {
	from   source.Lister
	name   func(r source.Range, name string) string // as an object is printed
	wanted func(name string, size int64) bool       // nil for all
	passed int64                                    // objects that are not
	size   int64                                    // bytes of them
}

// listed sends the files of a listing: ranges are expanded as they come, and
// listed one after the other.
func (l *loading) listed(ctx context.Context, s shelves, to chan<- *turn) error {
	open := []source.Range{{}}
	for len(open) > 0 {
		r := open[len(open)-1]
		open = open[:len(open)-1]
		if r.Service == "queue" || r.Service == "table" {
			continue // no files are in there
		}
		if r.Container != "" {
			if err := l.pages(ctx, &s, r, to); err != nil {
				return err
			}
			continue
		}
		e, err := s.from.Expand(ctx, r)
		if err != nil {
			e.Gaps = append(e.Gaps, unlisted(&s, r, err))
		}
		for i := range e.Gaps {
			if err := send(ctx, to, told(overgrant.Message{Skipped: &e.Gaps[i]})); err != nil {
				return err
			}
		}
		for i := range e.Ranges { // the last in is the first out
			open = append(open, e.Ranges[len(e.Ranges)-1-i])
		}
	}
	if s.passed == 0 {
		return ctx.Err()
	}
	gap := &overgrant.Skipped{Reason: "objects that are no models by name (--every reads them)", Detail: fmt.Sprintf("%s of them, %s", count(s.passed), size(s.size)), Benign: true}
	return send(ctx, to, told(overgrant.Message{Skipped: gap}))
}

// unlisted tells of a range that could not be listed.
func unlisted(s *shelves, r source.Range, err error) overgrant.Skipped {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err // the place has the path
	}
	return overgrant.Skipped{Place: overgrant.Place{Path: s.name(r, "")}, Reason: "could not be listed", Detail: pipeline.Redact(err.Error())}
}

// pages sends the files of one range.
func (l *loading) pages(ctx context.Context, s *shelves, r source.Range, to chan<- *turn) error {
	for page, err := range s.from.Pages(ctx, r) {
		var skip *source.Skip
		switch {
		case errors.As(err, &skip):
			gap := skip.Skipped
			gap.Place.Path = redacted(gap.Place.Path)
			if err := send(ctx, to, told(overgrant.Message{Skipped: &gap})); err != nil {
				return err
			}
			continue
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			gap := unlisted(s, r, err)
			return send(ctx, to, told(overgrant.Message{Skipped: &gap}))
		}
		for i := range page.Objects {
			o := &page.Objects[i]
			if o.State != source.Current {
				continue
			}
			if s.wanted != nil && !s.wanted(string(o.Name), o.Size) {
				s.passed, s.size = s.passed+1, s.size+o.Size
				continue
			}
			if err := send(ctx, to, s.turn(r, o)); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn is the turn of an object. What is needed of it is copied: a page is gone
// when the next comes.
func (s *shelves) turn(r source.Range, o *source.Object) *turn {
	named := source.Named{Range: r, Name: string(o.Name), Size: o.Size, Tag: string(o.Tag), State: o.State, Version: string(o.Version)}
	from := s.from
	return &turn{told: make(chan overgrant.Message, 1), suspect: suspect{
		path: s.name(r, named.Name), size: o.Size,
		open: func(ctx context.Context) (overgrant.Content, error) { return from.Content(ctx, named) },
	}}
}

// objectName names the objects behind a link by their address, without what
// opens it.
func objectName(l overgrant.Link) func(source.Range, string) string {
	base := "https://" + cmp.Or(l.Grant.Host, l.Grant.Account)
	front, _, _ := strings.Cut(l.Redacted, "?")
	if u, err := url.Parse(front); err == nil && u.Host != "" && webAddress.MatchString(front) {
		base = u.Scheme + "://" + u.Host
		if first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); first != "" && first == l.Grant.Account {
			base += "/" + first // of an emulator
		}
	}
	return func(r source.Range, name string) string {
		at := base
		if r.Service == "file" {
			at = strings.Replace(at, ".blob.", ".file.", 1)
		}
		return redacted(at + "/" + strings.TrimPrefix(path.Join(r.Container, name), "/"))
	}
}

// modelEndings are endings of names of files that say something about a model, in
// addition to those that classify knows: containers of arrays, and descriptions
// that loaders act on.
var modelEndings = []string{
	".npy", ".npz", ".rds", ".rda", ".rdata", ".skops", ".pmml", ".model", ".joblib.gz", ".pkl.gz", ".pkl.bz2", ".pkl.xz", ".pickle.gz", ".jinja",
	"config.json", "tokenizer_config.json", "chat_template.json", "modules.json", "model_config.yaml", "hparams.yaml",
}

// modelName reports whether an object is worth reading by its name.
func modelName(name string, bytes int64) bool {
	if guess := classify.Named([]byte(name), bytes); guess.Look == classify.Model {
		return true
	}
	name = strings.ToLower(name)
	for _, e := range modelEndings {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}

// address sends a file on the web, which is read by ranges.
func (l *loading) address(ctx context.Context, text string, to chan<- *turn) error {
	shown := shownTarget(text)
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Host == "" || u.Fragment != "" || u.Query().Has("sig") { // a signature that is no link opens nobody knows what
		return fmt.Errorf("read %s: not an address that can be asked: want https://HOST/PATH", shown)
	}
	open := func(ctx context.Context) (overgrant.Content, error) { return l.far(ctx, u) }
	return send(ctx, to, &turn{told: make(chan overgrant.Message, 1), suspect: suspect{path: shown, open: open}})
}

// Why a file on the web cannot be read.
var (
	errNoSize  = errors.New("the server does not say how large the file is, so it cannot be read by ranges")
	errNoFile  = errors.New("the server has no file at this address (404)")
	errRefused = errors.New("the server gives it to those who log in only; fetch it with its own tool and give the file")
)

// far opens a file on the web. Its size and its ETag are those of the first
// answer.
func (l *loading) far(ctx context.Context, u *url.URL) (overgrant.Content, error) {
	door, err := l.client.BindHosts(wire.Host{Name: u.Host, Service: wire.Web}) // unless its name says which service it is
	if err != nil {
		return nil, fmt.Errorf("%w; if it is meant, give it with --allow-host %s", err, u.Host)
	}
	got, err := door.Range(ctx, wire.Get{URL: u, N: 1})
	var answer *wire.StatusError
	switch {
	case errors.Is(err, io.EOF) && got.Size <= 0:
		got.Size = 0
	case errors.Is(err, wire.ErrForeign), errors.Is(err, wire.ErrPrivate):
		return nil, fmt.Errorf("%w; if it is meant, give it with --allow-host %s", err, u.Host)
	case errors.Is(err, wire.ErrRedirect):
		return nil, fmt.Errorf("%w, and is not followed; give the address it leads to", err)
	case errors.As(err, &answer) && answer.Status == http.StatusNotFound:
		return nil, errNoFile
	case errors.As(err, &answer) && (answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden):
		return nil, fmt.Errorf("%w (%d)", errRefused, answer.Status)
	case err != nil:
		return nil, err
	case got.Size < 0:
		return nil, errNoSize
	}
	at := door.ReaderAt(ctx, wire.Get{URL: u, ETag: got.ETag}, got.Size)
	fetch := func(_ context.Context, off, n int64) ([]byte, error) {
		b := make([]byte, n)
		read, err := at.ReadAt(b, off)
		if int64(read) == n {
			err = nil
		}
		return b[:read], err
	}
	return cloud.NewBlocks(ctx, got.Size, fetch, cloud.BlockOptions{}), nil
}
