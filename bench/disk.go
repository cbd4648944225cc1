package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// The disk of a workstation, and the films that fill a part of it.
const (
	diskBytes = 40 << 30
	films     = 12
	filmBytes = 100 << 20
)

// diskTools make the image.
var diskTools = []string{"mkntfs", "ntfs-3g", "fusermount", "qemu-img"}

// disk measures an image behind a link: what is fetched of it, by the record of
// all requests, against what the image holds.
func (b *bench) disk() error {
	for _, tool := range diskTools {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s is not on PATH: the disk image is left out\n", tool)
			return nil
		}
	}
	image := absolute(filepath.Join(b.out, "disk", "backup.vhdx"))
	if err := makeDisk(image); err != nil {
		return fmt.Errorf("make the image: %w", err)
	}
	held, err := takes(image)
	if err != nil {
		return err
	}
	return b.serving([]string{"-containers", "0", "-page", image}, func(s *fakeServer) error {
		record := absolute(filepath.Join(b.out, "disk", "record.jsonl"))
		if err := os.RemoveAll(record); err != nil {
			return err
		}
		var out bytes.Buffer
		r, err := b.one(command{
			line: []string{b.bin, "measure", "--quiet", "--format", "json", "--record", record, "--allow-host", s.host, s.link},
			env:  b.state(), out: &out,
		})
		if err != nil {
			return err
		}
		fetched, requests, err := recorded(record)
		if err != nil {
			return err
		}
		b.rated("disk, 40 GB VHDX", "overgrant measure", r, r, rate{}, "")
		if err := b.table.Flush(); err != nil {
			return err
		}
		fmt.Printf("disk, 40 GB VHDX: read %.2f of %.0f MB in %d requests: %.2f %%, bar 1 %%\n",
			float64(fetched)/1e6, float64(held)/1e6, requests, 100*float64(fetched)/float64(held))
		for _, find := range classesIn(out.Bytes()) {
			fmt.Println("disk, 40 GB VHDX: found", find)
		}
		return nil
	})
}

// makeDisk makes the image, unless it is there.
func makeDisk(image string) (fault error) {
	if _, err := os.Stat(image); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(image), 0o750); err != nil {
		return err
	}
	raw := image + ".raw"
	root := image + ".mnt"
	defer func() { fault = errors.Join(fault, os.RemoveAll(raw), os.RemoveAll(root)) }()
	if err := os.WriteFile(raw, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(raw, diskBytes); err != nil {
		return err
	}
	if err := os.MkdirAll(root, 0o750); err != nil {
		return err
	}
	if err := runs("mkntfs", "-F", "-Q", "-q", "-p", "0", "-s", "512", "-H", "255", "-S", "63", raw); err != nil {
		return err
	}
	if err := runs("ntfs-3g", "-o", "big_writes", raw, root); err != nil {
		return err
	}
	err := workstation(root)
	if err := errors.Join(err, runs("fusermount", "-u", root)); err != nil {
		return err
	}
	half := image + ".half"
	if err := runs("qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=dynamic,block_size=2097152", raw, half); err != nil {
		return err
	}
	return os.Rename(half, image)
}

func runs(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// workstation writes the files of one: many that hold nothing, a few that do.
func workstation(root string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	user := "Users/ada/"
	files := map[string][]byte{
		user + ".ssh/id_ed25519":                                          pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		user + "NTUSER.DAT":                                               noise(256 << 10),
		user + "Documents/work.kdbx":                                      noise(40_000),
		user + "Documents/notes.txt":                                      []byte("buy milk\n"),
		"Windows/System32/config/SAM":                                     noise(65_536),
		"Windows/System32/config/SYSTEM":                                  noise(1 << 20),
		user + "AppData/Local/Google/Chrome/User Data/Default/Login Data": noise(49_152),
	}
	for i := range 3000 {
		files[fmt.Sprintf("%sAppData/Local/Packages/P%03d/LocalState/f_%06d.dat", user, i%100, i)] = noise(200 + i%4000)
	}
	for path, text := range files {
		if err := write(filepath.Join(root, filepath.FromSlash(path)), text, 1); err != nil {
			return err
		}
	}
	for i := range films {
		if err := write(filepath.Join(root, user, "Videos", fmt.Sprintf("film%03d.mp4", i)), film, filmBytes/len(film)); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file that holds text so many times.
func write(path string, text []byte, times int) (fault error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { fault = errors.Join(fault, f.Close()) }()
	for range times {
		if _, err := f.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// noise is n bytes that nothing can be made of, a megabyte at most.
func noise(n int) []byte { return film[:n] }

// film is a megabyte without meaning.
var film = func() []byte {
	b := make([]byte, 1<<20)
	_, _ = rand.Read(b) // never fails
	return b
}()

// takes is how much a file takes on the disk, in bytes, holes apart.
func takes(path string) (int64, error) {
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		return 0, fmt.Errorf("look at %s: %w", path, err)
	}
	return s.Blocks * 512, nil
}

// recorded sums up a record of requests.
func recorded(path string) (fetched int64, requests int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); requests++ {
		var line struct{ Bytes int64 }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return 0, 0, fmt.Errorf("read the record: %w", err)
		}
		fetched += line.Bytes
	}
	return fetched, requests, nil
}

// classesIn names the classes of the finds in a report.
func classesIn(report []byte) []string {
	var cases []struct {
		Exposure struct {
			Finds []struct {
				Class string
				Named struct{ Objects int64 }
				Seen  struct{ Objects int64 }
			}
		}
	}
	if err := json.Unmarshal(report, &cases); err != nil {
		return []string{"the report cannot be read: " + err.Error()}
	}
	var all []string
	for _, c := range cases {
		for _, held := range c.Exposure.Finds {
			all = append(all, fmt.Sprintf("%s (%d by name, %d by content)", held.Class, held.Named.Objects, held.Seen.Objects))
		}
	}
	slices.Sort(all)
	return all
}
