package classify

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// detector is a rule that tells a secret in text. The rules are data, in
// detectors.go; they are those of gitleaks.
type detector struct {
	id       string
	regex    string
	entropy  float64  // bits a character that the secret must exceed; 0 for any
	group    int      // of regex, that is the secret; 0 for the first that is not empty
	keywords []string // one of which stands near, in lower case
	path     string   // regular expression that the path must fit; empty for any
	allowed  []allowance
}

// allowance says what is no secret after all.
type allowance struct {
	all     bool     // paths and texts must both fit, not just one
	target  string   // what regexes look at: "match", "line", or empty for the secret
	regexes []string // any of which fits
	stops   []string // words, any of which stands in the secret; lower case
	paths   []string // regular expressions
}

// probe is a detector, made ready. It is asked about one place in a text, to
// which a mark leads.
type probe struct {
	*detector
	assigned bool       // the mark is the name of something that is given a value
	values   []sequence // one of which the value, or what is near, begins with
	longest  int        // bytes of a match, or longMatch where it has no end
	within   needle     // stands in every match
	bounded  bool       // every match begins where a word begins or ends
	pattern  func() weighed
	pathFits func() weighed
	allow    []allowing
}

// allowing is an allowance, made ready.
type allowing struct {
	*allowance
	texts, paths func() weighed // nil where there are none
	stops        func() *lexicon
}

func (d *detector) ready() *probe {
	p := &probe{detector: d, pattern: lazy(d.regex), longest: beforeMatch + longest(d.regex)}
	p.within, p.bounded = within(d.regex)
	if d.path != "" {
		p.pathFits = lazy(d.path)
	}
	for i := range d.allowed {
		p.allow = append(p.allow, d.allowed[i].ready())
	}
	return p
}

func (a *allowance) ready() allowing {
	ready := allowing{allowance: a}
	if len(a.regexes) > 0 {
		ready.texts = lazy(either(a.regexes))
	}
	if len(a.paths) > 0 {
		ready.paths = lazy(either(a.paths))
	}
	if len(a.stops) > 0 {
		ready.stops = sync.OnceValue(func() *lexicon {
			l := newLexicon()
			for _, word := range a.stops {
				l.add(word, event{})
			}
			return l.done()
		})
	}
	return ready
}

// weighed is a regular expression and what a byte of text costs it, in
// instructions of its program, by the hundred.
type weighed struct {
	*regexp.Regexp
	weight int64
}

// lazy compiles a regular expression when it is first needed: most detectors
// never see anything.
func lazy(pattern string) func() weighed {
	return sync.OnceValue(func() weighed {
		w := weighed{Regexp: regexp.MustCompile(pattern), weight: 1}
		if tree, err := syntax.Parse(pattern, syntax.Perl); err == nil {
			if program, err := syntax.Compile(tree.Simplify()); err == nil {
				w.weight += int64(len(program.Inst) / 100)
			}
		}
		return w
	})
}

func either(patterns []string) string {
	return "(?:" + strings.Join(patterns, ")|(?:") + ")"
}

// Most detectors of gitleaks have one form: a name, an assignment, a value and
// what ends it.
const (
	anyName   = `[\w.-]{0,50}?`
	assigning = `(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`
	ending    = "(?:[\\x60'\"\\s;]|\\\\[nr]|$)"
)

// marked adds the marks of the detector to l: texts of which one stands in
// whatever it matches, so that only what is around one needs to be looked at.
func (d *detector) marked(l *lexicon) {
	left, right, ok := strings.Cut(d.regex, assigning)
	if !ok {
		d.markedBy(l, d.regex)
		return
	}
	fold := ""
	if rest, ok := strings.CutPrefix(left, "(?i)"); ok {
		left, fold = rest, "(?i)"
	}
	left = strings.TrimPrefix(left, anyName)
	if inner, grouped := strings.CutPrefix(left, "(?i:"+anyName); grouped {
		left = "(?i:" + inner
	}
	value, other, also := strings.Cut(right, ending+"|")
	value = strings.TrimSuffix(value, ending)
	if also {
		d.markedBy(l, other)
	}
	p := d.ready()
	p.assigned = true
	p.pattern = lazy(`\A` + fold + left + assigning + value + ending)
	value = fold + value
	p.values = sequences(value)
	names := map[string]bool{}
	for _, s := range sequences("(?i)" + left) {
		for _, name := range s.spelled(0, len(s.sets)) {
			names[name] = true
		}
	}
	for name := range names {
		l.add(name, event{probe: p})
	}
}

