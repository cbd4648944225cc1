package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"time"
)

// TreeOptions says how a tree of files is walked. The zero value refuses
// symbolic links.
type TreeOptions struct {
	Ignored     []string // paths that are not gone into, beside DefaultIgnored
	FollowLinks bool     // take what symbolic links lead to for the files of their names
	// Same reports whether two folders are one, to see early that links lead in a
	// circle: os.SameFile, where the files are those of a system. It may be nil.
	Same func(a, b fs.FileInfo) bool
}

// Tree yields the regular files of a tree, in the order of a walk. What cannot be
// signed is yielded as Odd: a symbolic link (ErrLink), with FollowLinks one that
// leads back to where it lies or to nothing, and what is neither file nor folder.
//
// With FollowLinks the tree is trusted: a link may lead out of it. Where files
// are opened is for fsys to say.
func Tree(ctx context.Context, fsys fs.FS, opt TreeOptions) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		t := &tree{fsys: fsys, opt: opt, yield: yield}
		top, err := fs.Stat(fsys, ".")
		if err == nil {
			err = t.folder(ctx, ".", []fs.FileInfo{top})
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(File{}, err)
		}
	}
}

var errStop = errors.New("enough")

// treeDepth bounds how deep folders may lie, so that a loop that no link makes
// visible ends.
const treeDepth = 512

type tree struct {
	fsys  fs.FS
	opt   TreeOptions
	yield func(File, error) bool
}

// folder walks a folder. It and the folders above it are in line.
func (t *tree) folder(ctx context.Context, dir string, line []fs.FileInfo) error {
	if len(line) > treeDepth {
		return fmt.Errorf("read %s: folders lie more than %d deep", dir, treeDepth)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(t.fsys, dir)
	if err != nil {
		return fmt.Errorf("read %s: %w", dir, err)
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		if Ignores(t.opt.Ignored, p) {
			continue
		}
		if err := t.entry(ctx, p, e, line); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) entry(ctx context.Context, p string, e fs.DirEntry, line []fs.FileInfo) error {
	info, err := e.Info()
	if err == nil && e.Type()&fs.ModeSymlink != 0 {
		if !t.opt.FollowLinks {
			return t.odd(p, fmt.Errorf("%w; leave it out, or sign what it leads to by following links", ErrLink))
		}
		if info, err = fs.Stat(t.fsys, p); err != nil {
			return t.odd(p, fmt.Errorf("%w that leads to nothing", ErrLink))
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", p, err)
	case info.IsDir() && t.above(info, line):
		return t.odd(p, fmt.Errorf("%w that leads back to a folder above it", ErrLink))
	case info.IsDir():
		return t.folder(ctx, p, append(slices.Clip(line), info))
	case !info.Mode().IsRegular():
		return t.odd(p, errors.New("neither a file nor a folder; leave it out"))
	}
	return t.give(File{
		Path: p, Noted: Noted{Size: info.Size(), Modified: info.ModTime().UTC().Truncate(time.Second)},
		Open: func(context.Context) (Content, error) { return openIn(t.fsys, p) },
	})
}

// above reports whether a folder is one of those above it.
func (t *tree) above(info fs.FileInfo, line []fs.FileInfo) bool {
	return t.opt.FollowLinks && t.opt.Same != nil && slices.ContainsFunc(line, func(above fs.FileInfo) bool { return t.opt.Same(above, info) })
}

func (t *tree) odd(p string, why error) error {
	return t.give(File{Path: p, Noted: Noted{Size: -1}, Odd: why})
}

func (t *tree) give(f File) error {
	if !t.yield(f, nil) {
		return errStop
	}
	return nil
}

// opened is a file of a tree.
type opened struct {
	fs.File
	io.ReaderAt
	size int64
}

func (o *opened) Size() int64 { return o.size }

func openIn(fsys fs.FS, p string) (Content, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return nil, err
	}
	at, ok := f.(io.ReaderAt)
	info, err := f.Stat()
	if err == nil && !ok {
		err = errors.New("it cannot be read at random")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &opened{f, at, info.Size()}, nil
}
