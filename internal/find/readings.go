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
}

// decoders in the order in which they are tried: what says most about the rest
// comes first.
var decoders = []decoder{
	{hasNotebook, decodeNotebook},
	{func(_ []byte, has *set) bool { return has.has('&') || has.has('<') || has.has(1) }, decodeHTML},
	{hasJSON, decodeJSON},
	{hasPercent, decodePercent},
	{hasCaret, decodeCaret},
	{hasBackslash, decodeBackslash},
	{func(t []byte, has *set) bool { return has.has('`') && bytes.Contains(t, []byte("`&")) }, decodeBacktick},
	{hasQuotedPrintable, decodeQuotedPrintable},
	{hasQuotes, decodeSplit},
	{func(_ []byte, has *set) bool { return has.has('\n') }, decodeContinued},
	{func(_ []byte, has *set) bool { return has.has('\n') }, decodeWrapped},
	{hasQuotes, decodeParts},
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
func (f *Finder) each(win []byte, visit func(r *reading) verdict) {
	q := queue{f: f, seen: map[uint64]bool{}}
	q.push(&reading{text: win})
	var marks []mark
	so := unexplained
	for r := q.next(); r != nil && (so == unexplained || r.cost < guessed); r = q.next() {
		marks = f.scanner.marks(marks[:0], r.text, 0, len(r.text)-width+1)
		forms := f.scanner.forms(marks)
		if forms[plain] {
			if so = visit(r); so == finished {
				return
			}
		}
		if len(r.chain) >= maxNesting {
			continue
		}
		if forms[utf16] || forms[wide64] {
			q.push(decodeUTF16(r))
		}
		if forms[base64] || forms[twice] || forms[base16] {
			for _, b := range f.scanner.decodeBase64(r, marks) {
				q.push(b)
			}
			q.push(decodePercent(r)) // slashes of base64 in a URL
		}
		has := present(r.text)
		for _, d := range decoders {
			if d.evidence(r.text, has) {
				q.push(d.decode(r))
			}
		}
	}
}

// queue holds the readings that were not looked at yet.
type queue struct {
	f     *Finder
	seen  map[uint64]bool
	wait  []*reading
	count [len(maxReadings)]int
}

func (q *queue) push(r *reading) {
	if r == nil {
		return
	}
	guesses := min(r.cost/guessed, len(maxReadings)-1)
	if q.count[guesses] >= maxReadings[guesses] {
		return
	}
	if h := maphash.Bytes(q.f.seed, r.text); !q.seen[h] {
		q.seen[h] = true
		q.wait = append(q.wait, r)
		q.count[guesses]++
	}
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
