package git

import (
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

type known struct{}

func (k *known) fresh(id gitpack.ID) bool { return true }
func (s *Source) recall() *known          { return nil }

type since struct{}

func (s *Source) newSince(rev string) (*since, error) { return nil, nil }
func (s *since) shards() []source.Shard               { return nil }
func (s *since) isNew(k key) bool                     { return true }
func (s *Source) submodules()                         {}
func (t *trace) missing() error                       { return nil }
func (l *layout) tables(r *refs)                      {}
