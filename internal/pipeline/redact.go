package pipeline

import (
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

// Redact returns text with every link in it redacted, for what is said outside
// of a run. It is not for hot paths.
func Redact(text string) string { return redactor{find.New(find.Options{})}.text(text) }

// redactor takes links out of text that says where something is: a link may
// stand in a file name, in a ref, in the name of an author.
type redactor struct{ finder *find.Finder }

// text returns s with every link in it redacted.
func (r redactor) text(s string) string {
	if len(s) < shortestLink || !strings.ContainsAny(s, "=+%") {
		return s
	}
	hits := r.finder.Text([]byte(s))
	for i := len(hits) - 1; i >= 0; i-- {
		h := hits[i]
		s = s[:h.Span[0]] + h.Link.Redacted + s[h.Span[1]:]
	}
	return masked(s)
}

// shortestLink is fewer bytes than any link has: those of a signature.
const shortestLink = 27

// masked elides what follows the name of a secret, for links that are cut or
// altered to fit where they stand.
func masked(s string) string {
	for _, name := range []string{"sig=", "signature=", "accountkey=", "sharedaccesskey="} {
		for from := 0; ; {
			i := strings.Index(lower(s[from:]), name)
			if i < 0 {
				break
			}
			from += i + len(name)
			n := strings.IndexFunc(s[from:], func(c rune) bool { return !strings.ContainsRune(valueRunes, c) })
			if n < 0 {
				n = len(s) - from
			}
			if n >= shortestLink {
				s = s[:from] + "…" + s[from+n:]
			}
		}
	}
	return s
}

// lower returns s with the ASCII letters in lower case and as many bytes.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

const valueRunes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/%=_-~"

func (r redactor) place(p *overgrant.Place) {
	p.Path = r.text(p.Path)
	p.Ref = r.text(p.Ref)
}

func (r redactor) sighting(s *overgrant.Sighting) {
	r.place(&s.Place)
	s.Author = r.text(s.Author)
	for i, ref := range s.Refs {
		if clean := r.text(ref); clean != ref {
			s.Refs = append([]string(nil), s.Refs...)
			s.Refs[i] = clean
		}
	}
}
