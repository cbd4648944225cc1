package classify

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// secrets are those that detectors tell in a text. Each is counted once,
// wherever it stands.
type secrets struct {
	salt uint64

	// Bytes that regular expressions were run over, and may be in all.
	spent, budget int64

	seen map[uint64]*probe // by hash of the secret: the detector that told it
	hint map[string]string // by detector: what one looks like, masked
	more int64             // told once seen was full
}

// manySecrets bounds how many distinct secrets of one text are remembered.
const manySecrets = 1 << 16

// How many bytes are looked at closely for each byte of text, on average, and
// how many besides in any text.
const (
	closeLooks = 8
	slack      = 8 << 20
)

// How far around a mark a secret may stand, in bytes.
const (
	behindName  = 64   // before the name of something that is given a value
	aroundWord  = 512  // around a word that says whose secret it is
	longMatch   = 4096 // the longest match that is looked for
	beforeMatch = 32   // before a sequence, for what may stand there and what tells a word boundary
	longGap     = 8    // between the sign of an assignment and the value
	genericName = "generic-api-key"
)

// look asks a detector about the mark at b[at:].
func (s *secrets) look(p *Piece, b []byte, at int, m *mark) {
	s.each(p, b, at, m, s.take)
}

func (s *secrets) each(p *Piece, b []byte, at int, m *mark, take func(*probe, []byte)) {
	e := &m.event
	var from, to int
	switch {
	case e.probe.assigned:
		value, ok := assignedTo(b, at+len(m.text))
		if !ok || !e.probe.worth(b, value) {
			return
		}
		from, to = at-behindName, runEnd(b, value)+behindName
		if e.probe.longest < longMatch {
			to = max(to, value+e.probe.longest)
		}
	case e.near:
		s.around(p, b, at, m, take)
		return
	default:
		if !e.sequence.fitsAt(b, at-e.at) {
			return
		}
		from, to = at-e.at-beforeMatch, at-e.at+e.probe.longest
	}
	s.match(p, b, [3]int{max(0, from), min(len(b), to), at}, e, take)
}

// around looks for what a detector may match near a word that says whose
// secret it is, and that is no part of it.
func (s *secrets) around(p *Piece, b []byte, at int, m *mark, take func(*probe, []byte)) {
	probe := m.event.probe
	from, to := max(0, at-aroundWord), min(len(b), at+len(m.text)+aroundWord)
	for i := from; i < to; i++ {
		for j := range probe.values {
			if probe.values[j].fitsAt(b, i) {
				s.match(p, b, [3]int{max(0, i-1), min(len(b), i+probe.longest), i}, &m.event, take)
				i += len(probe.values[j].sets)
				break
			}
		}
	}
}

// match runs the regular expression of a detector over b[span[0]:span[1]] and
// takes the matches that b[span[2]] belongs to.
func (s *secrets) match(p *Piece, b []byte, span [3]int, e *event, take func(*probe, []byte)) {
	if pathFits := e.probe.pathFits; pathFits != nil && !pathFits().Match(p.Name) {
		return
	}
	from, to, at := span[0], span[1], span[2]
	re := e.probe.pattern()
	for from <= at && from < to {
		if s.spent += int64(to - from); s.spent > s.budget {
			return
		}
		found := re.FindSubmatchIndex(b[from:to])
		if found == nil {
			return
		}
		start, end := from+found[0], from+found[1]
		cut := end == to && to < len(b) // it may have ended only because the text was cut
		if !cut && start <= at && at < end {
			secret := e.probe.secret(b[start:end], re)
			if len(secret) > 0 && !e.probe.harmless(p, b, start, end, secret) {
				take(e.probe, secret)
			}
		}
		from = max(end, from+1)
	}
}

// grant allows for the text that is looked at next. What is hostile could make
// every detector look at all of a text from every place in it.
func (s *secrets) grant(size int) { s.budget += closeLooks * int64(size) }

// secret returns the part of a match that is the secret.
func (p *probe) secret(match []byte, re *regexp.Regexp) []byte {
	match = bytes.Trim(match, "\n")
	groups := re.FindSubmatch(match)
	if p.group > 0 {
		if p.group < len(groups) {
			return groups[p.group]
		}
		return match
	}
	for _, g := range groups[min(1, len(groups)):] {
		if len(g) > 0 {
			return g
		}
	}
	return match
}

// harmless reports whether a match is no secret after all: too regular, an
// example, or allowed by the rules.
func (p *probe) harmless(piece *Piece, b []byte, start, end int, secret []byte) bool {
	if p.entropy != 0 && entropy(secret) <= p.entropy || placeholder(secret) {
		return true
	}
	if everywhere().holds(piece.Name, b, start, end, secret) {
		return true
	}
	for i := range p.allow {
		if p.allow[i].holds(piece.Name, b, start, end, secret) {
			return true
		}
	}
	return false
}

func (a *allowing) holds(name, b []byte, start, end int, secret []byte) bool {
	path := a.paths != nil && a.paths().Match(name)
	text := a.stops != nil && a.stops().has(secret)
	if !text && a.texts != nil {
		target := secret
		switch a.target {
		case "match":
			target = bytes.Trim(b[start:end], "\n")
		case "line":
			target = lineAround(b, start, end)
		}
		text = a.texts().Match(target)
	}
	if a.all {
		return path && text
	}
	return path || text
}

func lineAround(b []byte, start, end int) []byte {
	first := max(0, start-longMatch)
	from := first + bytes.LastIndexByte(b[first:start], '\n') + 1
	rest := b[end:min(len(b), end+longMatch)]
	if n := bytes.IndexByte(rest, '\n'); n >= 0 {
		rest = rest[:n]
	}
	return b[from : end+len(rest)]
}

