package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/overgrant/overgrant"
)

// Recorder is the sink of a run whose messages are stored as they come. Put may
// be called by many goroutines at once.
type Recorder struct {
	ctx   context.Context
	store Store
	run   string
	vault *Vault

	mu      sync.Mutex
	waiting []overgrant.Message
}

// maxRecorded is how many sightings and gaps wait to be stored together. There
// may be hundreds of thousands, and a scan finds them again.
const maxRecorded = 512

// NewRecorder returns a recorder of the named run. The links themselves go into
// the vault, if it can seal. A run that is stopped has still found what it found,
// so the end of ctx does not keep messages from being stored.
func NewRecorder(ctx context.Context, s Store, run string, v *Vault) *Recorder {
	return &Recorder{ctx: context.WithoutCancel(ctx), store: s, run: run, vault: v}
}

// Put stores a message, and with it those that wait. When it returns the message
// is on record, except for sightings and gaps, which may wait for the next one or
// for Close.
func (r *Recorder) Put(m overgrant.Message) error {
	r.mu.Lock()
	r.waiting = append(r.waiting, m)
	if (m.Seen != nil || m.Skipped != nil) && len(r.waiting) < maxRecorded {
		r.mu.Unlock()
		return nil
	}
	batch := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	err := r.store.Put(r.ctx, r.run, batch...)
	if err == nil && m.Found != nil && r.vault.CanSeal() {
		err = r.vault.Seal(r.ctx, m.Found.Link)
	}
	if err != nil {
		return fmt.Errorf("record the run: %w", err)
	}
	return nil
}

// Close stores what waits. It leaves the store open.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		return nil
	}
	batch := r.waiting
	r.waiting = nil
	if err := r.store.Put(r.ctx, r.run, batch...); err != nil {
		return fmt.Errorf("record the run: %w", err)
	}
	return nil
}
