package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

var _ source.Lister = (*Dir)(nil)

// whole stands for the container of files, which have none: their names are
// paths.
const whole = "*"

// pageFiles is how many files a page has.
const pageFiles = 5000

// Expand gives the whole tree as one range.
func (d *Dir) Expand(context.Context, source.Range) (source.Expanded, error) {
	info, err := os.Stat(d.target)
	if err != nil {
		return source.Expanded{}, fmt.Errorf("read target: %w", err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return source.Expanded{}, errors.New("read target: it is neither a file nor a folder")
	}
	return source.Expanded{Ranges: []source.Range{{Service: "blob", Container: whole}}}, nil
}

// Split gives r alone: a tree is walked in no time.
func (d *Dir) Split(_ context.Context, r source.Range, _ int) ([]source.Range, error) {
	return []source.Range{r}, nil
}

// errFull ends a walk whose consumer has enough.
var errFull = errors.New("full")

// Pages lists the files of the tree in the order of the walk. r.Marker is the
// path after which to go on. Only regular files are listed; folders are counted.
// A symbolic link is followed where it is the target itself, and where Options has
// those to files followed.
func (d *Dir) Pages(ctx context.Context, r source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) {
		root := d.root()
		l := &listing{yield: yield, in: r, page: &source.Page{}, root: root, opts: d.opts}
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if r.Marker != "" && before(path, r.Marker) {
				if e != nil && e.IsDir() && path != root && !strings.HasPrefix(r.Marker, path+string(filepath.Separator)) {
					return fs.SkipDir
				}
				return nil
			}
			return l.entry(path, e, err)
		})
		switch {
		case errors.Is(err, errFull):
		case err != nil:
			yield(nil, err)
		default:
			l.page.Next = source.Range{}
			yield(l.page, nil)
		}
	}
}

// root returns the target as a walk begins with it: behind a symbolic link to a
// folder it goes into that.
func (d *Dir) root() string {
	sep := string(filepath.Separator)
	link, err := os.Lstat(d.target)
	if err != nil || link.Mode().Type() != fs.ModeSymlink || strings.HasSuffix(d.target, sep) {
		return d.target
	}
	if info, err := os.Stat(d.target); err != nil || !info.IsDir() {
		return d.target
	}
	return d.target + sep
}

// before reports whether the walk comes to a not after b: folders are walked in
// the order of the names in them.
func before(a, b string) bool {
	sep := string(filepath.Separator)
	return strings.Compare(strings.ReplaceAll(a, sep, "\x00"), strings.ReplaceAll(b, sep, "\x00")) <= 0
}

// listing is a walk on its way to pages.
type listing struct {
	yield func(*source.Page, error) bool
	in    source.Range
	page  *source.Page
	root  string
	opts  Options
}

func (l *listing) entry(path string, e fs.DirEntry, err error) error {
	if err != nil {
		if !l.yield(nil, skip(path, err)) {
			return errFull
		}
		if e != nil && e.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	o := source.Object{Name: []byte(filepath.ToSlash(path)), Kind: 'f'}
	switch {
	case e.IsDir():
		o.State = source.Folder
	case !e.Type().IsRegular() && path != l.root:
		return l.pass(path, e)
	default:
		info, err := e.Info()
		if path == l.root {
			info, err = os.Stat(path)
		}
		if err != nil {
			if !l.yield(nil, skip(path, err)) {
				return errFull
			}
			return nil
		}
		o = sized(o, info)
	}
	return l.add(path, o)
}

// add puts a line on the page, and yields the page when it is full.
func (l *listing) add(path string, o source.Object) error {
	l.page.Objects = append(l.page.Objects, o)
	if len(l.page.Objects) < pageFiles {
		return nil
	}
	l.page.Next = l.in
	l.page.Next.Marker = path
	if !l.yield(l.page, nil) {
		return errFull
	}
	l.page = &source.Page{Objects: l.page.Objects[:0]}
	return nil
}

// sized returns the line of a file with what its system knows of it.
func sized(o source.Object, info fs.FileInfo) source.Object {
	o.Size, o.Modified, o.Tag = info.Size(), info.ModTime().Unix(), tag(info)
	return o
}

// pass leaves out what is no regular file, unless it is a link to one that is
// followed.
func (l *listing) pass(path string, e fs.DirEntry) error {
	if l.opts.Links != nil && e.Type()&fs.ModeSymlink != 0 {
		info, gap := l.opts.Links.follow(path)
		if gap == nil {
			return l.add(path, sized(source.Object{Name: []byte(filepath.ToSlash(path)), Kind: 'f'}, info))
		}
		if !l.yield(nil, gap) {
			return errFull
		}
		return nil
	}
	if !l.opts.Passed {
		return nil
	}
	s := &source.Skip{}
	s.Place, s.Reason, s.Benign = place(path, ""), Special, true
	if e.Type()&fs.ModeSymlink != 0 {
		s.Reason = Linked
	}
	if !l.yield(nil, s) {
		return errFull
	}
	return nil
}

// tag names the bytes of a file as far as its size and time do.
func tag(info fs.FileInfo) []byte {
	return fmt.Appendf(nil, "%x-%x", info.Size(), info.ModTime().UnixNano())
}

// Content opens a file that was listed. It fails with source.ErrChanged if the
// file has another size or time by now.
func (d *Dir) Content(_ context.Context, o source.Named) (overgrant.Content, error) {
	path := filepath.FromSlash(o.Name)
	f, err := openFile(item{path: path, follow: path == d.target || d.opts.Links != nil})
	if replaced(err) {
		return nil, source.ErrChanged
	}
	if err != nil {
		return nil, skip(o.Name, err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular() || string(tag(info)) != o.Tag:
		err = source.ErrChanged
	default:
		return opened{f, info.Size()}, nil
	}
	_ = f.Close()
	return nil, err
}

// opened is a file that is being read.
type opened struct {
	*os.File
	size int64
}

func (o opened) Size() int64 { return o.size }
