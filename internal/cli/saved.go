package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/spf13/cobra"
)

// storeFlags say where what comes out of a run is remembered.
type storeFlags struct {
	save bool
	path string
	key  string
}

func (s *storeFlags) flags(c *cobra.Command) {
	c.Flags().BoolVar(&s.save, "save", false, "remember what comes out in the store")
	s.placeFlags(c)
}

// placeFlags are those of commands that only read the store.
func (s *storeFlags) placeFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.path, "store", "", "the store is in `FILE` (default store.db in the user's state folder)")
	f.StringVar(&s.key, "vault-key", "", "seal and open links with the age key in `FILE` (default: the key that $"+store.KeyEnv+" holds)")
}

// place returns the file of the store.
func (s *storeFlags) place(w World) (string, error) {
	if s.path != "" {
		return s.path, nil
	}
	path := store.DefaultPath(runtime.GOOS, w.Getenv)
	if path == "" {
		return "", errors.New("find the store: the environment names no home; give --store FILE")
	}
	return path, nil
}

// saved is an open store, with the run that is written to it.
type saved struct {
	store.Store
	run    string
	vault  *store.Vault
	record *store.Recorder // nil in a store that is only read
}

// open opens the store to write to it, or gives nil if nothing is to be saved.
func (s *storeFlags) open(ctx context.Context, w World) (*saved, error) {
	if !s.save {
		return nil, nil
	}
	path, err := s.place(w)
	if err != nil {
		return nil, err
	}
	return s.openAt(ctx, w, path)
}

func (s *storeFlags) openAt(ctx context.Context, w World, path string) (*saved, error) {
	key, err := store.ReadKey(s.key, w.Getenv(store.KeyEnv))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the store's folder: %w", err)
	}
	db, err := openStore(ctx, path, newStore)
	if err != nil {
		return nil, err
	}
	salt := randomSalt()
	run, vault := store.NewRun(w.Now(), [4]byte(salt[:4])), store.NewVault(db, key)
	return &saved{Store: db, run: run, vault: vault, record: store.NewRecorder(ctx, db, run, vault)}, nil
}

// existing opens the store to read it.
func (s *storeFlags) existing(ctx context.Context, w World) (*saved, error) {
	path, err := s.place(w)
	if err != nil {
		return nil, err
	}
	key, err := store.ReadKey(s.key, w.Getenv(store.KeyEnv))
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, path, oldStore)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w; there is none until something is saved: overgrant scan --save", err)
	}
	if err != nil {
		return nil, err
	}
	salt := randomSalt()
	return &saved{Store: db, run: store.NewRun(w.Now(), [4]byte(salt[:4])), vault: store.NewVault(db, key)}, nil
}

// link returns the link of the case whose id begins with prefix, opened.
func (s *storeFlags) link(ctx context.Context, w World, prefix string) (overgrant.Link, error) {
	db, err := s.existing(ctx, w)
	if err != nil {
		return overgrant.Link{}, err
	}
	defer db.close()
	c, err := db.Case(ctx, prefix)
	if err != nil {
		return overgrant.Link{}, err
	}
	l := c.Link
	if l.Secret, err = db.vault.Open(ctx, l.ID); err != nil {
		return l, err
	}
	return l, nil
}

// put is the sink of a run that is saved.
func (s *saved) put(m overgrant.Message) error {
	if err := s.record.Put(m); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}

// before returns a sink that stores a message before it hands it on, so that it
// is on record whatever becomes of the rest. Without a store it is next itself.
func (s *saved) before(next overgrant.Sink) overgrant.Sink {
	if s == nil {
		return next
	}
	return func(m overgrant.Message) error {
		if err := s.put(m); err != nil {
			return err
		}
		return next(m)
	}
}

// recognising returns a sink that tells next, of each link that is found, what
// the ledger says of it. Without a store it is next itself.
func (s *saved) recognising(ctx context.Context, next overgrant.Sink) (overgrant.Sink, error) {
	if s == nil {
		return next, nil
	}
	made := map[string]overgrant.Minted{}
	for share, err := range s.Ledger(ctx) {
		if err != nil {
			return nil, err
		}
		for i := range share.Links {
			made[share.Links[i].ID] = share.Links[i].Minted
		}
	}
	if len(made) == 0 {
		return next, nil
	}
	var mu sync.Mutex
	return func(m overgrant.Message) error {
		if err := next(m); err != nil || m.Found == nil {
			return err
		}
		mu.Lock()
		one, ours := made[m.Found.Link.ID]
		delete(made, m.Found.Link.ID) // once is enough
		mu.Unlock()
		if !ours {
			return nil
		}
		return next(overgrant.Message{Minted: &one})
	}, nil
}

// close stores what waits, and lets the store go. Without a store it does
// nothing.
func (s *saved) close() error {
	if s == nil {
		return nil
	}
	var err error
	if s.record != nil {
		err = s.record.Close()
	}
	return errors.Join(err, s.Close())
}
