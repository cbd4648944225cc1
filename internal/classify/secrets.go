package classify

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
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
	near          *probe // that looked around a word last, and how far
	nearTo        int
	matched       int    // where the last value of a name ended, in the window
	run           [2]int // the value that was looked at last, in the window

	asked, excused bool // whether nothing is a secret in a file of this path

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
	slack      = 32 << 20
	judging    = 1 << 10 // what a second look at a match costs, in such bytes
	searching  = 8       // bytes searched for a word cost as much as one of them
)

// How far around a mark a secret may stand, in bytes.
const (
	behindName  = 64   // before the name of something that is given a value
	aroundWord  = 512  // around a word that says whose secret it is
	longMatch   = 4096 // the longest match that is looked for
	beforeMatch = 32   // before a sequence, for what may stand there and what tells a word boundary
	longSecret  = 256  // the longest part of a value that tells whether it is worth a closer look
	longPrefix  = 50   // before a name, as part of the same
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
		s.assigned(p, b, at, m, take)
		return
	case e.near:
		s.around(p, b, at, m, take)
		return
	default:
		if !e.sequence.fitsAt(b, at-e.at) || e.probe.bounded && at > e.at && wordByte(b[at-e.at-1]) == wordByte(b[at-e.at]) {
			return
		}
		from, to = at-e.at-beforeMatch, at-e.at+e.probe.longest
	}
	s.match(p, b, [3]int{max(0, from), min(len(b), to), at}, e, take)
}

// wordByte reports whether regular expressions take a byte for part of a word.
func wordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// harmlessPath reports whether all that is found in a file of its path is
// harmless. It is asked once for a piece.
func (s *secrets) harmlessPath(p *Piece) bool {
	if !s.asked {
		all := everywhere()
		s.asked, s.excused = true, !all.all && all.paths != nil && all.paths().Match(p.Name)
	}
	return s.excused
}

// around looks for what a detector may match near a word that says whose
// secret it is, and that is no part of it.
func (s *secrets) around(p *Piece, b []byte, at int, m *mark, take func(*probe, []byte)) {
	probe := m.event.probe
	from, to := max(0, at-aroundWord), min(len(b), at+len(m.text)+aroundWord)
	if s.near == probe {
		from = max(from, s.nearTo)
	}
	s.near, s.nearTo = probe, to
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
	from, to, at := span[0], max(span[0], span[1]), span[2]
	if s.spent += int64(to-from) / searching; s.spent > s.budget || !e.probe.within.isIn(b[from:to]) || s.harmlessPath(p) {
		return
	}
	re := e.probe.pattern()
	for from <= at && from < to {
		if s.spent += re.weight * int64(to-from); s.spent > s.budget {
			return
		}
		found := re.FindSubmatchIndex(b[from:to])
		if found == nil {
			return
		}
		start, end := from+found[0], from+found[1]
		cut := end == to && to < len(b) // it may have ended only because the text was cut
		if !cut && start <= at && at < end {
			s.tell(p, e.probe, b, [2]int{start, end}, e.probe.secret(b[from:], found), take)
		}
		from = max(end, from+1)
	}
}

// assigned looks at what is given to the name at b[at:].
func (s *secrets) assigned(p *Piece, b []byte, at int, m *mark, take func(*probe, []byte)) {
	probe := m.event.probe
	if probe.id == genericName && at < s.matched {
		return // a part of what was looked at
	}
	value, ok := assignedTo(b, at+len(m.text))
	if !ok || !probe.fits(b, value) {
		return
	}
	if value < s.run[0] || value >= s.run[1] {
		s.run = [2]int{value, runEnd(b, value)}
	}
	if probe.id == genericName && !probe.worth(b[value:min(s.run[1], value+longSecret)]) {
		return
	}
	to := s.run[1] + behindName
	if probe.longest < longMatch {
		to = max(to, value+probe.longest)
	}
	if pathFits := probe.pathFits; s.harmlessPath(p) || pathFits != nil && !pathFits().Match(p.Name) {
		return
	}
	to = min(to, len(b))
	re := probe.pattern()
	if s.spent += re.weight * int64(to-at); s.spent > s.budget {
		return
	}
	found := re.FindSubmatchIndex(b[at:to])
	if found == nil || at+found[1] == to && to < len(b) {
		return
	}
	start := at
	for start > 0 && at-start < longPrefix && between[b[start-1]]&prefixByte != 0 {
		start--
	}
	end := at + found[1]
	if probe.id == genericName {
		s.matched = end
	}
	s.tell(p, probe, b, [2]int{start, end}, probe.secret(b[at:], found), take)
}

