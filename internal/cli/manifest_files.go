package cli

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

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
