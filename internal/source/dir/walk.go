package dir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

const (
	batchFiles = 256     // files in a shard, at most
	batchBytes = 4 << 20 // bytes of files in a shard, unless one alone has more

	// listed is how many names of a folder are held at once. A folder with more
	// is in order of names only so far.
	listed = 1 << 16

	// shortestSecret is the length in bytes from which a name may hold a link: a
	// signature alone has 43 characters.
	shortestSecret = 40
)

// errStop ends a walk that nobody listens to.
var errStop = errors.New("stopped")

// item is one thing to be read: a file, or a text that stands in the tree itself.
type item struct {
	path   string
	size   int64  // of a file, as the walk saw it
	part   string // empty for a file
	text   string // of a part
	follow bool   // the path may be a symbolic link: it is the target itself
}

// walk goes through one tree.
type walk struct {
	dir   *Dir
	yield func(source.Shard, error) bool
	batch []item
	bytes int64
	todo  []folder // folders still to be read, the next one last
}

// folder is a folder to be read.
type folder struct {
	path string
	root bool   // the target itself, which may be a symbolic link
	dev  uint64 // file system of the folder above; of no meaning for the root
}

// tree walks root and all below it.
func (w *walk) tree(ctx context.Context, root string) error {
	w.todo = append(w.todo, folder{path: root, root: true})
	for len(w.todo) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		err := w.read(ctx, f)
		switch {
		case err == nil:
		case errors.Is(err, errStop) || ctx.Err() != nil || f.root:
			return err
		default:
			if err := w.skip(skip(f.path, err)); err != nil {
				return err
			}
		}
	}
	return nil
}

// read lists one folder and puts the folders in it on the list.
func (w *walk) read(ctx context.Context, f folder) error {
	d, err := openFolder(f.path, f.root)
	if err != nil {
		return err
	}
	defer d.Close()
	dev, pseudo := fileSystem(d, f.dev)
	if pseudo && !f.root && dev != f.dev {
		return w.benign(f.path, Pseudo)
	}
	first := len(w.todo)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := d.ReadDir(listed)
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		leave := w.leaves(f.path, entries)
		for _, e := range entries {
			if leave && e.Name() == "objects" {
				continue
			}
			if err := w.entry(d, f.path, dev, e); err != nil {
				return err
			}
		}
		if err != nil || len(entries) == 0 {
			slices.Reverse(w.todo[first:])
			if err == io.EOF {
				err = nil
			}
			return err
		}
	}
}

// leaves reports whether the folder is a repository whose objects are left out.
func (w *walk) leaves(path string, entries []fs.DirEntry) bool {
	if w.dir.opts.LeaveObjects == nil {
		return false
	}
	const all = 3
	found := 0
	for _, e := range entries {
		switch e.Name() {
		case "HEAD":
			found++
		case "objects", "refs":
			if e.IsDir() {
				found++
			}
		}
	}
	return found == all && w.dir.opts.LeaveObjects(path)
}

// entry takes up what stands in a folder.
func (w *walk) entry(d *os.File, dir string, dev uint64, e fs.DirEntry) error {
	path := join(dir, e.Name())
	if err := w.name(path, e.Name()); err != nil {
		return err
	}
	if e.IsDir() {
		w.todo = append(w.todo, folder{path: path, dev: dev})
		return nil
	}
	mode, size, err := statAt(d, e)
	if err != nil {
		return w.skip(skip(path, err))
	}
	switch {
	case mode.IsRegular():
		return w.add(item{path: path, size: size})
	case mode.IsDir():
		w.todo = append(w.todo, folder{path: path, dev: dev})
		return nil
	case mode&fs.ModeSymlink != 0:
		text, err := readLinkAt(d, path, e.Name())
		if err != nil {
			return w.skip(skip(path, err))
		}
		return w.add(item{path: path, part: PartTarget, text: text})
	}
	return w.benign(path, Special)
}

// name takes up a path whose text may hold a link. It is the whole path below
// the target, because a slash in a link makes folders of it.
func (w *walk) name(path, name string) error {
	if len(name) < shortestSecret && !strings.Contains(name, "=") {
		return nil
	}
	text := path
	if rel, err := filepath.Rel(w.dir.target, path); err == nil {
		text = rel
	}
	if len(text) < shortestSecret {
		return nil
	}
	return w.add(item{path: path, part: PartName, text: filepath.ToSlash(text)})
}

func join(dir, name string) string {
	switch {
	case dir == ".":
		return name
	case os.IsPathSeparator(dir[len(dir)-1]):
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}

// add puts an item into the batch, and yields the batch when it is full. A
// file that fills one alone has its own.
func (w *walk) add(it item) error {
	size := it.size + int64(len(it.text))
	if len(w.batch) > 0 && w.bytes+size > batchBytes {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.batch = append(w.batch, it)
	w.bytes += size
	if len(w.batch) >= batchFiles {
		return w.flush()
	}
	return nil
}

func (w *walk) flush() error {
	if len(w.batch) == 0 {
		return nil
	}
	first := w.batch[0]
	s := source.Shard{Name: filepath.ToSlash(first.path), Weight: w.bytes, Part: w.batch}
	if first.part != "" {
		s.Name += ":" + first.part
	}
	w.batch, w.bytes = make([]item, 0, batchFiles), 0
	if !w.yield(s, nil) {
		return errStop
	}
	return nil
}

func (w *walk) skip(s *source.Skip) error {
	if !w.yield(source.Shard{}, s) {
		return errStop
	}
	return nil
}

func (w *walk) benign(path, why string) error {
	s := &source.Skip{}
	s.Place, s.Reason, s.Benign = place(path, ""), why, true
	return w.skip(s)
}