// markedBy adds the marks of a regular expression: of each text that it may
// begin with, the part that has the fewest spellings.
func (d *detector) markedBy(l *lexicon, regex string) {
	p := d.ready()
	var spelled []mark
	p.values = sequences(regex)
	for _, s := range p.values {
		from, to := s.mark()
		if to == 0 {
			for _, word := range d.keywords {
				l.add(word, event{probe: p, near: true})
			}
			return
		}
		for _, text := range s.spelled(from, to) {
			spelled = append(spelled, mark{text: text, event: event{probe: p, at: from, sequence: s}})
		}
	}
	for _, m := range spelled {
		l.add(m.text, m.event)
	}
}

// sequence is what a regular expression matches first: a set of bytes for each
// place, as far as it can be told.
type sequence struct {
	sets []set
	open bool // something follows that is not told
}

type set [4]uint64

func (s *set) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *set) has(b byte) bool { return s[b>>6]>>(b&63)&1 != 0 }

// longSequence bounds the length of sequences in bytes, manySequences their
// number.
const (
	longSequence  = 48
	manySequences = 64
)

// needle is what stands in every match of a regular expression. The zero needle
// stands anywhere.
type needle struct {
	text  []byte   // this text, or
	words *lexicon // one of these, without regard to case
}

func (n *needle) isIn(b []byte) bool {
	switch {
	case len(n.text) > 0:
		return bytes.Contains(b, n.text)
	case n.words != nil:
		return n.words.has(b)
	}
	return true
}

// within returns what stands in all that a regular expression matches, and
// whether each match begins at the edge of a word.
func within(regex string) (n needle, bounded bool) {
	tree, err := syntax.Parse(regex, syntax.Perl)
	if err != nil {
		panic("classify: " + err.Error())
	}
	words := wordsIn(tree)
	if len(words) == 1 && words[0].Flags&syntax.FoldCase == 0 {
		n.text = []byte(string(words[0].Rune))
	} else if len(words) > 0 {
		n.words = newLexicon()
		for _, word := range words {
			n.words.add(asciiLower(string(word.Rune)), event{})
		}
		n.words.done()
	}
	return n, tree.Op == syntax.OpConcat && tree.Sub[0].Op == syntax.OpWordBoundary
}

// wordsIn returns texts of which one stands in every match, those that tell
// most.
func wordsIn(tree *syntax.Regexp) (best []*syntax.Regexp) {
	switch {
	case tree.Op == syntax.OpLiteral && len(tree.Rune) >= markSize && !slices.ContainsFunc(tree.Rune, func(r rune) bool { return r >= utf8.RuneSelf }):
		return []*syntax.Regexp{tree}
	case tree.Op == syntax.OpAlternate:
		for _, sub := range tree.Sub {
			words := wordsIn(sub)
			if len(words) == 0 {
				return nil
			}
			best = append(best, words...)
		}
		return best
	case tree.Op == syntax.OpConcat, tree.Op == syntax.OpCapture, tree.Op == syntax.OpPlus, tree.Op == syntax.OpRepeat && tree.Min > 0:
		for _, sub := range tree.Sub {
			if words := wordsIn(sub); shortest(words) > shortest(best) {
				best = words
			}
		}
	}
	return best
}

func shortest(words []*syntax.Regexp) int {
	n := 0
	for i, w := range words {
		if i == 0 || len(w.Rune) < n {
			n = len(w.Rune)
		}
	}
	return n
}

// longest returns the length in bytes of the longest match, or longMatch.
func longest(regex string) int {
	tree, err := syntax.Parse(regex, syntax.Perl)
	if err != nil {
		panic("classify: " + err.Error())
	}
	return min(atMost(tree), longMatch)
}

