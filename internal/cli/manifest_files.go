package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/model/manifest"
)

// walk says how the files of a model are found.
type walk struct {
	ignored []string
	follow  bool
}

// files yields the files of a model as they are now.
func (m *modelAt) files(ctx context.Context, opt walk) iter.Seq2[manifest.File, error] {
	if m.remote != nil {
		return m.remote.files(ctx)
	}
	fsys := m.local.FS() // where nothing outside the folder is opened, whatever is swapped meanwhile
	if opt.follow {
		fsys = os.DirFS(m.local.Name())
	}
	if m.local.file != "" {
		fsys = alone{fsys, m.local.file}
	}
	tree := manifest.Tree(ctx, fsys, manifest.TreeOptions{Ignored: opt.ignored, FollowLinks: opt.follow, Same: os.SameFile})
	if m.local.file == "" {
		return tree
	}
	return func(yield func(manifest.File, error) bool) {
		for f, err := range tree {
			f.Path = m.name // the name that the user gave, where that is a link to the file
			if !yield(f, err) {
				return
			}
		}
	}
}

// localTree is a folder, or one file of it.
type localTree struct {
	*os.Root
	file string // "" for all
}

// localModel opens the model at a path.
func localModel(at string) (*modelAt, error) {
	m := &modelAt{name: filepath.Base(at), path: at, local: &localTree{}}
	dir := at
	info, err := os.Stat(at)
	if err == nil && !info.IsDir() {
		dir, err = filepath.EvalSymlinks(at)
		dir, m.local.file = filepath.Dir(dir), filepath.Base(dir)
	}
	if err == nil {
		m.local.Root, err = os.OpenRoot(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open the model: %w", err)
	}
	m.close = m.local.Close
	return m, nil
}

// alone is a folder in which nothing but one file is seen.
type alone struct {
	fs.FS
	name string
}

// ReadDir gives the one file.
func (a alone) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(a.FS, name)
	for _, e := range all {
		if e.Name() == a.name {
			return []fs.DirEntry{e}, nil
		}
	}
	return nil, err
}

// remoteModel is a model behind a link.
type remoteModel struct {
	from   source.Lister
	prefix string
	gaps   []overgrant.Skipped // what could not be listed
}

// files yields the objects that the link reaches, earlier versions among them.
func (r *remoteModel) files(ctx context.Context) iter.Seq2[manifest.File, error] {
	return func(yield func(manifest.File, error) bool) {
		todo, give := []source.Range{{}}, giving{yield: yield}
		for len(todo) > 0 {
			at := todo[0]
			todo = todo[1:]
			if at.Container != "" {
				if more := r.list(ctx, at, give); !more {
					return
				}
				continue
			}
			e, err := r.from.Expand(ctx, at)
			if err != nil {
				yield(manifest.File{}, err)
				return
			}
			for _, gap := range e.Gaps {
				r.gap(gap)
			}
			for _, in := range e.Ranges {
				if in.Service == "queue" || in.Service == "table" {
					continue
				}
				give.several = give.several || in.Container == ""
				todo = append(todo, in)
			}
		}
	}
}

func (r *remoteModel) gap(s overgrant.Skipped) {
	if !s.Benign {
		r.gaps = append(r.gaps, s)
	}
}

// giving is who takes the objects of a link.
type giving struct {
	several bool // containers are reached: names begin with theirs
	yield   func(manifest.File, error) bool
}

// list yields the objects of a container.
func (r *remoteModel) list(ctx context.Context, at source.Range, give giving) (more bool) {
	head, below := "", r.prefix
	if give.several {
		container, rest, _ := strings.Cut(r.prefix, "/")
		if r.prefix != "" && container != at.Container {
			return true
		}
		if below = rest; r.prefix == "" {
			head = at.Container + "/"
		}
	}
	if below != "" && at.Prefix == "" && at.Marker == "" {
		at.Prefix = below + "/"
	}
	for page, err := range r.from.Pages(ctx, at) {
		var skip *source.Skip
		switch {
		case errors.As(err, &skip):
			r.gap(skip.Skipped)
			continue
		case err != nil:
			give.yield(manifest.File{}, err)
			return false
		}
		for _, o := range page.Objects {
			if o.State == source.Folder || o.Kind == 'm' || o.Kind == 'e' {
				continue
			}
			name, in := under(string(o.Name), at.Prefix, below)
			if in && !give.yield(r.file(at, o, head+name), nil) {
				return false
			}
		}
	}
	return true
}

// under returns the name of an object in the model: below the folder that the
// link is for, and below the one that the user named.
func under(name, folder, below string) (string, bool) {
	if name == folder { // the link is for this object
		return path.Base(name), true
	}
	if below != "" {
		return strings.CutPrefix(name, below+"/")
	}
	return strings.CutPrefix(name, folder)
}

// file makes a file of a line of a listing.
func (r *remoteModel) file(at source.Range, o source.Object, name string) manifest.File {
	named := source.Named{Range: at, Name: string(o.Name), Size: o.Size, Tag: string(o.Tag), Version: string(o.Version), State: o.State}
	f := manifest.File{
		Path: name,
		Past: o.State != source.Current,
		Noted: manifest.Noted{
			Size: o.Size, MD5: string(o.MD5), ETag: strings.Trim(string(o.Tag), `"`), Version: string(o.Version),
		},
		Open: func(ctx context.Context) (manifest.Content, error) { return r.from.Content(ctx, named) },
	}
	if o.Modified != 0 {
		f.Noted.Modified = time.Unix(o.Modified, 0).UTC()
	}
	return f
}

// told writes what could not be listed, and returns it.
func (r *remoteModel) told(w World) []overgrant.Skipped {
	if r == nil {
		return nil
	}
	for _, g := range r.gaps {
		fmt.Fprintf(w.Err, "overgrant: %s: %s %s\n", pipeline.Redact(g.Place.Path), g.Reason, pipeline.Redact(g.Detail))
	}
	return r.gaps
}
