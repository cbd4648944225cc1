package git_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source/git"
)

// tableWriter writes a table of refs as git documents it, with two refs to a
// block.
type tableWriter struct {
	buf    []byte
	align  int
	sha256 bool
}

func (w *tableWriter) header() []byte {
	head := append([]byte("REFT\x01"), byte(w.align>>16), byte(w.align>>8), byte(w.align))
	head = append(head, make([]byte, 16)...)
	if w.sha256 {
		head[4] = 2
		head = append(head, "s256"...)
	}
	return head
}

func varint(n int) []byte {
	out := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		out = append([]byte{byte(n&0x7f) | 0x80}, out...)
	}
	return out
}

// record adds a record to a block, its key cut by what the last one has too.
func record(block []byte, last, key string, kind int, value []byte) []byte {
	n := 0
	for n < min(len(last), len(key)) && last[n] == key[n] {
		n++
	}
	block = append(block, varint(n)...)
	block = append(block, varint((len(key)-n)<<3|kind)...)
	block = append(block, key[n:]...)
	return append(block, value...)
}

// block ends a block whose first skip bytes are the file's.
func (w *tableWriter) block(kind byte, skip int, records []byte) {
	start := len(w.buf) - skip
	body := append(slices.Clone(records), 0, 0, byte(skip+4), 0, 1)
	size := skip + 4 + len(body)
	w.buf = append(w.buf, kind, byte(size>>16), byte(size>>8), byte(size))
	if kind == 'g' {
		var z bytes.Buffer
		c := zlib.NewWriter(&z)
		c.Write(body)
		c.Close()
		w.buf = append(w.buf, z.Bytes()...)
		return
	}
	w.buf = append(w.buf, body...)
	for w.align > 0 && (len(w.buf)-start)%w.align != 0 {
		w.buf = append(w.buf, 0)
	}
}

// write makes the file of refs, which map to ids in hex, "ref: NAME" or "" for
// a ref that is deleted, and of the log of the stash, newest first.
func (w *tableWriter) write(refs map[string]string, stashes []string) []byte {
	w.buf = w.header()
	skip := len(w.buf)
	var names []string
	for name := range refs {
		names = append(names, name)
	}
	slices.Sort(names)
	for pair := range slices.Chunk(names, 2) {
		var records []byte
		last := ""
		for _, name := range pair {
			value, kind := []byte{7}, 0
			switch to, link := strings.CutPrefix(refs[name], "ref: "); {
			case link:
				kind, value = 3, append(append(value, varint(len(to))...), to...)
			case to != "":
				id, _ := hex.DecodeString(to)
				kind, value = 1, append(value, id...)
				if strings.HasPrefix(name, "refs/tags/") {
					kind, value = 2, append(value, id...)
				}
			}
			records = record(records, last, name, kind, value)
			last = name
		}
		w.block('r', skip, records)
		skip = 0
	}
	logs := 0
	if len(stashes) > 0 {
		logs = len(w.buf)
		if skip > 0 {
			logs = 0
		}
		var records []byte
		last := ""
		for i, id := range stashes {
			raw, _ := hex.DecodeString(id)
			key := string(binary.BigEndian.AppendUint64([]byte("refs/stash\x00"), ^uint64(100-i)))
			value := append(make([]byte, len(raw)), raw...)
			for _, text := range []string{"Ann", "ann@example.com"} {
				value = append(append(value, varint(len(text))...), text...)
			}
			value = append(append(value, varint(1577836800)...), 0, 0)
			value = append(append(value, varint(7)...), "message"...)
			records = record(records, last, key, 1, value)
			last = key
		}
		w.block('g', skip, records)
	}
	foot := w.header()
	foot = append(foot, make([]byte, 24)...)
	foot = binary.BigEndian.AppendUint64(foot, uint64(logs))
	foot = append(foot, make([]byte, 8)...)
	foot = binary.BigEndian.AppendUint32(foot, crc32.ChecksumIEEE(foot))
	return append(w.buf, foot...)
}

// TestReftable moves the refs of a repository into tables.
func TestReftable(t *testing.T) {
	for _, align := range []int{0, 256} {
		for _, format := range []string{"sha1", "sha256"} {
			t.Run(fmt.Sprintf("%s_%d", format, align), func(t *testing.T) {
				r := newRepository(t, "--object-format="+format)
				inMain, inSide, inStash, old := newLink(), newLink(), newLink(), newLink()
				r.write("a.txt", inMain)
				main := r.commit("one")
				r.git("checkout", "-q", "-b", "side")
				r.write("a.txt", inSide)
				side := r.commit("two")
				r.git("checkout", "-q", "main")
				r.write("a.txt", old)
				r.git("stash", "-q")
				older := r.git("rev-parse", "refs/stash")
				r.write("a.txt", inStash)
				r.git("stash", "-q")
				stash := r.git("rev-parse", "refs/stash")

				first := map[string]string{"HEAD": "ref: refs/heads/main", "refs/heads/gone": side, "refs/heads/main": side,
					"refs/heads/side": main, "refs/stash": stash, "refs/tags/v1": main}
				second := map[string]string{"refs/heads/gone": "", "refs/heads/main": main, "refs/heads/side": side}
				w := tableWriter{align: align, sha256: format == "sha256"}
				gitDir := filepath.Join(r.path, ".git")
				os.RemoveAll(filepath.Join(gitDir, "refs", "heads"))
				os.Remove(filepath.Join(gitDir, "refs", "stash"))
				os.Remove(filepath.Join(gitDir, "index"))
				os.Remove(filepath.Join(gitDir, "ORIG_HEAD"))
				os.RemoveAll(filepath.Join(gitDir, "logs"))
				put(r, "refs/heads", "this repository uses the reftable format\n")
				put(r, "HEAD", "ref: refs/heads/.invalid\n")
				put(r, "reftable/one.ref", string(w.write(first, nil)))
				put(r, "reftable/two.ref", string(w.write(second, nil)))
				put(r, "reftable/log.ref", string(w.write(nil, []string{stash, older})))
				put(r, "reftable/tables.list", "one.ref\ntwo.ref\nlog.ref\n")
				r.t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
				config := filepath.Join(gitDir, "config")
				text, _ := os.ReadFile(config)
				os.WriteFile(config, append(text, "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n"...), 0o644)

				found := scan(t, r.path, git.Options{})
				for _, s := range found.skipped {
					t.Errorf("skipped %+v", s)
				}
				for link, w := range map[string]want{
					inMain:  {commit: main, path: "a.txt", head: true, ref: "refs/heads/main"},
					inSide:  {commit: side, path: "a.txt", ref: "refs/heads/side"},
					inStash: {path: "a.txt", ref: "refs/stash"},
					old:     {path: "a.txt", ref: "stash@{1}"},
				} {
					all := found.of(link)
					if len(all) != 1 {
						t.Errorf("%d sightings of %s (%+v); want 1", len(all), link, w)
						continue
					}
					w.check(t, all[0])
				}
			})
		}
	}
}