func atMost(tree *syntax.Regexp) int {
	switch tree.Op {
	case syntax.OpLiteral:
		return utf8.UTFMax * len(tree.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return utf8.UTFMax
	case syntax.OpStar, syntax.OpPlus:
		return longMatch
	case syntax.OpRepeat:
		if tree.Max < 0 {
			return longMatch
		}
		return min(tree.Max*atMost(tree.Sub[0]), longMatch)
	}
	sum := 0
	for _, sub := range tree.Sub {
		if n := atMost(sub); tree.Op == syntax.OpAlternate {
			sum = max(sum, n)
		} else {
			sum += n
		}
	}
	return min(sum, longMatch)
}

// sequences returns what the regular expression may begin with.
func sequences(regex string) []sequence {
	tree, err := syntax.Parse(regex, syntax.Perl)
	if err != nil {
		panic("classify: " + err.Error())
	}
	return begin(tree)
}

func begin(tree *syntax.Regexp) []sequence {
	switch tree.Op {
	case syntax.OpLiteral:
		var s sequence
		for _, r := range tree.Rune {
			s.sets = append(s.sets, runeSet(r, tree.Flags&syntax.FoldCase != 0))
		}
		return []sequence{s}
	case syntax.OpCharClass:
		return []sequence{{sets: []set{classSet(tree.Rune)}}}
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []sequence{{}}
	case syntax.OpCapture:
		return begin(tree.Sub[0])
	case syntax.OpConcat:
		return concat(tree.Sub)
	case syntax.OpAlternate:
		var all []sequence
		for _, sub := range tree.Sub {
			all = append(all, begin(sub)...)
		}
		return bounded(all)
	case syntax.OpQuest:
		return bounded(append(begin(tree.Sub[0]), sequence{}))
	case syntax.OpPlus:
		return opened(begin(tree.Sub[0]))
	case syntax.OpRepeat:
		subs := make([]*syntax.Regexp, min(tree.Min, longSequence))
		for i := range subs {
			subs[i] = tree.Sub[0]
		}
		all := concat(subs)
		if tree.Max != tree.Min {
			all = opened(all)
		}
		return all
	default:
		return []sequence{{open: true}}
	}
}

func concat(subs []*syntax.Regexp) []sequence {
	all := []sequence{{}}
	for _, sub := range subs {
		var next []sequence
		var more []sequence
		for _, s := range all {
			if s.open || len(s.sets) >= longSequence {
				s.open = true
				next = append(next, s)
				continue
			}
			if more == nil {
				more = begin(sub)
			}
			for _, m := range more {
				next = append(next, sequence{append(append([]set{}, s.sets...), m.sets...), m.open})
			}
		}
		if len(next) > manySequences {
			return opened(all)
		}
		all = next
	}
	return all
}

func opened(all []sequence) []sequence {
	for i := range all {
		all[i].open = true
	}
	return all
}

func bounded(all []sequence) []sequence {
	if len(all) > manySequences {
		return []sequence{{open: true}}
	}
	return all
}

func runeSet(r rune, fold bool) set {
	var s set
	s.addRune(r)
	if fold && r < 0x80 {
		s.addRune(r | 0x20)
		if l := r | 0x20; 'a' <= l && l <= 'z' {
			s.addRune(l - 0x20)
		}
	}
	return s
}

// addRune adds a rune; of those that are not ASCII, every byte that they may
// be written with.
func (s *set) addRune(r rune) {
	if r < 0x80 {
		s.add(byte(r))
		return
	}
	s[2], s[3] = ^uint64(0), ^uint64(0)
}

func classSet(ranges []rune) set {
	var s set
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if s.addRune(r); r >= 0x80 {
				break
			}
		}
	}
	return s
}

// spellings returns the bytes in the set, in lower case.
func (s *set) spellings() []byte {
	var all []byte
	for b := range 0x80 {
		if c := byte(b); s.has(c) && (fold[c] == c || !s.has(fold[c])) {
			all = append(all, fold[c])
		}
	}
	return all
}

// manySpellings bounds how many marks one sequence may give.
const manySpellings = 80

// mark returns the part of the sequence that makes the best mark, or 0, 0: the
// longest that has few spellings.
func (s *sequence) mark() (from, to int) {
	best := 0.0
	for i := range s.sets {
		product, singles := 1, 0
		for j := i; j < len(s.sets); j++ {
			n := len(s.sets[j].spellings())
			if n == 0 || product*n > manySpellings {
				break
			}
			product *= n
			if n == 1 {
				singles++
			}
			if length := j - i + 1; length >= markSize && singles >= 2 {
				if worth := float64(min(singles, 8)) - float64(product-1)/float64(manySpellings)/2; worth > best {
					best, from, to = worth, i, j+1
				}
			}
		}
	}
	return from, to
}

// spelled returns all that s.sets[from:to] may be, in lower case.
func (s *sequence) spelled(from, to int) []string {
	all := []string{""}
	for _, set := range s.sets[from:to] {
		var next []string
		for _, text := range all {
			for _, c := range set.spellings() {
				next = append(next, text+string(rune(c)))
			}
		}
		all = next
	}
	return all
}

// fitsAt reports whether the sequence stands in b at the index at.
func (s *sequence) fitsAt(b []byte, at int) bool {
	if at < 0 || at+len(s.sets) > len(b) {
		return false
	}
	for i := range s.sets {
		if !s.sets[i].has(b[at+i]) {
			return false
		}
	}
	return true
}
