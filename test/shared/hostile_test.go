package shared_test

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/kind"
)

// hostile are names of objects that mean to break out of what is written.
var hostile = []string{
	"resnet/<img src=x onerror=alert(1)>.txt", "resnet/](javascript:alert(1)).txt", "resnet/a'\"`$(id)`.txt", "resnet/100%25.txt",
	"resnet/-rf.txt", "resnet/\u202etxt.exe", "resnet/a\u061cb\U000e0041.txt", "resnet/a b+c&sig=x#y?z.txt", "resnet/EOF", "resnet/日本 é.txt", "resnet/| a |.txt",
}

// TestHostileNames shares objects with such names: each link opens its object, and
// nothing that is written is taken for anything but text.
func TestHostileNames(t *testing.T) {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	for _, name := range hostile {
		a.PutBlob(t, "models", name, []byte(name))
	}
	sharing := []string{"--yes", "--purpose", "<script>alert(1)</script>\u202e"}
	code, got, said := a.share(t, a.owning(), append(sharing, "--name", "list", "--sha256", "-o", a.path("list.json"), a.at("models/resnet/"))...)
	if code != 0 {
		t.Fatalf("share = %d\n%s", code, said)
	}
	text, err := os.ReadFile(a.path("list.json"))
	var list share.Listed
	if err != nil || json.Unmarshal(text, &list) != nil || len(list.Files) != len(hostile) {
		t.Fatalf("the list has %d files, %v", len(list.Files), err)
	}
	for _, f := range list.Files {
		if status, body := a.ask(t, http.MethodGet, f.Link); status != http.StatusOK || body != "resnet/"+f.Name {
			t.Errorf("download of %q = %d %q", f.Name, status, body)
		}
	}
	code, out, said := a.run(t, append(append(append([]string{"share"}, a.owning()...), sharing...), "--name", "page", "-o", a.path("page.html"), a.at("models/resnet/"))...)
	page, err := os.ReadFile(a.path("page.html"))
	if code != 0 || err != nil {
		t.Fatalf("share = %d, %v\n%s", code, err, said)
	}
	_, table, _ := strings.Cut(out, "For a README")
	for what, text := range map[string]string{"page": string(page), "terminal": out, "errors": said, "snippet": got.Snippet, "card": table} {
		for _, bad := range []string{"\u202e", "\u061c", "\U000e0041", "<script>alert"} {
			if strings.Contains(text, bad) && (what == "page" || bad[0] != '<') {
				t.Errorf("the %s holds %q", what, bad)
			}
		}
	}
	if strings.Contains(string(page), "<img") || strings.Contains(got.Snippet, "](javascript") && !strings.Contains(got.Snippet, "\\]\\(javascript") {
		t.Error("a name breaks out")
	}
	links := pageLinks(string(page))
	if len(links) != len(hostile) {
		t.Fatalf("the page has %d links; want %d", len(links), len(hostile))
	}
	for _, link := range links {
		if status, body := a.ask(t, http.MethodGet, link); status != http.StatusOK || !strings.HasPrefix(body, "resnet/") {
			t.Errorf("a link of the page = %d %q", status, body)
		}
	}
	a.keptNowhere(t, links, out+said)
}

// pageLinks are the links of a page.
func pageLinks(page string) (all []string) {
	for _, part := range strings.Split(page, `<a href="`)[1:] {
		link, _, _ := strings.Cut(part, `"`)
		all = append(all, html.UnescapeString(link))
	}
	return all
}

// keptNowhere checks that signatures stand in no file but those of -o, and in no
// output.
func (a *account) keptNowhere(t *testing.T, links []string, outputs string) {
	t.Helper()
	var sigs []string
	for _, link := range links {
		l, err := kind.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		_, sig, _ := strings.Cut(l.Secret.Reveal(), "sig=")
		sig, _, _ = strings.Cut(sig, "&")
		sigs = append(sigs, sig[:20])
	}
	files, err := filepath.Glob(a.path("*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if ext := filepath.Ext(name); ext == ".html" || ext == ".json" {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, sig := range sigs {
			if bytes.Contains(data, []byte(sig)) || strings.Contains(outputs, sig) {
				t.Errorf("a signature stands in %s, or was printed", filepath.Base(name))
			}
		}
	}
}
