package fake_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud/fake"
)

// list is what a listing looks like to a reader that knows nothing of the
// server's insides.
type list struct {
	Blobs struct {
		Blob []struct {
			Name       string
			Snapshot   string
			VersionID  string `xml:"VersionId"`
			Current    bool   `xml:"IsCurrentVersion"`
			Deleted    bool
			Properties struct {
				Size     int64  `xml:"Content-Length"`
				Modified string `xml:"Last-Modified"`
				Etag     string
				MD5      string `xml:"Content-MD5"`
				Type     string `xml:"Content-Type"`
			}
		}
		BlobPrefix []struct{ Name string }
	}
	NextMarker string
}

// head is an answer without its body.
type head struct {
	StatusCode int
	Header     http.Header
}

func fetch(t testing.TB, address string, header ...string) (head, []byte) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return head{resp.StatusCode, resp.Header}, body
}

// pages lists a container to the end and returns its pages.
func pages(t testing.TB, s *fake.Server, container, query string) []list {
	t.Helper()
	var all []list
	for marker := ""; ; {
		_, body := fetch(t, s.URL+"/"+container+"?restype=container&comp=list"+query+"&marker="+url.QueryEscape(marker), "x-ms-version", "2026-06-06")
		var page list
		if err := xml.Unmarshal(body, &page); err != nil {
			t.Fatalf("%v in %.300s", err, body)
		}
		all = append(all, page)
		if marker = page.NextMarker; marker == "" {
			return all
		}
	}
}

func names(all []list) (out []string) {
	for _, p := range all {
		for _, b := range p.Blobs.Blob {
			out = append(out, b.Name)
		}
	}
	return out
}

// serve starts a server that ends with the test.
func serve(t testing.TB, opt fake.Options) *fake.Server {
	s := fake.New(opt)
	t.Cleanup(s.Close)
	return s
}

func TestListing(t *testing.T) {
	for kind := fake.Datasets; kind <= fake.Images; kind++ {
		t.Run(fmt.Sprint("kind_", int(kind)), func(t *testing.T) {
			const n = 7321
			s := serve(t, fake.Options{Containers: []fake.Container{{Name: "data", Kind: kind, Blobs: n, Objects: []fake.Object{{Name: "AAA first", Body: []byte("x")}, {Name: "zzz & <last>\n", Body: []byte("yy")}}}}})
			var got fake.Tally
			months := map[string]fake.Tally{}
			last, etags := "", map[string]bool{}
			for _, p := range pages(t, s, "data", "") {
				for _, b := range p.Blobs.Blob {
					if b.Name <= last {
						t.Fatalf("%q after %q", b.Name, last)
					}
					last = b.Name
					got.Add(fake.Tally{Objects: 1, Bytes: b.Properties.Size})
					when, err := time.Parse(http.TimeFormat, b.Properties.Modified)
					if err != nil {
						t.Fatal(err)
					}
					m := months[when.Format("2006-01")]
					m.Add(fake.Tally{Objects: 1, Bytes: b.Properties.Size})
					months[when.Format("2006-01")] = m
					etags[b.Properties.Etag] = true
				}
			}
			if last != "zzz & <last>\n" {
				t.Errorf("the last name is %q", last)
			}
			truth := s.Truth()
			if got != truth.Tally || got.Objects != n+2 {
				t.Errorf("listed %v; truth %v", got, truth.Tally)
			}
			if fmt.Sprint(months) != fmt.Sprint(truth.Months) {
				t.Errorf("months %v; truth %v", months, truth.Months)
			}
			if len(etags) != n+2 {
				t.Errorf("%d ETags of %d objects", len(etags), n+2)
			}
		})
	}
}

