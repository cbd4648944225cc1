package indexeddb_test

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/classify/indexeddb"
	"github.com/overgrant/overgrant/internal/classify/leveldb"
	"github.com/overgrant/overgrant/internal/classify/v8"
)

// chromiumLog is the log that Chromium 148 wrote for a page that stored
// synthetic conversations and one record of each sort of value.
//
//go:embed testdata/chromium-148.log.gz
var chromiumLog []byte

func unpacked(t testing.TB) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(chromiumLog))
	if err != nil {
		t.Fatal(err)
	}
	log, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

var update = flag.Bool("update", false, "rewrite golden files")

// TestChromium decodes what a real browser wrote, and compares it with what the
// page stored.
func TestChromium(t *testing.T) {
	log := unpacked(t)
	if !leveldb.IsLog(log[:4096]) {
		t.Error("IsLog says no")
	}
	var out strings.Builder
	var buf []byte
	for e, err := range leveldb.Log(bytes.NewReader(log), int64(len(log))) {
		if err != nil {
			t.Fatal(err)
		}
		key, ok := indexeddb.ParseKey(e.Key)
		if !ok {
			continue
		}
		if origin, name, ok := key.DatabaseName(); ok && !e.Deleted {
			fmt.Fprintf(&out, "database %s %s\n", origin, name)
		}
		if number, name, ok := key.StoreName(e.Value); ok && !e.Deleted {
			fmt.Fprintf(&out, "store %d %s\n", number, name)
		}
		if !key.IsRecord() || e.Deleted {
			continue
		}
		raw, err := indexeddb.Value(e.Value, buf)
		if errors.Is(err, indexeddb.ErrElsewhere) {
			out.WriteString("elsewhere\n")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !v8.IsEnvelope(raw[:min(64, len(raw))]) {
			t.Errorf("IsEnvelope(%x) says no", raw[:16])
		}
		v, err := v8.Decode(raw)
		if err != nil {
			t.Errorf("Decode: %v", err)
		}
		text, err := json.Marshal(plain(v))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 1<<12 && bytes.Contains(text, []byte("abcdefghij")) {
			text = fmt.Appendf(nil, "large %d %d", strings.Count(string(text), "abcdefghij"), strings.Count(string(text), "after large"))
		}
		fmt.Fprintf(&out, "%d/%d %s\n", key.Database, key.Store, text)
	}
	golden(t, "testdata/chromium-148.txt", out.String())
}

// plain turns a value into what encoding/json writes.
func plain(v *v8.Value) any {
	switch v.Kind {
	case v8.Bool:
		return v.Number != 0
	case v8.Number:
		if math.IsNaN(v.Number) {
			return "NaN"
		}
		return v.Number
	case v8.Date:
		return fmt.Sprintf("date %.0f", v.Number)
	case v8.String:
		return v.Text.String()
	case v8.Object:
		m := map[string]any{}
		for _, f := range v.Fields {
			m[f.Name.String()] = plain(f.Value)
		}
		return m
	case v8.List:
		l := []any{}
		for _, f := range v.Fields {
			if len(f.Name.Raw) > 0 {
				l = append(l, map[string]any{f.Name.String(): plain(f.Value)})
				continue
			}
			l = append(l, plain(f.Value))
		}
		return l
	case v8.Nothing:
		return nil
	}
	return fmt.Sprintf("kind %d", v.Kind)
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.FromSlash(path), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", path, got)
	}
}
