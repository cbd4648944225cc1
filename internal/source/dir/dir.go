// Package dir is the source of files: one file, or a folder with all below it.
//
// Every regular file is a piece, hidden and ignored ones too. The target of a
// symbolic link is a piece by itself, as text; links are not followed, so
// nothing is read twice and nothing outside of the tree is read. A listing may
// follow those to files: see Links. A path whose
// text may hold a link is a piece as well. Sockets, devices and the like are
// passed over and counted.
//
// The package does not look into files: archives are for others to open.
package dir

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// The reasons why a file is not read, or not to its end.
const (
	Denied   = "permission denied"
	Vanished = "vanished while read"
	Changed  = "changed while read"
	Failed   = "read error"
	Special  = "special file"                // a socket, a device, a pipe; benign
	Linked   = "symbolic link, not followed" // benign
	Pseudo   = "pseudo file system"          // made up by the kernel, such as /proc; benign
	Endless  = "no end"                      // a file that says it is empty and gives more than can be held

	Listed   = "symbolic link to what is read under its own name" // benign
	Dangling = "symbolic link to nothing"                         // benign
	Outside  = "symbolic link to a folder elsewhere, not followed"
)

// Parts of a Place, where the piece is not the bytes of a file.
const (
	PartName   = "name"   // the path itself
	PartTarget = "target" // where a symbolic link leads
)

// Options says what of a tree is read. The zero value reads all of it.
type Options struct {
	// LeaveObjects is asked for the git folder of every repository (or bare
	// repository) that the walk meets. If it says yes, the folder "objects" in it
	// is left out because something else reads it; all the rest (configuration,
	// logs, hooks) is read. Nil leaves nothing out. One goroutine calls it.
	LeaveObjects func(gitDir string) bool

	// Passed asks Pages to yield symbolic links, sockets, devices and the like as
	// benign skips, in place of leaving them out in silence.
	Passed bool

	// Links has Pages follow symbolic links to files, and tell of the others. Nil
	// follows none.
	Links *Links
}

// Dir is a source of files. Several goroutines may use it at once.
type Dir struct {
	target string
	opts   Options
}

var _ source.Source = (*Dir)(nil)

// New returns the source of the files at target, a file or a folder. Whether it
// exists shows when it is read.
func New(target string, opts Options) *Dir {
	return &Dir{target: filepath.Clean(target), opts: opts}
}

// Name returns "dir".
func (d *Dir) Name() string { return "dir" }

// Shards walks the tree and yields its files in batches as it goes. Folders are
// read in the order of their names. It fails if the target cannot be read at
// all; a folder below it that cannot is a *source.Skip.
func (d *Dir) Shards(ctx context.Context) iter.Seq2[source.Shard, error] {
	return func(yield func(source.Shard, error) bool) {
		info, err := os.Stat(d.target)
		if err != nil {
			yield(source.Shard{}, fmt.Errorf("read target: %w", err))
			return
		}
		w := &walk{dir: d, yield: yield}
		switch {
		case info.IsDir():
			err = w.tree(ctx, d.target)
		case info.Mode().IsRegular():
			err = w.add(item{path: d.target, size: info.Size(), follow: true})
		default:
			err = fmt.Errorf("read target %s: neither a file nor a folder", d.target)
		}
		if err == nil {
			err = w.flush()
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(source.Shard{}, err)
		}
	}
}

// place names a path as it is written in reports.
func place(path, part string) overgrant.Place {
	return overgrant.Place{Source: "dir", Path: filepath.ToSlash(path), Part: part}
}

// skip makes the error of a path that is not read because of err.
func skip(path string, err error) *source.Skip {
	s := &source.Skip{}
	s.Place, s.Reason = place(path, ""), reason(err)
	if s.Reason == Failed {
		s.Detail = cause(err).Error()
	}
	return s
}