func TestListingParts(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "p", Kind: fake.Profiles, Blobs: 1000, Objects: []fake.Object{{Name: "Users/u00000003/zz", Body: []byte("z")}}}}})
	all := names(pages(t, s, "p", ""))
	if !slices.IsSorted(all) || len(all) != 1001 {
		t.Fatalf("%d names, sorted %v", len(all), slices.IsSorted(all))
	}
	filter := func(keep func(string) bool) (out []string) {
		for _, n := range all {
			if keep(n) {
				out = append(out, n)
			}
		}
		return out
	}
	q := url.QueryEscape
	for _, tt := range []struct {
		name, query string
		want        []string
	}{
		{"small_pages", "&maxresults=7", all},
		{"prefix", "&prefix=" + q("Users/u00000003/"), filter(func(n string) bool { return strings.HasPrefix(n, "Users/u00000003/") })},
		{"prefix_of_nothing", "&prefix=Z", nil},
		{"start_from", "&startFrom=" + q(all[500]) + "&maxresults=100", all[500:]},
		{"start_between", "&startFrom=" + q(all[500]+"!"), all[501:]},
		{"end_before", "&startFrom=" + q(all[10]) + "&endBefore=" + q(all[90]) + "&maxresults=13", all[10:90]},
		{"start_past_the_end", "&startFrom=zzzz", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := names(pages(t, s, "p", tt.query)); !slices.Equal(got, tt.want) {
				t.Errorf("%d names; want %d", len(got), len(tt.want))
			}
		})
	}
	t.Run("delimiter", func(t *testing.T) {
		var got []string
		for _, p := range pages(t, s, "p", "&delimiter=/&prefix=Users/&maxresults=10") {
			for _, b := range p.Blobs.BlobPrefix {
				got = append(got, b.Name)
			}
		}
		if len(got) != 53 || got[0] != "Users/u00000000/" || !slices.IsSorted(got) {
			t.Errorf("%d prefixes: %q", len(got), got[:min(3, len(got))])
		}
	})
}

func TestExtras(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "v", Kind: fake.Models, Blobs: 500, Versions: 7, Snapshots: 11, Deleted: 13}}})
	var current, versions, snapshots, deleted fake.Tally
	for _, p := range pages(t, s, "v", "&include=versions,snapshots,deleted&maxresults=9") {
		for _, b := range p.Blobs.Blob {
			one := fake.Tally{Objects: 1, Bytes: b.Properties.Size}
			switch {
			case b.Deleted:
				deleted.Add(one)
			case b.Snapshot != "":
				snapshots.Add(one)
			case b.VersionID != "" && !b.Current:
				versions.Add(one)
			default:
				current.Add(one)
			}
		}
	}
	truth := s.Truth()
	if current != truth.Tally || versions != truth.Versions || snapshots != truth.Snapshots || deleted != truth.Deleted || truth.Versions.Objects != 72 {
		t.Errorf("got %v %v %v; truth %+v", current, snapshots, deleted, truth)
	}
	if got := len(names(pages(t, s, "v", ""))); got != 500 {
		t.Errorf("%d current objects; want 500", got)
	}
}

func BenchmarkPage(b *testing.B) {
	for kind, name := range map[fake.Kind]string{fake.Datasets: "datasets", fake.Profiles: "profiles", fake.Images: "images"} {
		b.Run(name, func(b *testing.B) {
			s := serve(b, fake.Options{Containers: []fake.Container{{Name: "data", Kind: kind, Blobs: 1e9}}})
			_, body := fetch(b, s.URL+"/data?restype=container&comp=list")
			from := url.QueryEscape(s.Name("data", 500_000_123))
			address := s.URL + "/data?restype=container&comp=list&startFrom=" + from
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				resp, err := http.DefaultClient.Do(request(b, address))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "blobs/s")
			b.ReportMetric(float64(len(body))/5000, "B/blob")
		})
	}
}

func request(t testing.TB, address string) *http.Request {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-ms-version", "2026-06-06")
	return req
}

// TestSentAsItComes compares pages that are sent while they are rendered with
// those that are rendered first.
func TestSentAsItComes(t *testing.T) {
	var all []fake.Container
	for kind := fake.Datasets; kind <= fake.Images; kind++ {
		all = append(all, fake.Container{Name: fmt.Sprint("c", int(kind)), Kind: kind, Blobs: 12_345})
	}
	quick := serve(t, fake.Options{Containers: all})
	whole := serve(t, fake.Options{Containers: all, Faults: []fake.Fault{{Do: func(*fake.Request, *fake.Reply) {}}}})
	for _, c := range all {
		name := url.QueryEscape(quick.Name(c.Name, 9_000))
		for _, query := range []string{"", "&maxresults=1", "&maxresults=161", "&startFrom=" + name, "&prefix=" + name, "&prefix=nothing", "&startFrom=" + name + "&endBefore=" + name} {
			_, got := fetch(t, quick.URL+"/"+c.Name+"?restype=container&comp=list"+query, "x-ms-version", "2026-06-06")
			_, want := fetch(t, whole.URL+"/"+c.Name+"?restype=container&comp=list"+query, "x-ms-version", "2026-06-06")
			want = bytes.ReplaceAll(want, []byte(whole.Host("blob")), []byte(quick.Host("blob")))
			if !bytes.Equal(got, want) {
				t.Errorf("%s%s: %d bytes; want %d, the same", c.Name, query, len(got), len(want))
			}
		}
	}
}
