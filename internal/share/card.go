package share

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/overgrant/overgrant"
)

// Card is what is handed out of a share: a page, a list, a piece of a README. The
// links in it are secrets; what writes them is told how to see them.
type Card struct {
	Name, Purpose, Owner string
	Container            string
	Form                 Form
	Listing              Listing
	Expiry               time.Time
	IP                   string
	Files                []CardFile
	Total                overgrant.Tally
	Signature            string // file with the signature of the model; empty if there is none
	Root                 string // SHA-256 of the signed model as a whole, hex; empty without a signature

	// Reveal gives the text of a link. Nil leaves a stand-in for it.
	Reveal func(overgrant.Secret) string
}

// CardFile is one file with its link. A link to a directory or container has
// the path of that and no digests.
type CardFile struct {
	Object
	Link overgrant.Secret
}

// Listed is the list of a share for programs: one link a file.
type Listed struct {
	Schema    string       `json:"schema"` // overgrant.share.files/1
	Name      string       `json:"name"`
	Purpose   string       `json:"purpose,omitempty"`
	Container string       `json:"container"`
	Scope     Form         `json:"scope"` // what each link opens
	Expires   time.Time    `json:"expires"`
	Files     []ListedFile `json:"files"`
}

// ListedFile is one line of the list.
type ListedFile struct {
	Object
	Link string `json:"link"`
}

func (c *Card) link(f *CardFile) string {
	if c.Reveal == nil {
		return "LINK"
	}
	return c.Reveal(f.Link)
}

// WriteList writes the share as JSON.
func (c *Card) WriteList(w io.Writer) error {
	l := Listed{Schema: "overgrant.share.files/1", Name: c.Name, Purpose: c.Purpose, Container: c.Container, Scope: c.Form, Expires: c.Expiry, Files: []ListedFile{}}
	for i := range c.Files {
		l.Files = append(l.Files, ListedFile{c.Files[i].Object, c.link(&c.Files[i])})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(l)
}

// WriteLinks writes the links, one a line.
func (c *Card) WriteLinks(w io.Writer) error {
	b := bufio.NewWriter(w)
	for i := range c.Files {
		fmt.Fprintln(b, c.link(&c.Files[i]))
	}
	return b.Flush()
}

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"size": size, "until": until, "words": words}).Parse(pageText))

// WritePage writes a page to download from, in one file: without a script, and
// with nothing that would tell its links to anybody else.
func (c *Card) WritePage(w io.Writer) error {
	type line struct {
		Object
		Link string
	}
	page := struct {
		*Card
		Lines []line
		Sums  bool
	}{Card: c}
	for i := range c.Files {
		page.Lines = append(page.Lines, line{c.Files[i].Object, c.link(&c.Files[i])})
		page.Sums = page.Sums || c.Files[i].SHA256 != ""
	}
	return pageTemplate.Execute(w, page)
}

// mostInSnippet is how many files a snippet names one by one.
const mostInSnippet = 40

// WriteSnippet writes a piece of Markdown for a README or a model card.
func (c *Card) WriteSnippet(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "## Download\n\n")
	if c.Purpose != "" {
		fmt.Fprintf(b, "%s\n\n", markdown(c.Purpose))
	}
	head, rule := "| file | size |", "|---|---|"
	if c.sums() {
		head, rule = head+" SHA-256 |", rule+"---|"
	}
	fmt.Fprintf(b, "%s\n%s\n", head, rule)
	for i := range c.Files[:min(len(c.Files), mostInSnippet)] {
		f := &c.Files[i]
		fmt.Fprintf(b, "| [%s](%s) | %s |", markdown(f.Name), address(c.link(f)), size(f.Size))
		if c.sums() {
			fmt.Fprintf(b, " `%s` |", f.SHA256)
		}
		fmt.Fprintln(b)
	}
	if more := len(c.Files) - mostInSnippet; more > 0 {
		fmt.Fprintf(b, "\n… and %d more.\n", more)
	}
	fmt.Fprintf(b, "\n%s\n", c.terms())
	c.check(b)
	return b.Flush()
}

func (c *Card) sums() bool { return len(c.Files) > 0 && c.Files[0].SHA256 != "" }

// terms says what the links do and until when.
func (c *Card) terms() string {
	verb := "read"
	if c.Listing == Lists {
		verb = "read and list"
	}
	text := fmt.Sprintf("The links work until %s. They %s, over https", until(c.Expiry), verb)
	if c.IP != "" {
		text += ", from " + c.IP
	}
	return text + "; pass them on to nobody else."
}

// check writes how what was downloaded is verified.
func (c *Card) check(b *bufio.Writer) {
	if c.Signature != "" {
		fmt.Fprintf(b, "\nThe model is signed; its digest is `%s`. Check what you downloaded into `DIR` with the signer's public key and `%s`, before anything loads it:\n\n```sh\novergrant manifest verify --public-key PUBLIC_KEY.pem --signature %[2]s DIR\n```\n", c.Root, shell(c.Signature))
	}
	if !c.sums() || len(c.Files) > mostInSnippet {
		return
	}
	fmt.Fprintf(b, "\n```sh\nsha256sum -c <<'EOF'\n")
	for i := range c.Files {
		if f := &c.Files[i]; words(f.Name) == f.Name && !strings.ContainsAny(f.Name, "\\`") {
			fmt.Fprintf(b, "%s  %s\n", f.SHA256, f.Name[strings.LastIndexByte(f.Name, '/')+1:])
		}
	}
	fmt.Fprintf(b, "EOF\n```\n")
}

// markdown writes text so that nothing in it is taken for Markdown or HTML.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range words(s) {
		if strings.ContainsRune("\\`*_{}[]()<>#|!~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// address writes a link so that it stands in the parentheses of Markdown.
func address(s string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(s)
}

// words replaces what does not print, and what turns or hides text.
func words(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// shell quotes a word if it needs it.
func shell(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(words(s), "'", `'\''`) + "'"
}

func until(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// size writes bytes with three digits that matter.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n)/1000, []string{"kB", "MB", "GB", "TB", "PB"}
	for v >= 999.5 && len(units) > 1 {
		v, units = v/1000, units[1:]
	}
	if v < 10 {
		return fmt.Sprintf("%.1f %s", v, units[0])
	}
	return fmt.Sprintf("%.0f %s", v, units[0])
}
