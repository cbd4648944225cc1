package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
)

// known is what an earlier run remembered: the history of all it read, and
// which objects have to be read again, because something was found in them or
// could not be read. It holds nothing of what was found, and no name that may
// hold a secret.
type known struct {
	notes *recorder
	clean *keys  // objects that need not be read again
	here  []bool // by slot of clean: the object is still in the store
	again *keys  // objects that were to be read again
	grown bool   // there are objects of which nothing was known
}

const maxKnown = 8 << 30 // bytes of what is remembered of one repository

// recall reads what an earlier run remembered, with the same rules. It returns
// nil if there is nothing, or nothing that can be trusted.
func (s *Source) recall() *known {
	data, err := slurp(s.memory(), maxKnown)
	if err != nil {
		return nil
	}
	notes, again, err := decode(data, s.options.Rules, s.layout.format.Size())
	if err != nil {
		return nil
	}
	return newKnown(notes, again)
}

func newKnown(notes *recorder, again []key) *known {
	repeat := newKeys(len(again))
	for _, k := range again {
		repeat.add(k)
	}
	all := newKeys(len(notes.commits) + len(notes.tags) + len(notes.trees) + len(notes.blobs))
	notes.each(func(k key) {
		if !repeat.has(k) {
			all.add(k)
		}
	})
	return &known{notes: notes, clean: all, here: make([]bool, len(all.slots)), again: repeat}
}

// fresh reports whether an object has to be read, and notes that it is there.
func (k *known) fresh(id gitpack.ID) bool {
	i, ok := k.clean.find(idKey(id))
	if ok {
		k.here[i] = true
		return false
	}
	k.grown = k.grown || !k.again.has(idKey(id))
	return true
}

// same reports whether a run learnt nothing new: there was nothing, and what is
// to be read again is what was.
func (k *known) same(again []key) bool {
	if k == nil || k.grown {
		return false
	}
	set := newKeys(len(again))
	for _, a := range again {
		if !k.again.has(a) {
			return false
		}
		set.add(a)
	}
	return set.count == k.again.count
}

// has reports whether an object need not be read, and is still there.
func (k *known) has(id key) bool {
	i, ok := k.clean.find(id)
	return ok && k.here[i]
}

// memory is the file in which this repository is remembered.
func (s *Source) memory() string {
	path := s.layout.common
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(s.options.Cache, hex.EncodeToString(sum[:16])+".git")
}

// freshPacks returns the store to plan with: packs of which nothing has to be
// read are left out of it.
func (s *Source) freshPacks() *gitpack.Store {
	if s.known == nil {
		return &s.store.Store
	}
	part := &gitpack.Store{Format: s.store.Format, Loose: s.store.Loose}
	old := 0
	for _, p := range s.store.Packs {
		fresh := 0
		for i := range p.Count() {
			if s.known.fresh(p.IDAt(i)) {
				fresh++
			}
		}
		old += p.Count() - fresh
		if fresh > 0 {
			part.Packs = append(part.Packs, p)
		}
	}
	if old > 0 {
		s.skip(overgrant.Skipped{Reason: "searched before", Benign: true,
			Detail: count(old, "object") + " known from an earlier run; --no-cache reads them again"})
	}
	return part
}

// Remember implements source.Rememberer.
func (s *Source) Remember(ctx context.Context, again iter.Seq[string]) error {
	if s.options.Cache == "" || s.since != nil {
		return nil
	}
	repeat := s.failures()
	for tag := range again {
		if k, ok := parseKey([]byte(tag)); ok {
			repeat = append(repeat, k)
		}
	}
	if err := ctx.Err(); err != nil || s.known.same(repeat) {
		return err
	}
	h := s.joined()
	h.compact()
	h.withhold()
	if err := replace(s.memory(), h.encode(s.options.Rules, repeat)); err != nil {
		return fmt.Errorf("remember %s: %w", s.name, err)
	}
	return nil
}

// failed notes an object that has to be tried again.
func (s *Source) failed(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = append(s.again, k)
}

func (s *Source) failures() []key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]key(nil), s.again...)
}

// replace writes a file that only its owner can read, all of it or nothing.
func replace(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreGone(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
