package measure_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/source"
)

var all = measure.Options{Case: "c", Round: "r", Bearer: measure.Bearer{Reads: true, Overwrite: true}, Inventory: measure.KeepAll, ShardSize: 100, Sample: 5}

// walk measures the shards and all that follow from them, and returns them by
// name.
func walk(t *testing.T, m *measure.Measurer, first ...string) map[string]overgrant.Measured {
	t.Helper()
	done := map[string]overgrant.Measured{}
	for queue := first; len(queue) > 0; queue = queue[1:] {
		got, err := m.Shard(t.Context(), queue[0])
		if err != nil {
			t.Fatalf("Shard(%q): %v", queue[0], err)
		}
		if _, twice := done[got.Shard]; twice {
			t.Errorf("shard %q came twice", got.Shard)
		}
		done[got.Shard] = got
		queue = append(queue, got.Rest...)
	}
	return done
}

func total(all map[string]overgrant.Measured) *overgrant.Exposure {
	sum := &overgrant.Exposure{}
	for _, m := range all {
		sum.Add(&m.Exposure)
	}
	return sum
}

// choose lists everything and returns what is to be read.
func choose(t *testing.T, m *measure.Measurer, budget int64) (listed map[string]overgrant.Measured, c measure.Choice) {
	t.Helper()
	listed = walk(t, m, "")
	chooser := measure.NewChooser(all.Sample)
	for _, got := range listed {
		chooser.Add(got.Candidates)
	}
	c, err := chooser.Choose(budget)
	if err != nil {
		t.Fatal(err)
	}
	return listed, c
}

func TestShardsCoverEverythingOnce(t *testing.T) {
	service := filled(3000)
	listed, _ := choose(t, measure.New(service, all), 0)
	got := total(listed)
	want := overgrant.Tally{}
	for _, items := range service.containers {
		for _, i := range items {
			want.Add(overgrant.Tally{Objects: 1, Bytes: i.Size})
		}
	}
	if got.Tally != want || got.Containers != 3 {
		t.Errorf("measured %+v in %d containers; want %+v in 3", got.Tally, got.Containers, want)
	}
	if keys := got.Classes["private_key"]; keys == nil || keys.Named.Objects != 300 {
		t.Errorf("private keys by name = %+v; want 300", keys)
	}
	months := overgrant.Tally{}
	for _, n := range got.Months {
		months.Add(n)
	}
	areas := overgrant.Tally{}
	for _, a := range got.Areas {
		areas.Add(a.Tally)
	}
	if months != want || areas != want {
		t.Errorf("by month %+v, by area %+v; want %+v", months, areas, want)
	}
}

func TestObjectsEndInTheCoverage(t *testing.T) {
	for _, budget := range []int64{0, 500, -1} {
		m := measure.New(filled(3000), all)
		listed, choice := choose(t, m, budget)
		read := walk(t, m, choice.Shards...)
		sum := total(listed)
		last := m.Unread(sum, choice)
		sum.Add(total(read))
		sum.Add(&last.Exposure)
		covered := sum.Coverage.Complete
		covered.Add(sum.Coverage.Partial)
		for _, n := range sum.Coverage.Skipped {
			covered.Add(n)
		}
		if covered != sum.Tally {
			t.Errorf("budget %d: coverage adds up to %+v; want %+v: %+v", budget, covered, sum.Tally, sum.Coverage)
		}
		if read := sum.Coverage.Complete.Objects; budget < 0 && read != 0 || budget == 0 && read != 10 {
			t.Errorf("budget %d: read %d objects; want 5 of each class", budget, read)
		}
	}
}

