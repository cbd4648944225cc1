package usage

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/overgrant/overgrant"
)

// sort is by what a request was authorized.
type sort uint8

const (
	bySignature sort = iota
	byKey
	byOAuth
	byNobody
	byOther
)

// name tells one token from another.
type name struct {
	sort sort
	a, b uint64
}

// token is one way in which an account is used, counted.
type token struct {
	name
	sign     [32]byte // hash of the signature, as the log has it
	signed   bool     // sign is set
	key      string   // key1, key2, user-delegation
	keyHash  string   // hex, lower case
	account  string
	service  string
	other    string // who, with OAuth; how, by other means
	params   uint64 // of the signature
	target   string // what is signed
	uri      string // sample, without its signature
	leakedID string // id that a case of the signature has, where the log has it whole

	overgrant.Deeds
	first, last   int64
	operations    tally
	failures      tally
	callers       overgrant.Crowd
	agents        overgrant.Crowd
	topCallers    top
	topAgents     top
	about         bool
	unblanked     int64
	caller, agent uint64 // of the record before, which is most often the same

	match overgrant.UsedMatch
	trail *trail
}

// textSize is how many bytes of text are kept of a token, besides the names of
// its callers and agents, of which the number is fixed.
func (t *token) textSize() int {
	return len(t.key) + len(t.keyHash) + len(t.account) + len(t.other) + len(t.target) + len(t.uri)
}

// How many callers and agents of a token are named. Addresses have 45 characters
// at most, and programs name themselves in fewer than 128.
var (
	namedCallers = topSize{slots: 16, name: 48}
	namedAgents  = topSize{slots: 8, name: 128}
)

// sortOf tells by what a request was authorized.
func sortOf(auth []byte) sort {
	switch string(auth) { // as logs have them
	case "SAS", "sas", "DelegationSas":
		return bySignature
	case "AccountKey", "authenticated":
		return byKey
	case "OAuth", "bearer":
		return byOAuth
	case "Anonymous", "anonymous":
		return byNobody
	}
	low := bytes.ToLower(auth)
	switch {
	case bytes.Contains(low, []byte("sas")):
		return bySignature
	case bytes.Contains(low, []byte("key")):
		return byKey
	case bytes.Contains(low, []byte("oauth")):
		return byOAuth
	case bytes.Contains(low, []byte("anonymous")):
		return byNobody
	}
	return byOther
}

// hashes is what the hash of a token says: key1(HASH),SasSignature(HASH).
type hashes struct {
	key, keyHash, signature []byte // hashes in hex
}

var sasMark = []byte("SasSignature(")

func hashesOf(text []byte) hashes {
	var h hashes
	if i := bytes.Index(text, sasMark); i >= 0 {
		h.signature = inBrackets(text[i:])
		text = bytes.TrimRight(text[:i], ", ")
	}
	if i := bytes.IndexByte(text, '('); i > 0 {
		h.key, h.keyHash = text[:i], inBrackets(text)
	}
	return h
}

func inBrackets(text []byte) []byte {
	from := bytes.IndexByte(text, '(') + 1
	to := bytes.IndexByte(text, ')')
	if to < from {
		return nil
	}
	return text[from:to]
}

// half reads 16 hex digits.
func half(b []byte) (n uint64, ok bool) {
	for _, c := range b[:16] {
		d := hexDigits[c]
		if d == 0 {
			return 0, false
		}
		n = n<<4 | uint64(d-1)
	}
	return n, true
}

// nameOf tells which token a record used.
func (c *Census) nameOf(r *record, kind sort, h hashes) name {
	switch kind {
	case bySignature:
		if len(h.signature) == 64 {
			a, ok1 := half(h.signature)
			b, ok2 := half(h.signature[16:])
			if ok1 && ok2 {
				return name{bySignature, a, b}
			}
		}
		s := c.signatureOf(queryOf(r.raw[fURI]))
		if sign, ok := c.signHash(s.sig); ok {
			a, _ := half(sign[:])
			b, _ := half(sign[16:])
			return name{bySignature, a, b}
		}
		return name{bySignature, s.id, mix(sum(r.account(), 2), sum(s.target(r.object()), 3)) | 1}
	case byKey:
		return name{byKey, sum(r.account(), 4), sum(h.keyHash, sum(h.key, 5))}
	case byOAuth:
		return name{byOAuth, sum(r.account(), 6), sum(r.raw[fAppID], sum(r.raw[fRequester], 7))}
	case byNobody:
		return name{byNobody, sum(r.account(), 8), 0}
	}
	return name{byOther, sum(r.account(), 9), sum(r.raw[fAuth], 10)}
}

// count counts a record in.
func (c *Census) count(t *token, r *record, at int64) {
	d := overgrant.Deeds{Requests: 1, BytesOut: r.number(fOut), BytesIn: r.number(fIn)}
	switch {
	case r.failed():
		d.Failed = 1
		t.failures.add(c.failure(r), 1)
	case c.deed == reads:
		d.Reads = 1
	case c.deed == writes:
		d.Writes = 1
	default:
		d.Deletes = 1
	}
	t.Add(d)
	if t.Requests == 1 || at < t.first {
		t.first = at
	}
	if t.Requests == 1 || at > t.last {
		t.last = at
	}
	t.operations.add(c.words.of(r.raw[fOperation]), 1)
	from := host(r.raw[fCaller])
	caller, agent := sum(from, c.opt.Salt), sum(r.raw[fAgent], c.opt.Salt+1)
	if len(from) > 0 {
		if caller != t.caller {
			t.about = !c.join(&t.callers, caller) || t.about
			t.caller = caller
		}
		t.topCallers.add(caller, from, namedCallers)
	}
	if len(r.raw[fAgent]) > 0 {
		if agent != t.agent {
			t.about = !c.join(&t.agents, agent) || t.about
			t.agent = agent
		}
		t.topAgents.add(agent, r.raw[fAgent], namedAgents)
	}
	if t.trail != nil {
		t.trail.add(r, step{at: at, deeds: d, caller: caller, agent: agent, from: from})
	}
}

// join counts a member into a crowd, as long as there is room for crowds.
func (c *Census) join(crowd *overgrant.Crowd, member uint64) bool {
	before, exact := crowd.Count()
	if exact && c.room.crowds <= 0 {
		c.fold("callers")
		return false
	}
	crowd.Join(member)
	if after, _ := crowd.Count(); exact && after > before {
		c.room.crowds--
	}
	return true
}

// failure returns the word for how a request failed: "403 AuthenticationFailed".
func (c *Census) failure(r *record) uint16 {
	c.aside = append(c.aside[:0], r.raw[fCode]...)
	c.aside = append(c.aside, ' ')
	c.aside = append(c.aside, r.raw[fStatus]...)
	return c.words.of(bytes.TrimSpace(c.aside))
}

// id returns the name of a token for people and programs.
func (t *token) id() string {
	switch {
	case t.signed:
		return hex.EncodeToString(t.sign[:])
	case t.sort == byKey && t.keyHash != "":
		return t.keyHash
	case t.sort == byOAuth || t.sort == byOther:
		return t.other
	case t.sort == byNobody:
		return "anonymous"
	case t.sort == byKey:
		return "account_key"
	}
	return fmt.Sprintf("params:%016x%016x", t.a, t.b)
}
