package indexeddb_test

import (
	"bytes"
	"testing"

	"github.com/overgrant/overgrant/internal/classify/indexeddb"
	"github.com/overgrant/overgrant/internal/classify/leveldb"
	"github.com/overgrant/overgrant/internal/classify/v8"
)

func FuzzEntry(f *testing.F) {
	log := unpacked(f)
	for e, err := range leveldb.Log(bytes.NewReader(log), int64(len(log))) {
		if err == nil && len(e.Value) < 4096 {
			f.Add(bytes.Clone(e.Key), bytes.Clone(e.Value))
		}
	}
	f.Fuzz(func(_ *testing.T, key, value []byte) {
		k, ok := indexeddb.ParseKey(key)
		if !ok {
			return
		}
		k.DatabaseName()
		k.StoreName(value)
		raw, err := indexeddb.Value(value, nil)
		if err != nil {
			return
		}
		v8.IsEnvelope(raw)
		if v, _ := v8.Decode(raw); v != nil {
			v.Get("id")
		}
	})
}
