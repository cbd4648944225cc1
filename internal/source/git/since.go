package git

import "github.com/overgrant/overgrant/internal/source"

type since struct{}

func (s *Source) newSince(rev string) (*since, error) { return nil, nil }
func (s *since) shards() []source.Shard               { return nil }
func (s *since) isNew(k key) bool                     { return true }
func (l *layout) tables(r *refs)                      {}
