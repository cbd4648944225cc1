package azure_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
)

// serve starts a server that makes up what it holds.
func serve(t testing.TB, opt fake.Options) *fake.Server {
	t.Helper()
	if opt.Keys == nil {
		opt.Keys = []string{base64.StdEncoding.EncodeToString([]byte(strings.Repeat("key of a test; ", 5)[:64]))}
	}
	s := fake.New(opt)
	t.Cleanup(s.Close)
	return s
}

// quick are the settings of a client that does not wait before it tries again.
func quick(hosts []string) wire.Options {
	return wire.Options{Run: "test", AllowHosts: hosts, Tries: 3,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

// openText opens a link as the bearer of its text would.
func openText(t testing.TB, text string, hosts []string, versions string) cloud.Reach {
	t.Helper()
	l, err := kind.Parse(text)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	client := wire.NewReadOnly(quick(hosts))
	t.Cleanup(client.Close)
	r, err := azure.Driver.Open(l, cloud.Options{Client: client, Now: time.Now(), AllowHosts: hosts, Versions: versions})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return r
}

// everything are the parameters of an account SAS that may do all.
func everything() url.Values {
	return url.Values{"sv": {"2022-11-02"}, "ss": {"bfqt"}, "srt": {"sco"}, "sp": {"rwdlacupitfx"}, "se": {"2051-10-06"}, "spr": {"https,http"}}
}

// allOf opens all of what a server holds.
func allOf(t testing.TB, s *fake.Server, versions string) cloud.Reach {
	t.Helper()
	return openText(t, s.URL+"?"+s.Sign("blob", "/", everything(), 1), s.Hosts(), versions)
}

// oneContainer opens a container with read and list.
func oneContainer(t testing.TB, s *fake.Server, name, versions string) cloud.Reach {
	t.Helper()
	q := s.Sign("blob", "/"+name, url.Values{"sv": {"2022-11-02"}, "sr": {"c"}, "sp": {"rl"}, "se": {"2051-10-06"}}, 1)
	return openText(t, s.URL+"/"+name+"?"+q, s.Hosts(), versions)
}

// count is what a walk found.
type count struct {
	containers                            int64
	current, versions, snapshots, deleted int64
	bytes                                 int64
	folders, messages, entities           int64
	pages                                 int
	gaps                                  []overgrant.Skipped
	names                                 map[string]int
}

func (c *count) page(p *source.Page) {
	c.pages++
	for i := range p.Objects {
		o := &p.Objects[i]
		switch {
		case o.Kind == 'm':
			c.messages++
			continue
		case o.Kind == 'e':
			c.entities++
			continue
		}
		switch o.State {
		case source.Current:
			c.current++
			c.bytes += o.Size
		case source.Version:
			c.versions++
		case source.Snapshot:
			c.snapshots++
		case source.Deleted:
			c.deleted++
		case source.Folder:
			c.folders++
		}
		if c.names != nil && o.State == source.Current {
			c.names[string(o.Name)]++
		}
	}
}

// list lists one range to its end.
func (c *count) list(t testing.TB, r source.Lister, at source.Range) {
	t.Helper()
	for page, err := range r.Pages(t.Context(), at) {
		var skip *source.Skip
		switch {
		case errors.As(err, &skip):
			c.gaps = append(c.gaps, skip.Skipped)
		case err != nil:
			t.Fatalf("Pages(%+v): %v", at, err)
		default:
			c.page(page)
		}
	}
}

// walk lists all that a link reaches.
func walk(t testing.TB, r source.Lister) count {
	t.Helper()
	c := count{names: map[string]int{}}
	todo := []source.Range{{}}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if at.Container != "" {
			c.list(t, r, at)
			continue
		}
		e, err := r.Expand(t.Context(), at)
		if err != nil {
			t.Fatalf("Expand(%+v): %v", at, err)
		}
		c.gaps = append(c.gaps, e.Gaps...)
		c.containers += e.Containers
		todo = append(todo, e.Ranges...)
	}
	return c
}
