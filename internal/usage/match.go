package usage

import (
	"bytes"
	"strings"

	"github.com/overgrant/overgrant"
)

// Known is a link that somebody knows: a case, or one of the ledger. Nothing in
// it is secret.
type Known struct {
	Name    string         // in the ledger; empty for a case
	Link    overgrant.Link // Redacted and Grant are read
	Sign    string         // the hash by which logs name its signature, hex; empty if it is not known
	KeyHash string         // SHA-256 of the decoded key that signed it, hex; empty if it is not known
}

// book finds links that are known.
type book struct {
	links    []entry
	bySign   map[string][]int // hash of the signature, hex in lower case
	byParams map[uint64][]int
	byID     map[string][]int // of the case
	keys     map[string][]int // hash of an account key
}

type entry struct {
	Known
	ours   bool
	params uint64
	target string
}

func newBook(cases, ledger []Known) book {
	b := book{bySign: map[string][]int{}, byParams: map[uint64][]int{}, byID: map[string][]int{}, keys: map[string][]int{}}
	for _, k := range cases {
		b.add(entry{Known: k})
	}
	for _, k := range ledger {
		b.add(entry{Known: k, ours: true})
	}
	return b
}

func (b *book) add(e entry) {
	i := len(b.links)
	if g := &e.Link.Grant; g.Kind == "account_key" || g.Kind == "connection_string" {
		b.keys[e.Link.ID] = append(b.keys[e.Link.ID], i)
	} else {
		var c Census
		s := c.signatureOf(queryIn(e.Link.Redacted))
		if e.params = s.id; e.params != 0 {
			b.byParams[e.params] = append(b.byParams[e.params], i)
		}
		e.target = string(s.target([]byte(joined(g.Container, g.Table, g.Path))))
	}
	if e.Sign != "" {
		e.Sign = strings.ToLower(e.Sign)
		b.bySign[e.Sign] = append(b.bySign[e.Sign], i)
	}
	e.KeyHash = strings.ToLower(e.KeyHash)
	b.byID[e.Link.ID] = append(b.byID[e.Link.ID], i)
	b.links = append(b.links, e)
}

func joined(container, table, path string) string {
	if container == "" {
		container = table
	}
	if path == "" {
		return container
	}
	return container + "/" + path
}

// queryIn returns the parameters in the redacted text of a link: a URL, a token
// alone, or a connection string.
func queryIn(link string) []byte {
	text := []byte(strings.TrimSpace(link))
	if i := bytes.LastIndexByte(text, '?'); i >= 0 {
		text = text[i+1:]
	} else if i := bytes.Index(bytes.ToLower(text), []byte("sharedaccesssignature=")); i >= 0 {
		text = text[i+len("sharedaccesssignature="):]
	}
	text, _, _ = bytes.Cut(text, []byte(";"))
	return text
}

// match says whose token t is. Equal hashes of the signature are proof. Equal
// parameters are not: both keys, and every change of a key, sign the same
// parameters anew; so nothing that is known of the two may differ.
func (b *book) match(t *token) overgrant.UsedMatch {
	var m overgrant.UsedMatch
	if t.sort == byKey {
		b.note(&m, b.keys[t.keyHash], "key")
		return m
	}
	if t.sort != bySignature {
		return m
	}
	if at := b.keys[t.keyHash]; t.keyHash != "" && len(at) > 0 {
		m.LeakedBy = b.links[at[0]].Link.ID
	}
	at := b.byID[t.leakedID]
	if t.signed {
		at = append(at[:len(at):len(at)], b.bySign[t.id()]...)
	}
	if b.note(&m, at, "signature"); !m.IsZero() || t.params == 0 {
		return m
	}
	var alike []int
	for _, i := range b.byParams[t.params] {
		if b.links[i].fits(t) {
			alike = append(alike, i)
		}
	}
	b.note(&m, alike, "parameters")
	return m
}

// note takes entries that are the same link into m: the first of the cases and
// the first of the ledger.
func (b *book) note(m *overgrant.UsedMatch, at []int, by string) {
	ids := map[string]bool{}
	for _, i := range at {
		e := &b.links[i]
		ids[e.Link.ID] = true
		switch {
		case e.ours && m.Ledger == "":
			m.Ledger, m.By = e.Name, by
		case !e.ours && m.Known == "":
			m.Known, m.By = e.Link.ID, by
		}
	}
	m.Others = max(len(ids)-1, 0)
}

// delegated is the name of the key of a user delegation SAS. That its signature is
// hashed like others nobody has confirmed, so that hashes differ says nothing.
const delegated = "user-delegation"

// fits reports whether nothing that is known of e speaks against its being t.
func (e *entry) fits(t *token) bool {
	if e.Sign != "" && t.signed && t.key != delegated || t.leakedID != "" && e.Link.ID != "" {
		return false // compared, and not equal
	}
	g := &e.Link.Grant
	return (e.KeyHash == "" || t.keyHash == "" || e.KeyHash == t.keyHash) &&
		(g.Account == "" || t.account == "" || strings.EqualFold(g.Account, t.account)) &&
		(e.target == "" || t.target == "" || e.target == t.target)
}