func TestShardIsTheSameTwice(t *testing.T) {
	m := measure.New(filled(1000), all)
	for name, once := range walk(t, m, "") {
		again, err := m.Shard(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(once)
		b, _ := json.Marshal(again)
		if !bytes.Equal(a, b) || !bytes.Equal(once.Inventory, again.Inventory) {
			t.Errorf("shard %q differs:\n%s\n%s", name, a, b)
		}
	}
}

func TestAFailureKeepsWhatCameBefore(t *testing.T) {
	service := filled(1000)
	n := 0
	service.fails = func() bool { n++; return n == 3 }
	m := measure.New(service, measure.Options{Case: "c", ShardSize: 10_000})
	first := `{"s":"blob","c":"container-0"}`
	got, err := m.Shard(t.Context(), first)
	if err != nil || got.Exposure.Objects != 100 || len(got.Rest) == 0 {
		t.Fatalf("Shard = %d objects, %d shards left, %v; want 100 and some", got.Exposure.Objects, len(got.Rest), err)
	}
	if sum := total(walk(t, m, got.Rest...)); sum.Objects+100 != int64(len(service.containers["container-0"])) {
		t.Errorf("%d objects in the rest", sum.Objects)
	}
	n = 2
	if _, err := m.Shard(t.Context(), first); !errors.Is(err, measure.ErrNothing) || !errors.Is(err, errBusy) {
		t.Errorf("Shard = %v; want ErrNothing with its cause", err)
	}
}

func TestWhatCannotBeListedIsAGap(t *testing.T) {
	broken := errors.New("not a listing")
	m := measure.New(&unlisted{filled(10), broken}, all)
	got, err := m.Shard(t.Context(), `{"s":"blob","c":"container-0"}`)
	if err != nil || len(got.Gaps) != 1 || len(got.Rest) != 0 {
		t.Errorf("Shard = %d gaps, %d shards left, %v; want 1 gap", len(got.Gaps), len(got.Rest), err)
	}
	got, err = m.Shard(t.Context(), "")
	if err != nil || len(got.Gaps) != 1 {
		t.Errorf("Shard = %d gaps, %v; want 1 gap", len(got.Gaps), err)
	}
}

// unlisted is a service that lists nothing.
type unlisted struct {
	*memory
	why error
}

func (u *unlisted) Expand(context.Context, source.Range) (source.Expanded, error) {
	return source.Expanded{}, u.why
}

func (u *unlisted) Pages(context.Context, source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) { yield(nil, u.why) }
}

// spy is a Links that looks for a word.
type spy struct{ seen []string }

func (s *spy) Any(text []byte) bool { return bytes.Contains(text, []byte("sig=")) }

func (s *spy) Look(_ context.Context, place overgrant.Place, at io.ReaderAt, size int64) error {
	text, err := io.ReadAll(io.NewSectionReader(at, 0, size))
	if s.Any(text) {
		s.seen = append(s.seen, place.Path)
	}
	return err
}

func TestLinksAreLookedForInNamesAndContent(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range []string{"a/readme.md", "a/picture.jpg"} {
		f, _ := z.Create(name)
		_, _ = io.WriteString(f, "see sig=abc")
	}
	_ = z.Close()
	service := &memory{perPage: 10}
	service.put("c", "plain.txt", "see sig=abc")
	service.put("c", "packed.zip", packed.String())
	service.put("c", "a?sig=abc.txt", "nothing")
	s := &spy{}
	opt := all
	opt.Links = s
	m := measure.New(service.sorted(), opt)
	listed, choice := choose(t, m, 0)
	walk(t, m, choice.Shards...)
	want := []string{"c/(its name holds a credential)", "c/packed.zip!a/readme.md", "c/plain.txt"}
	if slices.Sort(s.seen); !slices.Equal(s.seen, want) {
		t.Errorf("links in %q; want %q", s.seen, want)
	}
	for name, got := range listed {
		text, _ := json.Marshal(got)
		if strings.Contains(name+string(text), "sig=") {
			t.Errorf("shard %q tells a credential", name)
		}
	}
}

func TestChangedObjectsAreTold(t *testing.T) {
	service := filled(30)
	m := measure.New(service, all)
	_, choice := choose(t, m, 0)
	for _, items := range service.containers {
		for i := range items {
			items[i].Tag = []byte(`"other"`)
		}
	}
	sum := total(walk(t, m, choice.Shards...))
	if n := sum.Coverage.Skipped[source.ErrChanged.Error()].Objects; n != choice.Planned.Objects || n == 0 {
		t.Errorf("%d objects changed; want %d", n, choice.Planned.Objects)
	}
}

func BenchmarkList(b *testing.B) {
	service := filled(100_000)
	service.perPage = 5000
	opt := all
	opt.ShardSize = 0
	for _, inventory := range []measure.Inventory{measure.TotalsOnly, measure.KeepAll} {
		b.Run(map[measure.Inventory]string{measure.TotalsOnly: "totals", measure.KeepAll: "inventory"}[inventory], func(b *testing.B) {
			opt.Inventory = inventory
			m := measure.New(service, opt)
			b.ReportAllocs()
			objects := int64(0)
			for b.Loop() {
				got, err := m.Shard(b.Context(), `{"s":"blob","c":"container-0"}`)
				if err != nil {
					b.Fatal(err)
				}
				objects += got.Exposure.Objects
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(objects), "ns/object")
		})
	}
}
