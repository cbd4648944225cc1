package find

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// maxReadings bounds how many readings of one window are tried: those without
// a guess, those with one, those with more. maxNesting bounds how many encodings
// are undone one after the other.
var maxReadings = [3]int{24, 32, 12}

const maxNesting = 7

// decoder is one way to read a window, where its evidence is present.
type decoder struct {
	evidence func(text []byte, has *set) bool
	decode   func(*reading) *reading
	most     int // what it adds to the cost, at most
}

// decoders in the order in which they are tried: what says most about the rest
// comes first.
var decoders = []decoder{
	{hasNotebook, decodeNotebook, 1},
	{func(_ []byte, has *set) bool { return has.has('&') || has.has('<') || has.has(1) }, decodeHTML, 1},
	{hasJSON, decodeJSON, 1},
	{hasPercent, decodePercent, 1},
	{hasCaret, decodeCaret, 1},
	{hasBackslash, decodeBackslash, 1},
	{func(t []byte, has *set) bool { return has.has('`') && bytes.Contains(t, []byte("`&")) }, decodeBacktick, 1},
	{hasQuotedPrintable, decodeQuotedPrintable, 1},
	{hasQuotes, decodeSplit, 1},
	{func(_ []byte, has *set) bool { return has.has('\n') }, decodeContinued, 1 + likely},
	{func(_ []byte, has *set) bool { return has.has('\n') && (has.has('&') || has.has('?')) }, decodeFolded, 1 + likely},
	{func(_ []byte, has *set) bool { return has.has('\n') }, decodeWrapped, 1 + likely + guessed},
	{hasQuotes, decodeParts, 1 + guessed},
}

// present returns the bytes of text that decoders look for; all bytes of 0x80
// and above count as 1.
func present(text []byte) *set {
	var seen [256]bool
	for _, c := range text {
		seen[c] = true
	}
	var s set
	for c, yes := range seen {
		if yes && c < 0x80 {
			s.put(byte(c))
		} else if yes {
			s.put(1)
		}
	}
	return &s
}

func hasQuotes(_ []byte, has *set) bool { return has.has('"') || has.has('\'') || has.has('`') }

func hasQuotedPrintable(t []byte, has *set) bool {
	return has.has('=') && (bytes.Contains(t, []byte("=3D")) || bytes.Contains(t, []byte("=\n")) || bytes.Contains(t, []byte("=\r\n")))
}

func hasNotebook(t []byte, has *set) bool {
	return has.has('\\') && (bytes.Contains(t, []byte(`\n",`)) || bytes.Contains(t, []byte("\\n\"\n")))
}

func hasJSON(t []byte, has *set) bool {
	return has.has('\\') && after(t, '\\', func(rest []byte) bool {
		_, n := jsonEscape(rest)
		return n > 0
	})
}

func hasBackslash(t []byte, has *set) bool {
	return has.has('\\') && after(t, '\\', func(rest []byte) bool {
		return len(rest) > 1 && isPunct(rest[1]) && bytes.IndexByte([]byte(`"'\/`), rest[1]) < 0
	})
}

func hasCaret(t []byte, has *set) bool {
	return has.has('^') && bytes.Contains(t, []byte("^&")) ||
		has.has('%') && after(t, '%', func(rest []byte) bool {
			return len(rest) > 3 && rest[1] == '%' && isHex(rest[2]) && isHex(rest[3])
		})
}

// hasPercent reports whether more than values is percent-encoded: a sign of a
// query before a name and another behind it, or a percent sign itself.
func hasPercent(t []byte, has *set) bool {
	return has.has('%') && after(t, '%', func(rest []byte) bool {
		if len(rest) < 5 || !isHex(rest[1]) || !isHex(rest[2]) {
			return false
		}
		first := unhex(rest[1])<<4 | unhex(rest[2])
		if first == '%' {
			return isHex(rest[3]) && isHex(rest[4])
		}
		i := 3
		for i < len(rest) && i < 43 && isNameByte(rest[i]) {
			i++
		}
		if i < 5 || bytes.IndexByte([]byte("&?;\"'{,\n ="), first) < 0 {
			return false
		}
		ch, _ := escapedPercent(rest[i:])
		return ch == '=' || ch == ':' || ch == '"' || ch == '\''
	})
}

