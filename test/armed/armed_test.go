// Package armed_test measures accounts that hold models which run code, through
// the whole program, against the storage emulator and the fake service.
package armed_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/test/azurite"
)

// Pickles: one calls a shell, with a command that does nothing; one is a dict.
const (
	armed = "\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00true secret\x85R."
	calm  = "\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s."
)

// blobs are what an account holds: four models that run code, and others.
func blobs(t *testing.T) map[string]string {
	bad, good := checkpoint(t, armed), checkpoint(t, calm)
	return map[string]string{
		"robust/resnet18.ckpt":   bad,
		"robust/resnet50.ckpt":   good,
		"robust/export-2021":     bad,
		"robust/tokenizer.pkl":   armed,
		"robust/cut.ckpt":        good[:len(good)/2],
		"robust/costly.pkl":      "\x80\x02" + strings.Repeat("K\x010", 8<<20) + "N.",
		"backups/2021/old.zip":   zipped(t, part{"models/m.pt", bad}, part{"read.me", "hello"}),
		"backups/2021/notes.txt": "nothing to see",
	}
}

func TestArmedModelsBehindALinkAreFound(t *testing.T) {
	all := blobs(t)
	t.Run("emulator", func(t *testing.T) {
		a := azurite.Shared(t).NewAccount(t)
		a.PutContainer(t, "store", "")
		for name, text := range all {
			a.PutBlob(t, "store", name, []byte(text))
		}
		sas := a.AccountSAS(azurite.SAS{Services: "b", Types: "sco", Permissions: "rwl", Expiry: azurite.Stamp(time.Now().Add(20 * time.Hour))})
		check(t, a.Link("blob", "", "", sas), strings.Join(a.Server().Hosts(), ","), len(all))
	})
	t.Run("fake", func(t *testing.T) {
		c := fake.Container{Name: "store"}
		for name, text := range all {
			c.Objects = append(c.Objects, fake.Object{Name: name, Body: []byte(text)})
		}
		s, link := serve(t, c, nil)
		check(t, link, s.Host("blob"), len(all))
	})
}

// check measures the account and looks at what is said of its models.
func check(t *testing.T, link, host string, objects int) {
	t.Helper()
	got := measured(t, link, host)
	e := got.Exposure
	if e.Objects != int64(objects) || e.Coverage.Objects["partial"] != 2 || e.Coverage.Objects["complete"] != int64(objects)-2 {
		t.Errorf("%d objects, coverage %v; want %d, two of them read in part", e.Objects, e.Coverage.Objects, objects)
	}
	for _, f := range e.Finds {
		if f.Class != "dangerous_model" {
			continue
		}
		want := "store/backups/2021/old.zip!models/m.pt store/robust/export-2021 store/robust/resnet18.ckpt store/robust/tokenizer.pkl"
		if f.Severity != "critical" || f.Count != 4 || strings.Join(f.Examples, " ") != want {
			t.Errorf("dangerous models: %+v; want four: %s", f, want)
		}
	}
	text := strings.Join(strings.Fields(run(t, link, host, "text")), " ")
	for _, want := range []string{"4 models with code that runs on loading", "may have been put there", "beyond what one object may cost"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q:\n%s", want, text)
		}
	}
	events := run(t, link, host, "events")
	if !strings.Contains(events, "posix.system(…)") || strings.Contains(events, "true secret") {
		t.Error("the events do not tell of posix.system(…), or tell what it is called with")
	}
}

// TestLargeCheckpointsCostTheirPickles measures checkpoints of 10 GB.
func TestLargeCheckpointsCostTheirPickles(t *testing.T) {
	const count, most = 8, 256 << 10 // bytes asked for each
	c := fake.Container{Name: "store"}
	for i := range count {
		pickle := calm
		if i == 3 {
			pickle = armed
		}
		at := large(t, pickle)
		c.Objects = append(c.Objects, fake.Object{Name: fmt.Sprintf("large-%d.ckpt", i), At: at, Size: at.size})
	}
	var asked atomic.Int64
	s, link := serve(t, c, func(q *fake.Request) {
		if !strings.HasSuffix(q.Path, ".ckpt") {
			return
		}
		var from, to int64
		text := q.Header.Get("X-Ms-Range") + q.Header.Get("Range")
		if _, err := fmt.Sscanf(text, "bytes=%d-%d", &from, &to); err != nil {
			t.Errorf("a checkpoint was asked for with the range %q", text)
		}
		asked.Add(to - from + 1)
	})
	e := measured(t, link, s.Host("blob")).Exposure
	if e.Coverage.Objects["complete"] != count || e.Bytes < count*10e9 {
		t.Errorf("%d bytes, coverage %v; want %d checkpoints of 10 GB, read to the end", e.Bytes, e.Coverage.Objects, count)
	}
	if n := asked.Load(); n == 0 || n > count*most || e.Read > count*most {
		t.Errorf("%d bytes were asked for, %d are told; want at most %d", n, e.Read, count*most)
	}
	found := false
	for _, f := range e.Finds {
		found = found || f.Class == "dangerous_model" && f.Count == 1 && f.Examples[0] == "store/large-3.ckpt"
	}
	if !found {
		t.Errorf("finds %+v; want large-3.ckpt among them", e.Finds)
	}
}

