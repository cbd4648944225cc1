// Package usage reads the logs of storage accounts and tells which shared access
// signatures are in use, by whom and for what.
//
// A [Census] takes logs of any number of accounts, in any order and any mix of
// schemas: resource logs as Azure exports them to a container or to Event Hubs,
// tables of Log Analytics, and the classic logs of Storage Analytics. It counts
// each request once, however often it was exported, and keeps bounded memory
// however many there are; what it had no room to tell apart is counted too.
//
// The log blanks signatures, but keeps a hash of each and all other parameters.
// The parameters are read with package kind, so that links which nobody has seen
// leaked are judged like those that were found. Which rules judge them is for
// the caller to say.
//
// The package writes nothing and asks no clock. A signature that stands whole in
// a log is counted, and neither kept nor told.
package usage

import (
	"bytes"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"time"

	"github.com/overgrant/overgrant"
)

// Options says what a census knows beforehand. The zero value knows nothing.
type Options struct {
	Known  []Known // cases
	Ledger []Known // links that we made

	// Judge gives the standing of a grant and the verdict on it. Nil judges none.
	Judge func(overgrant.Grant) (overgrant.Status, overgrant.Verdict)

	Case      string    // id of the case whose use is told in detail; empty for none
	Published time.Time // when it was published, if that is known

	// Skipped takes what could not be read. Nil drops it; it is counted all the
	// same.
	Skipped func(overgrant.Skipped) error

	Salt   uint64 // of the hashes by which callers are counted
	Meter  *Meter // told how far the census is; nil for nobody
	Limits Limits
}

// Meter tells how far a census is, to whoever draws that meanwhile. It may be
// read while the census runs.
type Meter struct {
	Bytes   atomic.Int64 // of logs, unpacked
	Records atomic.Int64 // counted
	Tokens  atomic.Int64 // told apart
}

// Limits bound the memory of a census. Zero values are the defaults.
type Limits struct {
	Tokens   int // told apart; 0 means 50,000
	Crowds   int // callers and agents of all tokens together, told apart; 0 means 2 million
	Hours    int // of all services together; 0 means 4 million
	Services int // accounts times services; 0 means 4,096
	People   int // callers of the case, told apart; 0 means 50,000
	Objects  int // of the case, told apart; 0 means 50,000
	Days     int // of the case, told apart; 0 means 10,000
	Doubles  int // requests that are remembered; 0 means 23 to 42 million, as there is room
	Text     int // bytes of the names and parameters of all tokens together; 0 means 64 MiB
}

func (l Limits) filled() Limits {
	for _, d := range []struct {
		at   *int
		want int
	}{{&l.Tokens, 50_000}, {&l.Crowds, 2_000_000}, {&l.Hours, 4_000_000}, {&l.Services, 4096}, {&l.People, 50_000}, {&l.Objects, 50_000}, {&l.Days, 10_000}, {&l.Text, 64 << 20}} {
		if *d.at <= 0 {
			*d.at = d.want
		}
	}
	return l
}

// Census counts who used which token for what. It is for one goroutine at a
// time.
type Census struct {
	opt     Options
	doubles doubles
	tokens  map[name]*token
	latest  *token // of the record before
	words   words
	places  map[uint64]*coverage // by the hash of account and service
	place   *coverage            // of the record before
	room    struct{ crowds, hours, text int }
	known   book
	trail   *trail
	folded  map[string]int64
	logged  overgrant.Logged
	schemas [schemas]int64
	gaps    map[string]int64 // reasons of what could not be read
	leaks   int64
	deed    deed // of the record at hand
	aside   []byte
	memos   map[uint64]signature // by the hash of the query
}

// New returns an empty census.
func New(opt Options) *Census {
	opt.Limits = opt.Limits.filled()
	if opt.Meter == nil {
		opt.Meter = new(Meter)
	}
	c := &Census{
		opt: opt, tokens: map[name]*token{}, words: newWords(), places: map[uint64]*coverage{},
		folded: map[string]int64{}, gaps: map[string]int64{}, known: newBook(opt.Known, opt.Ledger),
	}
	c.room.crowds, c.room.hours, c.room.text = opt.Limits.Crowds, opt.Limits.Hours, opt.Limits.Text
	c.doubles.sizes, c.doubles.spare = doubleSizes, c.spare
	if n := opt.Limits.Doubles; n > 0 {
		c.doubles.sizes, c.doubles.spare = []int{(n + bucket - 1) / bucket * bucket}, nil
	}
	if opt.Case != "" {
		c.trail = newTrail(opt)
	}
	return c
}

// heap is about how much memory a census may take, in bytes.
const heap = 192 << 20

// spare returns how many bytes of it are left.
func (c *Census) spare() int {
	const token, member, hours = 4 << 10, 12, 16 // about what one takes, besides its text
	l := &c.opt.Limits
	return heap - len(c.tokens)*token - (l.Text - c.room.text) - (l.Crowds-c.room.crowds)*member - (l.Hours-c.room.hours)*hours
}

// The reasons why a record is not counted.
const (
	reasonDamaged = "damaged log record"
	reasonDeep    = "log record nested too deep"
	reasonLong    = "log record too long"
	reasonCut     = "log ends within a record"
	reasonTime    = "log record without a time"
	reasonForeign = "log record of another service"
	reasonLog     = "no storage log"
)

