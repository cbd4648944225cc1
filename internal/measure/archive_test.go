package measure_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/source"
)

// counted is a service that counts the bytes read of its objects.
type counted struct {
	*memory
	bytes int64
}

func (c *counted) Content(ctx context.Context, o source.Named) (overgrant.Content, error) {
	got, err := c.memory.Content(ctx, o)
	if err != nil {
		return nil, err
	}
	return counting{got, &c.bytes}, nil
}

type counting struct {
	overgrant.Content
	n *int64
}

func (c counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Content.ReadAt(p, off)
	*c.n += int64(n)
	return n, err
}

type member struct {
	name, text string
	method     uint16
}

func zipped(t testing.TB, list ...member) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range list {
		f, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		if err == nil {
			_, err = io.WriteString(f, m.text)
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

func tarred(t testing.TB, list ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range list {
		err := w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o600, Size: int64(len(m.text))})
		if err == nil {
			_, err = io.WriteString(w, m.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lookInto measures a service of one object and reads it.
func lookInto(t *testing.T, name, text string) (*overgrant.Exposure, *spy, int64) {
	t.Helper()
	service := &counted{memory: &memory{perPage: 10}}
	service.put("c", name, text)
	s := &spy{}
	opt := all
	opt.Links = s
	m := measure.New(service, opt)
	listed, choice := choose(t, m, 0)
	service.bytes = 0
	read := walk(t, m, choice.Shards...)
	sum := total(listed)
	sum.Add(total(read))
	slices.Sort(s.seen)
	return sum, s, service.bytes
}

func mixed(method uint16, filler int) []member {
	list := make([]member, 0, 800)
	for i := range 300 {
		list = append(list,
			member{fmt.Sprintf("img/%d.jpg", i), strings.Repeat("\xff\xd8", filler/2), method},
			member{fmt.Sprintf("home/u%d/.ssh/id_rsa", i), "not a key", method})
	}
	return append(list, member{"notes/readme.md", "see sig=abc", method}, member{"dir/", "", zip.Store})
}

func TestArchivesAreListedWholeAndReadInPart(t *testing.T) {
	for name, text := range map[string]string{
		"a.zip": zipped(t, mixed(zip.Store, 20_000)...),
		"a.tar": tarred(t, mixed(zip.Store, 20_000)...),
	} {
		t.Run(name[2:], func(t *testing.T) {
			got, s, n := lookInto(t, name, text)
			keys := got.Classes["private_key"]
			if keys == nil || keys.Named.Objects != 300 {
				t.Errorf("private keys by name = %+v; want 300", keys)
			}
			if want := []string{"c/" + name + "!notes/readme.md"}; !slices.Equal(s.seen, want) {
				t.Errorf("links in %q; want %q", s.seen, want)
			}
			if got.Coverage.Partial.Objects != 1 {
				t.Errorf("coverage %+v; want it partial: 64 keys of 300 are read", got.Coverage)
			}
			if limit := int64(len(text)) / 2; n > limit {
				t.Errorf("%d of %d bytes were read", n, len(text))
			}
		})
	}
}

func TestArchivesInArchives(t *testing.T) {
	inner := []member{{"b/readme.md", "see sig=abc", zip.Deflate}, {"b/.ssh/id_rsa", "not a key", zip.Deflate}}
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		text := zipped(t, member{"in.zip", zipped(t, inner...), method}, member{"in.tar", tarred(t, inner...), method})
		got, s, _ := lookInto(t, "a.zip", text)
		if want := []string{"c/a.zip!in.tar!b/readme.md", "c/a.zip!in.zip!b/readme.md"}; !slices.Equal(s.seen, want) {
			t.Errorf("links in %q; want %q", s.seen, want)
		}
		if keys := got.Classes["private_key"]; keys == nil || keys.Named.Objects != 2 {
			t.Errorf("private keys by name = %+v; want 2", keys)
		}
		if got.Coverage.Complete.Objects != 1 {
			t.Errorf("coverage %+v; want complete", got.Coverage)
		}
	}
}

// A disk image that stands unpacked in an archive is opened where it is.
func TestDiskImageInZip(t *testing.T) {
	tool, err := exec.LookPath("mke2fs")
	if err != nil {
		t.Skip("no mke2fs")
	}
	dir := t.TempDir()
	root, file := filepath.Join(dir, "root"), filepath.Join(dir, "disk.img")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "readme.md"), []byte("see sig=abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, "-q", "-t", "ext4", "-d", root, file, "32M").CombinedOutput(); err != nil {
		t.Fatalf("mke2fs: %v: %s", err, out)
	}
	image, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := zipped(t, member{"disk.img", string(image), zip.Store}, member{"a.jpg", "\xff\xd8", zip.Store})
	_, s, n := lookInto(t, "backup.zip", archive)
	if want := []string{"c/backup.zip!disk.img!readme.md"}; !slices.Equal(s.seen, want) {
		t.Errorf("links in %q; want %q", s.seen, want)
	}
	if n > int64(len(archive)/4) {
		t.Errorf("%d of %d bytes were read", n, len(archive))
	}
}