// tell takes what a detector matched in b[span[0]:span[1]], unless it is
// harmless. What was taken before needs no second judgement.
func (s *secrets) tell(p *Piece, probe *probe, b []byte, span [2]int, secret []byte, take func(*probe, []byte)) {
	if len(secret) == 0 || s.seen[hash(s.salt, secret)] == probe {
		return
	}
	line := lineAround(b, span[0], span[1])
	s.spent += judging + int64(len(line))
	if s.spent <= s.budget && !probe.harmless(p, b[span[0]:span[1]], line, secret) {
		take(probe, secret)
	}
}

// grant allows for the window that is looked at next. What is hostile could make
// every detector look at all of a text from every place in it.
func (s *secrets) grant(size int) {
	s.budget += closeLooks * int64(size)
	s.run, s.matched, s.near = [2]int{}, 0, nil
}

// secret returns the part of a match in b that is the secret.
func (p *probe) secret(b []byte, found []int) []byte {
	group := func(i int) []byte {
		if 2*i+1 >= len(found) || found[2*i] < 0 {
			return nil
		}
		return b[found[2*i]:found[2*i+1]]
	}
	if p.group > 0 {
		return group(p.group)
	}
	for i := 1; 2*i < len(found); i++ {
		if g := group(i); len(g) > 0 {
			return g
		}
	}
	return bytes.Trim(group(0), "\n")
}

// harmless reports whether a match is no secret after all: too regular, an
// example, or allowed by the rules.
func (p *probe) harmless(piece *Piece, match, line, secret []byte) bool {
	if p.entropy != 0 && entropy(secret) <= p.entropy || placeholder(secret) {
		return true
	}
	if everywhere().holds(piece.Name, match, line, secret) {
		return true
	}
	for i := range p.allow {
		if p.allow[i].holds(piece.Name, match, line, secret) {
			return true
		}
	}
	return false
}

func (a *allowing) holds(name, match, line, secret []byte) bool {
	path := a.paths != nil && a.paths().Match(name)
	text := a.stops != nil && a.stops().has(secret)
	if !text && a.texts != nil {
		target := secret
		switch a.target {
		case "match":
			target = bytes.Trim(match, "\n")
		case "line":
			target = line
		}
		text = a.texts().Match(target)
	}
	if a.all {
		return path && text
	}
	return path || text
}

func lineAround(b []byte, start, end int) []byte {
	first := max(0, start-aroundWord)
	from := first + bytes.LastIndexByte(b[first:start], '\n') + 1
	rest := b[end:min(len(b), end+aroundWord)]
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
	prefixByte             // may stand before a name, as part of the same
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
		if word || c == '.' || c == '-' {
			t[i] |= prefixByte
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

// fits reports whether the value at b[at:] begins as one of the detector does.
func (p *probe) fits(b []byte, at int) bool {
	return slices.ContainsFunc(p.values, func(s sequence) bool { return s.fitsAt(b, at) || s.earlierAt(b, at) })
}

// worth reports whether a value of which nothing is known but its name may be
// a secret: that is cheaper to tell than by a regular expression.
func (p *probe) worth(value []byte) bool {
	return len(value) >= 10 && bytes.ContainsAny(value, "0123456789") && entropy(value) > p.entropy-0.3 && !p.stopped(value)
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