// serve starts a service and returns a link to all of it that may read and write.
func serve(t *testing.T, c fake.Container, watch func(*fake.Request)) (*fake.Server, string) {
	t.Helper()
	key := make([]byte, 64)
	_, _ = rand.Read(key)
	opt := fake.Options{Keys: []string{base64.StdEncoding.EncodeToString(key)}, Containers: []fake.Container{c}}
	if watch != nil {
		opt.Faults = []fake.Fault{{When: func(q *fake.Request) bool { watch(q); return false }, Do: func(*fake.Request, *fake.Reply) {}}}
	}
	s := fake.New(opt)
	t.Cleanup(s.Close)
	account := url.Values{"sv": {"2023-11-03"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rwdl"}, "se": {"2051-10-06T00:00:00Z"}}
	return s, s.URL + "?" + s.Sign("blob", "/", account, 1)
}

// told is what the program says of a case, as far as it is looked at here.
type told struct {
	Exposure struct {
		Objects, Bytes int64
		Read           int64 `json:"bytes_read"`
		Coverage       struct{ Objects map[string]int64 }
		Finds          []struct {
			Class, Severity string
			Count           int64
			Examples        []string
		}
	}
}

func measured(t *testing.T, link, host string) (got told) {
	t.Helper()
	text := run(t, link, host, "jsonl")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("measure: %v\n%s", err, text)
	}
	return got
}

// run measures a link and returns what the program prints.
func run(t *testing.T, link, host, format string) string {
	t.Helper()
	var out, errs bytes.Buffer
	folder := t.TempDir()
	code := cli.Main([]string{"measure", "--allow-host", host, "--store", filepath.Join(folder, "store.db"), "--format", format, "-"}, cli.World{
		In: strings.NewReader(link), Out: &out, Err: &errs, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"HOME": folder, "XDG_STATE_HOME": folder}[name] },
	})
	if code != 1 {
		t.Fatalf("measure ended with %d; want 1\n%s", code, errs.String())
	}
	return out.String()
}

// part is a member of an archive.
type part struct{ name, text string }

func zipped(t *testing.T, parts ...part) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = io.WriteString(w, p.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkpoint is a checkpoint of PyTorch around a pickle.
func checkpoint(t *testing.T, pickle string) string {
	t.Helper()
	var b bytes.Buffer
	write(t, &b, pickle, 1, 4)
	return b.String()
}

// zeros is what tensors are made of.
var zeros [1 << 20]byte

// write writes a checkpoint with tensors of size bytes, as PyTorch does: nothing
// is compressed.
func write(t *testing.T, to io.Writer, pickle string, tensors int, size int64) {
	t.Helper()
	z := zip.NewWriter(to)
	add := func(name string, size int64, sum uint32) io.Writer {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CompressedSize64: uint64(size), UncompressedSize64: uint64(size), CRC32: sum})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for _, p := range []part{{"archive/data.pkl", pickle}, {"archive/version", "3\n"}} {
		if _, err := io.WriteString(add(p.name, int64(len(p.text)), crc32.ChecksumIEEE([]byte(p.text))), p.text); err != nil {
			t.Fatal(err)
		}
	}
	for i := range tensors {
		w := add(fmt.Sprintf("archive/data/%d", i), size, 0)
		for left := size; left > 0; left -= int64(len(zeros)) {
			if _, err := w.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// sparse is a file of which only what is no run of zeros is kept.
type sparse struct {
	size  int64
	parts []extent
}

type extent struct {
	at   int64
	text []byte
}

func (s *sparse) Write(b []byte) (int, error) {
	if len(b) < len(zeros) || &b[0] != &zeros[0] {
		s.parts = append(s.parts, extent{s.size, bytes.Clone(b)})
	}
	s.size += int64(len(b))
	return len(b), nil
}

// ReadAt may be used by many at once.
func (s *sparse) ReadAt(b []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), s.size-off))
	clear(b[:n])
	for _, p := range s.parts {
		if p.at < off+int64(n) && p.at+int64(len(p.text)) > off {
			copy(b[max(0, p.at-off):n], p.text[max(0, off-p.at):])
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// large is a checkpoint of 10 GB.
func large(t *testing.T, pickle string) *sparse {
	t.Helper()
	s := &sparse{}
	write(t, s, pickle, 10, 1<<30)
	return s
}
