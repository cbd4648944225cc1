package fake_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
)

func TestReading(t *testing.T) {
	body := []byte("0123456789")
	image := bytes.NewReader(bytes.Repeat([]byte("image..."), 1<<12))
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Kind: fake.Keys, Blobs: 100, Snapshots: 2, Objects: []fake.Object{
		{Name: "ten", Body: body, Type: "text/plain"},
		{Name: "disk.vhdx", At: image, Size: image.Size(), Blob: 'p', Held: []fake.Span{{Offset: 0, Length: 512}, {Offset: 4096, Length: 512}}},
	}}}})
	for _, tt := range []struct {
		name, path, byteRange, want, contentRange string
		status                                    int
	}{
		{"whole", "/c/ten", "", "0123456789", "", 200},
		{"part", "/c/ten", "bytes=2-4", "234", "bytes 2-4/10", 206},
		{"to_the_end", "/c/ten", "bytes=7-", "789", "bytes 7-9/10", 206},
		{"past_the_end", "/c/ten", "bytes=7-99", "789", "bytes 7-9/10", 206},
		{"suffix_is_not_known", "/c/ten", "bytes=-3", "0123456789", "", 200},
		{"behind_the_end", "/c/ten", "bytes=10-", "", "", 416},
		{"image", "/c/disk.vhdx", "bytes=9-14", "mage..", "bytes 9-14/32768", 206},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, got := fetch(t, s.URL+tt.path, "Range", tt.byteRange)
			if resp.StatusCode != tt.status || tt.want != "" && string(got) != tt.want || resp.Header.Get("Content-Range") != tt.contentRange {
				t.Errorf("%d %q %q; want %d %q %q", resp.StatusCode, got, resp.Header.Get("Content-Range"), tt.status, tt.want, tt.contentRange)
			}
		})
	}
	t.Run("etag_as_listed", func(t *testing.T) {
		for _, p := range pages(t, s, "c", "") {
			for _, b := range p.Blobs.Blob {
				resp, got := fetch(t, s.URL+"/c/"+(&url.URL{Path: b.Name}).EscapedPath(), "If-Match", `"`+b.Properties.Etag+`"`)
				if resp.StatusCode != http.StatusOK || int64(len(got)) != b.Properties.Size || resp.Header.Get("Last-Modified") != b.Properties.Modified || resp.Header.Get("Content-Type") != b.Properties.Type {
					t.Fatalf("%s: %d, %d bytes; want %d", b.Name, resp.StatusCode, len(got), b.Properties.Size)
				}
			}
		}
	})
	t.Run("etag_of_another", func(t *testing.T) {
		if resp, _ := fetch(t, s.URL+"/c/ten", "If-Match", `"0x8D0"`); resp.StatusCode != http.StatusPreconditionFailed {
			t.Errorf("%d; want 412", resp.StatusCode)
		}
	})
	t.Run("parts_fit_together", func(t *testing.T) {
		name := s.Name("c", 7) // a Terraform state: text
		path := s.URL + "/c/" + name
		_, whole := fetch(t, path)
		for at := 0; at < len(whole); at += 333 {
			_, part := fetch(t, path, "Range", fmt.Sprintf("bytes=%d-%d", at, at+332))
			if !bytes.Equal(part, whole[at:min(at+333, len(whole))]) {
				t.Fatalf("part at %d differs", at)
			}
			at += len(whole) / 7
		}
	})
	t.Run("key_like", func(t *testing.T) {
		_, body := fetch(t, s.URL+"/c/"+s.Name("c", 3))
		if !bytes.HasPrefix(body, []byte("-----BEGIN")) || !bytes.HasSuffix(body, []byte("KEY-----\n")) {
			t.Errorf("%q ... %q", body[:20], body[len(body)-20:])
		}
	})
	t.Run("page_ranges", func(t *testing.T) {
		_, body := fetch(t, s.URL+"/c/disk.vhdx?comp=pagelist")
		if !strings.Contains(string(body), "<PageRange><Start>4096</Start><End>4607</End></PageRange>") {
			t.Errorf("%s", body)
		}
	})
}

