package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// store is the objects of a repository, its alternates among them.
type store struct {
	gitpack.Store
	folders []string   // that have objects, the repository's own first
	maps    []*mapping // all that Close lets go of
	mapped  []*mapping // the packs among them
	passed  atomic.Int64
	skipped []*source.Skip
	pledged bool // a server has promised to keep objects that are not here
}

const (
	maxAlternates = 64      // folders of objects, however they name each other
	maxLoose      = 1 << 31 // bytes of a loose object as it is stored
	maxIndexFile  = 1 << 34 // bytes of a pack's index
	maxPack       = 1 << 50 // bytes of a pack
)

// openStore opens the packs in a folder of objects and in those it borrows
// from. What cannot be opened is skipped and counted.
func openStore(ctx context.Context, objects string, format gitpack.HashFormat) *store {
	s := &store{}
	s.Format = format
	s.Loose = s.loose
	s.borrow(objects)
	for _, folder := range s.folders {
		s.packs(ctx, filepath.Join(folder, "pack"))
	}
	return s
}

// Close lets go of the packs. Content that was read must not be used after.
func (s *store) Close() error {
	var failed error
	for _, m := range s.maps {
		failed = errors.Join(failed, m.free())
	}
	s.maps = nil
	return failed
}

// idle says that what was read of the packs so far is not needed soon.
func (s *store) idle() {
	for _, m := range s.mapped {
		m.idle()
	}
}

// idleEvery is after how many bytes of packs their pages are let go: often
// enough that they do not count for much, and not so often that reading them
// again costs.
const idleEvery = 96 << 20

// walked counts the bytes of a shard that was read to its end.
func (s *store) walked(bytes int64) {
	if s.passed.Add(bytes) >= idleEvery {
		s.passed.Store(0)
		s.idle()
	}
}

// borrow lists a folder of objects and those it names as its alternates.
func (s *store) borrow(folder string) {
	if slices.Contains(s.folders, folder) {
		return
	}
	if len(s.folders) >= maxAlternates {
		s.skip(folder, "too many alternates", "")
		return
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		s.skip(folder, "object folder is missing", "")
		return
	}
	s.folders = append(s.folders, folder)
	text, err := slurp(filepath.Join(folder, "info", "alternates"), 1<<20)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.skip(filepath.Join(folder, "info", "alternates"), "cannot be read", err.Error())
	}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			s.borrow(relative(folder, unquote(string(line))))
		}
	}
}

// unquote undoes the quotes in which git writes odd paths.
func unquote(path string) string {
	if len(path) < 2 || path[0] != '"' || path[len(path)-1] != '"' {
		return path
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(path[1 : len(path)-1])
}

// packs opens the packs of a folder.
func (s *store) packs(ctx context.Context, folder string) {
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.skip(folder, "cannot be read", err.Error())
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".pack")
		if !ok || !strings.HasPrefix(name, "pack-") {
			s.pledged = s.pledged || strings.HasSuffix(f.Name(), ".promisor")
			continue
		}
		if err := s.pack(ctx, filepath.Join(folder, name), name); err != nil {
			s.skip(filepath.Join(folder, f.Name()), packReason(err), err.Error())
		}
	}
}

// pack opens one pack.
func (s *store) pack(ctx context.Context, path, name string) error {
	pack, err := mapFile(path+".pack", maxPack)
	if err != nil {
		return fmt.Errorf("open pack: %w", err)
	}
	s.maps = append(s.maps, pack)
	s.mapped = append(s.mapped, pack)
	var idx []byte
	partly := error(nil)
	file, err := mapFile(path+".idx", maxIndexFile)
	switch {
	case err == nil:
		s.maps = append(s.maps, file)
		idx = file.data
	case errors.Is(err, fs.ErrNotExist):
		idx, partly = s.index(ctx, path, name, pack.data)
		if idx == nil {
			return partly
		}
	default:
		return fmt.Errorf("open index: %w", err)
	}
	p, err := gitpack.OpenPack(name, pack.data, idx, s.Format)
	if err != nil {
		return err
	}
	p.Idle = pack.idle
	s.Packs = append(s.Packs, p)
	return partly
}

// index makes the index of a pack that has none of its own: out of the
// multi-pack-index, or by reading all of the pack. With an error it has what
// could be read.
func (s *store) index(ctx context.Context, path, name string, pack []byte) ([]byte, error) {
	file, err := mapFile(filepath.Join(filepath.Dir(path), "multi-pack-index"), maxIndexFile)
	if err == nil {
		s.maps = append(s.maps, file)
		if many, err := gitpack.OpenMultiIndex(file.data, s.Format); err == nil {
			if idx, err := many.Index(name + ".idx"); err == nil {
				return idx, nil
			}
		}
	}
	return gitpack.IndexPack(ctx, name, pack, s.Format)
}

func packReason(err error) string {
	switch {
	case errors.Is(err, gitpack.ErrFormat):
		return "unknown pack format"
	case errors.Is(err, gitpack.ErrCorrupt):
		return "corrupt pack"
	}
	return "cannot be read"
}

// loose returns a loose object as it is stored.
func (s *store) loose(id gitpack.ID) ([]byte, error) {
	text := id.String()
	if len(text) < 3 {
		return nil, gitpack.ErrMissing
	}
	for _, folder := range s.folders {
		raw, err := slurp(filepath.Join(folder, text[:2], text[2:]), maxLoose)
		if !errors.Is(err, fs.ErrNotExist) {
			return raw, err
		}
	}
	return nil, gitpack.ErrMissing
}

// looseIDs lists the loose objects.
func (s *store) looseIDs() []gitpack.ID {
	var ids []gitpack.ID
	digits := 2*s.Format.Size() - 2
	for _, folder := range s.folders {
		for i := range 256 {
			fan := fmt.Sprintf("%02x", i)
			files, err := os.ReadDir(filepath.Join(folder, fan))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.skip(filepath.Join(folder, fan), "cannot be read", err.Error())
			}
			for _, f := range files {
				if len(f.Name()) != digits {
					continue
				}
				if id, err := gitpack.ParseID(fan + f.Name()); err == nil {
					ids = append(ids, id)
				}
			}
		}
	}
	slices.SortFunc(ids, gitpack.ID.Compare)
	return slices.Compact(ids)
}

func (s *store) skip(path, reason, detail string) {
	s.skipped = append(s.skipped, &source.Skip{Skipped: overgrant.Skipped{
		Place: overgrant.Place{Source: Name, Path: filepath.ToSlash(path)}, Reason: reason, Detail: detail}})
}

// packed reports whether a pack holds an object.
func (s *store) packed(id gitpack.ID) bool {
	return slices.ContainsFunc(s.Packs, func(p *gitpack.Pack) bool { return p.Has(id) })
}
