package cli_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/overgrant/overgrant/internal/cli"
)

// repo is a git repository in which links are hidden.
type repo struct {
	t   *testing.T
	dir string
}

func (r *repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@contoso.example", "GIT_AUTHOR_DATE=2024-03-01T10:00:00Z",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@contoso.example", "GIT_COMMITTER_DATE=2024-03-01T10:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "CONFLICT") {
		r.t.Fatalf("git %s: %v", args[0], err)
	}
	return strings.TrimSpace(string(out))
}

func (r *repo) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) commit(message string) {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
}

// file commits one file and goes on.
func (r *repo) file(name, text string) { r.write(name, text); r.commit("add a file") }

func zipped(name, text string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create(name)
	_, _ = f.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func wide(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// places are where a link may hide in a repository. Each hides one link.
var places = []struct {
	name, path, part string // path and part that the sighting must have; "" is not compared
	hide             func(r *repo, link string)
}{
	{"addedline", "added.txt", "", func(r *repo, l string) { r.file("added.txt", "one\n"); r.file("added.txt", "one\n"+l+"\n") }},
	{"deletedline", "deleted.txt", "", func(r *repo, l string) { r.file("deleted.txt", "one\n"+l+"\n"); r.file("deleted.txt", "one\n") }},
	{"deletedfile", "gone/file.txt", "", func(r *repo, l string) {
		r.file("gone/file.txt", l)
		r.git("rm", "-q", "-r", "gone")
		r.commit("remove")
	}},
	{"mergeonly", "merged.txt", "", func(r *repo, l string) {
		r.file("merged.txt", "base\n")
		r.git("checkout", "-q", "-b", "side")
		r.file("merged.txt", "side\n")
		r.git("checkout", "-q", "main")
		r.file("merged.txt", "main\n")
		r.git("merge", "-q", "side")
		r.write("merged.txt", "main\nside\n"+l+"\n")
		r.commit("merge")
		r.file("merged.txt", "clean\n")
	}},
	{"stash", "stashed.txt", "", func(r *repo, l string) { r.file("stashed.txt", "x\n"); r.write("stashed.txt", l); r.git("stash", "-q") }},
	{"olderstash", "stashed2.txt", "", func(r *repo, l string) {
		r.file("stashed2.txt", "x\n")
		r.write("stashed2.txt", l)
		r.git("stash", "-q")
		r.write("stashed2.txt", "another")
		r.git("stash", "-q")
	}},
	{"note", "", "", func(r *repo, l string) { r.git("notes", "add", "-f", "-m", l) }},
	{"tagmessage", "", "message", func(r *repo, l string) { r.git("tag", "-a", "v1", "-m", "see "+l) }},
	{"commitmessage", "", "message", func(r *repo, l string) { r.write("m.txt", "m"); r.commit("see " + l) }},
	{"emptycommit", "", "message", func(r *repo, l string) { r.commit("nothing but " + l) }},
	{"authorname", "", "author", func(r *repo, l string) {
		r.git("commit", "-q", "--allow-empty", "-m", "by", "--author", strings.TrimPrefix(l, "https://")+" <a@b.example>")
	}},
	{"refname", "", "", func(r *repo, l string) {
		r.git("branch", "see/"+strings.NewReplacer("https://", "", "?", "/", ":", "%3A").Replace(l))
	}},
	{"filename", "", "", func(r *repo, l string) {
		r.file("at "+strings.NewReplacer("https://", "", "/", "_").Replace(l)+".txt", "x")
	}},
	{"symlink", "link", "", func(r *repo, l string) {
		if err := os.Symlink(l, filepath.Join(r.dir, "link")); err != nil {
			r.t.Fatal(err)
		}
		r.commit("link")
	}},
	{"gitmodules", ".gitmodules", "", func(r *repo, l string) { r.file(".gitmodules", "[submodule \"m\"]\n\tpath = m\n\turl = "+l+"\n") }},
	{"renamecommit", "new name.txt", "", func(r *repo, l string) {
		body := strings.Repeat("a line that stays the same\n", 40)
		r.file("old name.txt", body)
		r.git("mv", "old name.txt", "new name.txt")
		r.file("new name.txt", body+l+"\n")
	}},
	{"nodiff", "quiet.txt", "", func(r *repo, l string) { r.file(".gitattributes", "quiet.txt -diff\n"); r.file("quiet.txt", l) }},
	{"binary", "data.bin", "", func(r *repo, l string) { r.file("data.bin", "\x00\x01\x02\xff"+l+"\x00\xfe\x00") }},
	{"utf16", "wide.txt", "", func(r *repo, l string) { r.file("wide.txt", wide("first\r\n"+l+"\r\n")) }},
	{"zipblob", "a.zip!in/side.txt", "", func(r *repo, l string) { r.file("a.zip", zipped("in/side.txt", l)) }},
	{"zipinzip", "b.zip!c.zip!in/side.txt", "", func(r *repo, l string) { r.file("b.zip", zipped("c.zip", zipped("in/side.txt", l))) }},
	{"gzipblob", "", "", func(r *repo, l string) { r.file("log.gz", gzipped(l)) }},
	{"lockfile", "package-lock.json", "", func(r *repo, l string) { r.file("package-lock.json", `{"resolved": "`+l+`"}`) }},
	{"vendored", "vendor/github.com/x/y.go", "", func(r *repo, l string) { r.file("vendor/github.com/x/y.go", "// "+l) }},
	{"nodemodules", "node_modules/x/index.js", "", func(r *repo, l string) { r.file("node_modules/x/index.js", "// "+l) }},
	{"svg", "logo.svg", "", func(r *repo, l string) { r.file("logo.svg", `<image href="`+strings.ReplaceAll(l, "&", "&amp;")+`"/>`) }},
	{"longline", "long.txt", "", func(r *repo, l string) { r.file("long.txt", strings.Repeat("x ", 1<<20)+l+strings.Repeat(" y", 1<<20)) }},
	{"afterlongline", "long2.txt", "", func(r *repo, l string) { r.file("long2.txt", strings.Repeat("z", 11<<20)+"\n"+l+"\n") }},
	{"allowcomment", "allowed.txt", "", func(r *repo, l string) { r.file("allowed.txt", l+" # gitleaks:allow trufflehog:ignore") }},
	{"pullrequest", "pr.txt", "", func(r *repo, l string) {
		r.git("checkout", "-q", "--detach")
		r.file("pr.txt", l)
		r.git("update-ref", "refs/pull/7/head", "HEAD")
		r.git("checkout", "-q", "main")
	}},
}

// expiry tells the link of the i-th place from the others.
func expiry(i int) string { return fmt.Sprintf("%d-01-01T00:00:00Z", 2030+i) }

func link(i int) string {
	return fmt.Sprintf("https://contoso.blob.core.windows.net/c/b?sv=2022-11-02&sr=c&sp=rl&se=%d-01-01&sig=%s", 2030+i, signature())
}

func TestEveryPlaceInGit(t *testing.T) {
	for _, packed := range []bool{false, true} {
		name := "loose"
		if packed {
			name = "packed"
		}
		t.Run(name, func(t *testing.T) {
			r := &repo{t, t.TempDir()}
			r.git("init", "-q", "-b", "main")
			r.file("README", "first\n")
			for i, p := range places {
				p.hide(r, link(i))
			}
			r.git("checkout", "-q", "--detach")
			r.file("lost.txt", link(len(places)))
			r.git("checkout", "-q", "main")
			if packed {
				r.git("repack", "-q", "-a", "-d", "-k", "-f")
			}
			cases := scanned(t, "git:"+r.dir)
			for i, p := range places {
				checkPlace(t, p.name, cases[expiry(i)], seen{Path: p.path, Part: p.part})
			}
			if _, ok := cases[expiry(len(places))]; ok {
				t.Errorf("a link that no ref leads to is told without being asked for")
			}
			if _, ok := scanned(t, "--unreachable", "git:"+r.dir)[expiry(len(places))]; !ok {
				t.Errorf("a link that no ref leads to is not told with --unreachable")
			}
		})
	}
}

type seen struct {
	Path, Part, Commit, Ref, Object, Author string
	Line                                    int
	Span                                    [2]int64
	Time                                    time.Time
}

func checkPlace(t *testing.T, name string, got []seen, want seen) {
	t.Helper()
	if len(got) == 0 {
		t.Errorf("%s: not found", name)
		return
	}
	for _, s := range got {
		if (want.Path == "" || s.Path == want.Path) && (want.Part == "" || s.Part == want.Part) && (s.Commit != "" || s.Ref != "" || s.Object != "") {
			return
		}
	}
	t.Errorf("%s: seen at %+v; want %+v", name, got, want)
}

// scanned runs a scan and returns the sightings by the expiry of their link.
func scanned(t *testing.T, args ...string) map[string][]seen {
	t.Helper()
	var out, errs bytes.Buffer
	w := cli.World{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Getenv: os.Getenv}
	if code := cli.Main(append([]string{"scan", "--no-cache", "--format", "jsonl"}, args...), w); code > 1 {
		t.Fatalf("scan exits with %d: %s", code, errs.String())
	}
	cases := map[string][]seen{}
	for line := range strings.Lines(out.String()) {
		var c struct {
			Expiry string
			Seen   []seen
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("read a case: %v", err)
		}
		cases[c.Expiry] = append(cases[c.Expiry], c.Seen...)
	}
	return cases
}