// take counts a record. It returns the reason if it cannot.
func (c *Census) take(r *record) (reason string) {
	if category := r.raw[fCategory]; len(category) > 0 && !bytes.HasPrefix(category, storageMark) {
		return reasonForeign
	}
	at, ok := moment(r.raw[fTime])
	if !ok {
		return reasonTime
	}
	if len(r.raw[fOperation]) == 0 {
		return reasonForeign
	}
	c.aside = c.aside[:0]
	if c.doubles.seen(requestOf(r)) {
		c.logged.Doubles++
		if len(r.raw[fHash]) > 0 {
			c.token(r) // the copy that was counted may have come from a log without hashes
		}
		return ""
	}
	c.deed = r.deed()
	c.schemas[r.schema]++
	c.logged.Records++
	c.cover(r, at)
	t := c.token(r)
	if t == nil {
		c.fold("tokens")
		return ""
	}
	if i := bytes.Index(r.raw[fURI], sigMark); i >= 0 && t.sort == bySignature {
		c.leak(t, r.raw[fURI][i+len(sigMark):])
	}
	c.count(t, r, at)
	return ""
}

var storageMark = []byte("Storage")

// requestOf names a request: by the id that the service gave it, which all
// exports have, and the operation, of which one request may have several. What
// has no id is named by all that is known of it.
func requestOf(r *record) uint64 {
	if id := r.raw[fRequest]; len(id) >= 16 && !bytes.HasPrefix(id, noID) {
		return sum(id, sum(r.raw[fOperation], 11))
	}
	h := uint64(12)
	for _, f := range [...]field{fTime, fOperation, fCaller, fURI, fObject, fCode, fAgent, fHash, fOut, fIn, fRequest} {
		h = sum(r.raw[f], h)
	}
	return h
}

var noID = []byte("00000000-0000-0000-0000-000000000000")

// cover counts a record into the coverage of its service.
func (c *Census) cover(r *record, at int64) {
	account, service := r.account(), r.service()
	p := c.place
	if p == nil || p.service != service || p.account != string(account) {
		key := sum(account, uint64(service[0])) // no two services begin alike
		if p = c.places[key]; p == nil {
			if len(c.places) == c.opt.Limits.Services {
				c.fold("services")
				return
			}
			p = &coverage{account: short(account), service: service, hours: map[int32]struct{}{}, last: -1}
			c.places[key] = p
		}
		c.place = p
	}
	if !p.add(at, c.deed, &c.room.hours) {
		c.fold("hours")
	}
}

func (c *Census) fold(what string) { c.folded[what]++ }

// token returns the token that a record used, nil if there is no room for it.
func (c *Census) token(r *record) *token {
	kind := sortOf(r.raw[fAuth])
	h := hashesOf(r.raw[fHash])
	n := c.nameOf(r, kind, h)
	t := c.latest
	if t == nil || t.name != n {
		if t = c.tokens[n]; t == nil {
			if (len(c.tokens) >= c.opt.Limits.Tokens || c.room.text <= 0) && !c.sweep() {
				return nil
			}
			t = c.meet(r, n, h)
		}
		c.latest = t
	}
	if kind == bySignature && t.params == 0 {
		c.learn(t, r)
	}
	return t
}

var sigMark = []byte("sig=")

// sweep makes room by forgetting signatures that never worked: whoever tries
// made-up ones must not push out those in use. It forgets a quarter at least, or
// nothing.
func (c *Census) sweep() bool {
	n := 0
	for _, t := range c.tokens {
		if t.useless() {
			n++
		}
	}
	if n < len(c.tokens)/4 || n == 0 {
		return false
	}
	for key, t := range c.tokens {
		if t.useless() {
			c.folded["tokens"] += t.Requests
			members, _ := t.callers.Count()
			devices, _ := t.agents.Count()
			c.room.crowds += int(members + devices)
			c.room.text += t.textSize()
			delete(c.tokens, key)
		}
	}
	c.latest = nil
	return true
}

func (t *token) useless() bool {
	return t.sort == bySignature && t.Failed == t.Requests && t.match.IsZero()
}

// meet makes a token of the first record that used it.
func (c *Census) meet(r *record, n name, h hashes) *token {
	t := &token{name: n, account: short(r.account()), service: r.service()}
	switch n.sort {
	case bySignature:
		if len(h.signature) == 64 {
			_, err := hex.Decode(t.sign[:], h.signature)
			t.signed = err == nil
		}
	case byOAuth:
		t.other = "oauth:" + short(r.raw[fRequester]) + "/" + short(r.raw[fAppID])
	case byOther:
		t.other = "other:" + short(r.raw[fAuth])
	}
	if n.sort == bySignature || n.sort == byKey {
		t.key, t.keyHash = short(h.key), strings.ToLower(short(h.keyHash))
	}
	c.tokens[n] = t
	c.room.text -= t.textSize()
	if n.sort != bySignature {
		c.matched(t)
	}
	return t
}

// learn takes the parameters of a signature from a record that has them.
func (c *Census) learn(t *token, r *record) {
	uri := r.raw[fURI]
	s := c.signatureOf(queryOf(uri))
	first := t.Requests == 0
	if s.id == 0 && !first {
		return
	}
	c.room.text += t.textSize()
	target := s.target(r.object())
	t.params, t.target = s.id, text(masked(target[:min(len(target), maxSample)]))
	if s.id != 0 {
		t.uri = c.sample(uri)
	}
	c.room.text -= t.textSize()
	if sign, ok := c.signHash(s.sig); ok && !t.signed {
		_, err := hex.Decode(t.sign[:], sign[:])
		t.signed = err == nil
	}
	if first || s.id != 0 {
		c.matched(t)
	}
}

// matched looks a token up among those that are known.
func (c *Census) matched(t *token) {
	t.match = c.known.match(t)
	if c.trail != nil && (t.match.Known == c.opt.Case || t.match.LeakedBy == c.opt.Case) {
		t.trail = c.trail
	}
}