// placeholder reports whether a text stands where a secret is to be put.
func placeholder(secret []byte) bool {
	return placeholders().has(secret) || bytes.IndexByte(secret, '<') >= 0 && bytes.IndexByte(secret, '>') >= 0
}

// assignedTo returns where the value stands that is given to the name that
// ends at b[at].
func assignedTo(b []byte, at int) (value int, ok bool) {
	const longName = 64
	i, end := at, min(len(b), at+longName)
	for i < end && between[b[i]]&nameByte != 0 {
		i++
	}
	if i == end || between[b[i]]&assignByte == 0 {
		return 0, false
	}
	end = min(len(b), i+longGap+4)
	for i < end && between[b[i]]&gapByte != 0 {
		i++
	}
	return i, i < len(b)
}

const (
	nameByte   = 1 << iota // may stand between a name and the sign of assignment
	assignByte             // begins a sign of assignment
	gapByte                // may stand between that and the value
	valueByte              // may stand in a value without quotes
)

var between = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		word := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if word || strings.IndexByte(".- \t\n\r\f\v'\"", c) >= 0 {
			t[i] |= nameByte
		}
		if strings.IndexByte("=>:|?,", c) >= 0 {
			t[i] |= assignByte
		}
		if strings.IndexByte("=>:|?,`'\" \t\n\r\f\v", c) >= 0 {
			t[i] |= gapByte
		}
		if word || strings.IndexByte(".-+/=", c) >= 0 {
			t[i] |= valueByte
		}
	}
	return t
}()

func runEnd(b []byte, at int) int {
	end := min(len(b), at+longMatch)
	for at < end && between[b[at]]&valueByte != 0 {
		at++
	}
	return at
}

// worth reports whether the value at b[at:] may be a secret of the detector.
func (p *probe) worth(b []byte, at int) bool {
	if !slices.ContainsFunc(p.values, func(s sequence) bool { return s.fitsAt(b, at) || s.earlierAt(b, at) }) {
		return false
	}
	if p.id != genericName {
		return true
	}
	run := b[at:runEnd(b, at)]
	return len(run) >= 10 && bytes.ContainsAny(run, "0123456789") && entropy(run) > p.entropy-0.3 && !p.stopped(run)
}

// earlierAt is fitsAt for a value that begins with a quote, or with signs that
// were taken for those of the assignment.
func (s *sequence) earlierAt(b []byte, at int) bool {
	for i := at - 1; i >= 0 && i >= at-longGap && (b[i] == '=' || b[i] == '"'); i-- {
		if s.fitsAt(b, i) {
			return true
		}
	}
	return false
}

func (p *probe) stopped(run []byte) bool {
	for i := range p.allow {
		if a := &p.allow[i]; a.stops != nil && !a.all && a.stops().has(run) {
			return true
		}
	}
	return false
}

// entropy is that of Shannon, in bits a byte.
func entropy(text []byte) float64 {
	if len(text) == 0 {
		return 0
	}
	var counts [256]uint16
	for _, c := range text[:min(len(text), math.MaxUint16)] {
		counts[c]++
	}
	sum := 0.0
	for i, c := range text {
		if n := counts[c]; n > 0 && i <= math.MaxUint16 {
			sum += float64(n) * math.Log2(float64(n))
			counts[c] = 0
		}
	}
	n := float64(len(text))
	return math.Log2(n) - sum/n
}

func (s *secrets) take(p *probe, secret []byte) {
	h := hash(s.salt, secret)
	if old, ok := s.seen[h]; ok {
		if old.id == genericName || old == namedValue {
			s.seen[h] = p
			s.describe(p, secret)
		}
		return
	}
	if len(s.seen) >= manySecrets {
		s.more++
		return
	}
	if s.seen == nil {
		s.seen = map[uint64]*probe{}
		s.hint = map[string]string{}
	}
	s.seen[h] = p
	s.describe(p, secret)
}

// describe keeps what a secret of the detector looks like: its length, and
// what all of its kind begin with.
func (s *secrets) describe(p *probe, secret []byte) {
	if _, ok := s.hint[p.id]; ok {
		return
	}
	public := ""
	if !p.assigned {
		for _, seq := range sequences(p.regex) {
			if n := seq.public(); n > len(public) && seq.fitsAt(secret, 0) {
				public = string(secret[:n])
			}
		}
	}
	if public != "" {
		public += "…, "
	}
	s.hint[p.id] = fmt.Sprintf("%s%d characters", public, len(secret))
}

// public returns how many bytes at the beginning are the same in all that the
// sequence stands for.
func (s *sequence) public() int {
	for i := range s.sets {
		if len(s.sets[i].spellings()) != 1 {
			return i
		}
	}
	return 0 // all of it is the same: rather show none
}

// manyHints bounds how many detectors a hint names.
const manyHints = 4

func (s *secrets) finds(all []overgrant.Find, p Piece) []overgrant.Find {
	if len(s.seen) == 0 {
		return all
	}
	counts := map[string]int{}
	for probe := range maps.Values(s.seen) {
		counts[probe.id]++
	}
	ids := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var hints []string
	for _, id := range ids[:min(len(ids), manyHints)] {
		hints = append(hints, fmt.Sprintf("%d %s (%s)", counts[id], id, s.hint[id]))
	}
	if left := len(ids) - manyHints; left > 0 {
		hints = append(hints, fmt.Sprintf("%d kinds more", left))
	}
	f := secretHolder(p).Find(p, int64(len(s.seen))+s.more)
	f.Unit = secretText.Unit
	f.Hint, f.AtLeast = strings.Join(hints, "; "), s.more > 0
	return append(all, f)
}