func escapedPercent(t []byte) (byte, int) {
	if len(t) == 0 || t[0] != '%' {
		return 0, 0
	}
	return escaped(t)
}

// after reports whether yes holds for the text from one of the bytes c on.
func after(t []byte, c byte, yes func([]byte) bool) bool {
	for {
		i := bytes.IndexByte(t, c)
		if i < 0 {
			return false
		}
		if yes(t[i:]) {
			return true
		}
		t = t[i+1:]
	}
}

// verdict is what the links that were found so far say about the search.
type verdict int

const (
	unexplained verdict = iota // there are marks without a link
	explained                  // guesses cannot do better
	finished                   // nothing can
)

// each calls visit with the readings of win, the least far-fetched first, until
// visit says that it has seen enough. Equal texts are visited once.
func (e *scratch) each(win []byte, visit func(r *reading) verdict) {
	q := &e.queue
	e.push(e.begin(win))
	so := unexplained
	for r := q.next(); r != nil && (so == unexplained || r.cost < guessed); r = q.next() {
		e.marks = e.f.scanner.marks(e.marks[:0], r.text, 0, len(r.text)-width+1)
		forms := e.f.scanner.forms(e.marks)
		if forms[plain] {
			if so = visit(r); so == finished {
				return
			}
		}
		if len(r.chain) < maxNesting {
			e.decode(r, forms)
		}
	}
}

// decode makes readings of r in all ways for which there is evidence.
func (e *scratch) decode(r *reading, forms [formCount]bool) {
	if forms[utf16] || forms[wide64] {
		e.push(decodeUTF16(r))
	}
	if forms[base64] || forms[twice] || forms[base16] {
		for _, b := range e.f.scanner.decodeBase64(r, e.marks) {
			e.push(b)
		}
		e.push(decodePercent(r)) // slashes of base64 in a URL
	}
	has := present(r.text)
	for _, d := range decoders {
		if e.queue.room(r.cost, d.most) && d.evidence(r.text, has) {
			e.push(d.decode(r))
		}
	}
}

// push puts a reading into the queue, unless its text was read already.
func (e *scratch) push(r *reading) {
	if r == nil {
		return
	}
	q := &e.queue
	n := &q.count[class(r.cost)]
	h := maphash.Bytes(e.f.seed, r.text)
	if *n >= maxReadings[class(r.cost)] || q.seen[h] {
		e.release(r)
		return
	}
	q.seen[h] = true
	q.wait = append(q.wait, r)
	*n++
}

// queue holds the readings that were not looked at yet.
type queue struct {
	seen  map[uint64]bool // hashes of the texts that were pushed
	wait  []*reading
	count [len(maxReadings)]int
}

func (q *queue) clear() {
	clear(q.seen)
	q.wait = q.wait[:0]
	q.count = [len(maxReadings)]int{}
}

// class says by how many guesses a reading of this cost came about.
func class(cost int) int { return min(cost/guessed, len(maxReadings)-1) }

// room reports whether a reading may be pushed that costs up to most more than
// cost.
func (q *queue) room(cost, most int) bool {
	for i := class(cost); i <= class(cost+most); i++ {
		if q.count[i] < maxReadings[i] {
			return true
		}
	}
	return false
}

// next returns the reading of least cost that was pushed first.
func (q *queue) next() *reading {
	if len(q.wait) == 0 {
		return nil
	}
	best := 0
	for i, r := range q.wait {
		if r.cost < q.wait[best].cost {
			best = i
		}
	}
	r := q.wait[best]
	q.wait = slices.Delete(q.wait, best, best+1)
	return r
}

// forms tells in which forms marks stand.
func (s *scanner) forms(marks []mark) (have [formCount]bool) {
	for _, m := range marks {
		have[s.prints[m.print].form] = true
	}
	return have
}
