package inventory_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/measure/inventory"
	"github.com/overgrant/overgrant/internal/source"
)

func objects() []source.Object {
	return []source.Object{
		{Name: []byte("a/one.txt"), Size: 1, Modified: 1600000000, Created: 1500000000, Tag: []byte(`"0x8D1"`), MD5: bytes.Repeat([]byte{7}, 16), Type: []byte("text/plain"), Tier: []byte("Hot"), Kind: 'b'},
		{Name: []byte("a/one.txt"), Size: 1 << 50, Modified: 1400000000, Version: []byte("2020-01-01T00:00:00.0000001Z"), Type: []byte("text/plain"), Tier: []byte("Cool"), Kind: 'b', State: source.Version},
		{Name: []byte("a/\n\x00\xff"), Kind: 'p', State: source.Deleted},
		{Name: nil, Size: 0},
		{Name: []byte("z"), Type: []byte("text/plain"), Tier: []byte("Hot")},
	}
}

// pack packs the objects twice with one packer, which is used again for the next
// segment, and returns the second.
func pack(t *testing.T, all []source.Object) (segment []byte) {
	t.Helper()
	var p inventory.Packer
	for range 2 {
		for i := range all {
			p.Add(&all[i])
		}
		var err error
		if segment, err = p.Segment(source.Range{Service: "blob", Container: "models"}); err != nil || p.Rows() != 0 {
			t.Fatalf("Segment = %v, %d rows left", err, p.Rows())
		}
	}
	if none, err := p.Segment(source.Range{}); none != nil || err != nil {
		t.Fatalf("a segment of nothing = %d bytes, %v", len(none), err)
	}
	return segment
}

func TestRowsGiveBackWhatWasPacked(t *testing.T) {
	all := objects()
	i := 0
	for row, err := range inventory.Rows(pack(t, all)) {
		if err != nil {
			t.Fatal(err)
		}
		o := all[i]
		i++
		got := fmt.Sprint(row.Service, row.Container, row.Name, row.Size, row.Tag, string(row.MD5), row.Type, row.Tier, row.Version, row.Kind, row.State, unix(row.Modified), unix(row.Created))
		want := fmt.Sprint("blob", "models", string(o.Name), o.Size, string(o.Tag), string(o.MD5), string(o.Type), string(o.Tier), string(o.Version), o.Kind, o.State, o.Modified, o.Created)
		if got != want {
			t.Errorf("row %d = %s; want %s", i, got, want)
		}
	}
	if i != len(all) {
		t.Errorf("%d rows; want %d", i, len(all))
	}
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func FuzzRows(f *testing.F) {
	var p inventory.Packer
	all := objects()
	for i := range all {
		p.Add(&all[i])
	}
	seg, _ := p.Segment(source.Range{Service: "blob", Container: "c"})
	f.Add(seg)
	f.Add(seg[:len(seg)/2])
	f.Add([]byte("OGI1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, err := range inventory.Rows(data) {
			if err != nil && !errors.Is(err, inventory.ErrDamaged) {
				t.Errorf("Rows: %v", err)
			}
		}
	})
}

func BenchmarkPack(b *testing.B) {
	var p inventory.Packer
	var all []source.Object
	for i := range 100_000 {
		all = append(all, source.Object{
			Name: fmt.Appendf(nil, "datasets/imagenet/train/n%05d/part-%08d.parquet", i/100, i), Size: int64(i * 37), Modified: 1600000000 + int64(i*7919%1000000),
			Created: 1600000000, Tag: fmt.Appendf(nil, `"0x8D%013X"`, uint64(i)*0x9e3779b97f4a7c15>>12), MD5: fmt.Appendf(nil, "%016x", uint64(i)*0x9e3779b97f4a7c15), Type: []byte("application/octet-stream"), Tier: []byte("Hot"), Kind: 'b',
		})
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for i := range all {
			p.Add(&all[i])
		}
		seg, err := p.Segment(source.Range{})
		if err != nil {
			b.Fatal(err)
		}
		n = len(seg)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/object")
	b.ReportMetric(float64(n)/float64(len(all)), "bytes/object")
}