func TestFiles(t *testing.T) {
	s := serve(t, fake.Options{Shares: []fake.Share{{Name: "s", Kind: fake.Keys, Files: 16, Named: []fake.Object{{Name: "top.txt", Body: []byte("x")}}}}})
	type entries struct {
		Entries struct {
			File []struct {
				Name       string
				Properties struct {
					Size int64 `xml:"Content-Length"`
				}
			}
			Directory []struct{ Name string }
		}
		NextMarker string
	}
	files := 0
	var bytes int64
	var walk func(dir string)
	walk = func(dir string) {
		for marker := ""; ; {
			_, body := fetch(t, s.At("file")+"/s/"+dir+"?restype=directory&comp=list&maxresults=3&marker="+marker)
			var e entries
			if err := xml.Unmarshal(body, &e); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			for _, f := range e.Entries.File {
				files++
				bytes += f.Properties.Size
			}
			for _, d := range e.Entries.Directory {
				walk(strings.TrimPrefix(dir+"/"+d.Name, "/"))
			}
			if marker = e.NextMarker; marker == "" {
				return
			}
		}
	}
	walk("")
	if truth := s.Truth(); int64(files) != truth.Objects || bytes != truth.Bytes || files != 17 {
		t.Errorf("%d files, %d bytes; truth %v", files, bytes, truth.Tally)
	}
	if resp, _ := fetch(t, s.At("file")+"/s/nowhere?restype=directory&comp=list"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a directory that is not there: %d", resp.StatusCode)
	}
	if resp, body := fetch(t, s.At("file")+"/s/top.txt?comp=rangelist"); resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "<Range><Start>0</Start><End>0</End></Range>") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestDirectories(t *testing.T) {
	s := serve(t, fake.Options{Hierarchy: true, Containers: []fake.Container{{Name: "fs", Objects: []fake.Object{
		{Name: "a-x", Body: []byte("1")}, {Name: "a/b/c.txt", Body: []byte("2")}, {Name: "a/b/d.txt", Body: []byte("3")}, {Name: "a/e", Body: []byte("4")}, {Name: "hollow", State: fake.Folder},
	}}}})
	var got []string
	for next := ""; ; {
		resp, body := fetch(t, s.At("dfs")+"/fs?resource=filesystem&recursive=true&maxResults=1&continuation="+url.QueryEscape(next))
		var page struct {
			Paths []struct{ Name, IsDirectory string }
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Paths {
			got = append(got, p.Name+map[string]string{"true": "/"}[p.IsDirectory])
		}
		if next = resp.Header.Get("x-ms-continuation"); next == "" {
			break
		}
	}
	want := []string{"a-x", "a/", "a/b/", "a/b/c.txt", "a/b/d.txt", "a/e", "hollow/"}
	if !slices.Equal(got, want) {
		t.Errorf("paths %q; want %q", got, want)
	}
	resp, _ := fetch(t, s.At("blob")+"/?restype=account&comp=properties")
	if resp.Header.Get("x-ms-is-hns-enabled") != "true" {
		t.Error("the account does not say that directories are real")
	}
}

func TestQueuesAndTables(t *testing.T) {
	s := serve(t, fake.Options{Queues: []fake.Queue{{Name: "jobs", Messages: []string{"one", "two"}}}, Tables: []fake.Table{{Name: "people", Rows: 2500}}})
	if _, body := fetch(t, s.At("queue")+"/jobs/messages?peekonly=true&numofmessages=32"); strings.Count(string(body), "<QueueMessage>") != 2 {
		t.Errorf("%s", body)
	}
	if resp, _ := fetch(t, s.At("queue")+"/jobs?comp=metadata"); resp.Header.Get("x-ms-approximate-messages-count") != "2" {
		t.Errorf("%v", resp.Header)
	}
	rows, query := 0, ""
	for {
		resp, body := fetch(t, s.At("table")+"/people()?$top=1000"+query)
		var page struct{ Value []map[string]any }
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		rows += len(page.Value)
		key := resp.Header.Get("x-ms-continuation-NextRowKey")
		if key == "" {
			break
		}
		query = "&NextPartitionKey=x&NextRowKey=" + url.QueryEscape(key)
	}
	if rows != 2500 || s.Truth().Entities != 2500 || s.Truth().Messages != 2 {
		t.Errorf("%d rows; truth %+v", rows, s.Truth())
	}
	if len(s.Writes()) != 0 {
		t.Errorf("reads taken for writes: %v", s.Writes())
	}
}

func TestWrites(t *testing.T) {
	s := serve(t, fake.Options{
		Containers: []fake.Container{{Name: "c", Objects: []fake.Object{{Name: "there", Body: []byte("x")}}}},
		Shares:     []fake.Share{{Name: "s", Named: []fake.Object{{Name: "there", Body: []byte("x")}}}},
		Queues:     []fake.Queue{{Name: "q"}}, Tables: []fake.Table{{Name: "t", Rows: 1}},
	})
	for _, tt := range []struct {
		method, service, target, match string
		status                         int
		changes                        bool
	}{
		{"PUT", "blob", "/c/none?comp=metadata", "", 404, false},
		{"PUT", "blob", "/c/none?comp=appendblock", "", 404, false},
		{"DELETE", "blob", "/c/none", "", 404, false},
		{"PUT", "blob", "/c/none", `"0x0"`, 412, false},
		{"PUT", "blob", "/c/there", `"0x0"`, 412, false},
		{"DELETE", "blob", "/c/there", `"0x0"`, 412, false},
		{"DELETE", "blob", "/none?restype=container", "", 404, false},
		{"DELETE", "file", "/s/none", "", 404, false},
		{"DELETE", "file", "/none?restype=share", "", 404, false},
		{"POST", "queue", "/none/messages", "", 404, false},
		{"GET", "queue", "/none/messages", "", 404, false},
		{"PUT", "queue", "/none?comp=metadata", "", 404, false},
		{"DELETE", "queue", "/none", "", 404, false},
		{"DELETE", "table", "/Tables('none')", "", 404, false},
		{"DELETE", "table", "/t(PartitionKey='x',RowKey='y')", "*", 404, false},
		{"DELETE", "dfs", "/c/none", "", 404, false},

		{"PUT", "blob", "/c/none", "", 405, true},
		{"PUT", "blob", "/c/none?comp=block", "", 405, true},
		{"DELETE", "blob", "/c/there", "", 405, true},
		{"PUT", "blob", "/c/there?comp=tags", "", 405, true},
		{"PUT", "blob", "/new?restype=container", "", 405, true},
		{"PUT", "blob", "/?restype=service&comp=properties", "", 405, true},
		{"DELETE", "file", "/s/there", `"0x0"`, 405, true},
		{"PUT", "file", "/s/none", "", 405, true},
		{"GET", "queue", "/q/messages", "", 405, true},
		{"PUT", "queue", "/new", "", 405, true},
		{"POST", "table", "/Tables", "", 405, true},
		{"DELETE", "table", "/t(PartitionKey='p000000000',RowKey='r0000')", "*", 405, true},
	} {
		t.Run(tt.method+tt.service+strings.ReplaceAll(tt.target, "/", "_"), func(t *testing.T) {
			req, err := http.NewRequest(tt.method, s.At(tt.service)+tt.target, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.match != "" {
				req.Header.Set("If-Match", tt.match)
			}
			before := len(s.Violations())
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if changes := len(s.Violations()) > before; resp.StatusCode != tt.status || changes != tt.changes {
				t.Errorf("%d, a violation: %v; want %d, %v", resp.StatusCode, changes, tt.status, tt.changes)
			}
		})
	}
}

func TestManyContainers(t *testing.T) {
	var all []fake.Container
	for i := range 100_000 {
		all = append(all, fake.Container{Name: fmt.Sprintf("c-%06d", i)})
	}
	s := serve(t, fake.Options{Containers: all})
	n, marker := 0, ""
	for {
		_, body := fetch(t, s.URL+"/?comp=list&marker="+url.QueryEscape(marker))
		n += bytes.Count(body, []byte("<Container>"))
		_, rest, _ := bytes.Cut(body, []byte("<NextMarker>"))
		if rest, _, _ = bytes.Cut(rest, []byte("<")); len(rest) == 0 {
			break
		}
		marker = string(rest)
	}
	if n != 100_000 {
		t.Errorf("%d containers listed", n)
	}
}

func TestTruthOfMany(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Kind: fake.Images, Blobs: 1_000_000_000}}})
	truth := s.Truth()
	var months fake.Tally
	for _, m := range truth.Months {
		months.Add(m)
	}
	if truth.Objects != 1_000_000_000 || months != truth.Tally {
		t.Errorf("%v; months %v", truth.Tally, months)
	}
}
