package kind

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// Parameters may stand apart, as a dictionary, as JSON, YAML, keyword
// arguments, headers or XML elements, in a run of pairs.

// pairGap is how many bytes may lie between two pairs of one link.
const pairGap = 160

// pairReach is how far from the signature its companions may stand, in bytes.
const pairReach = 1536

// pairAnchors are the parameters around which pairs are looked for.
var pairAnchors = map[string]bool{
	"sig": true, "x-amz-signature": true, "x-goog-signature": true, "x-oss-signature": true,
	"q-signature": true, "cloudfront-signature": true, "signature": true,
}

// findPairs yields runs of pairs that hold a signature and its companions.
func findPairs(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		var scan pairScan
		for at := 0; at < len(text); {
			i := indexSig(text[at:])
			if i < 0 {
				return
			}
			at += i
			p, ok := anchorPair(text, at)
			if !ok {
				at += len("sig")
				continue
			}
			s, n := scan.companions(text, p)
			at = max(p.all.End, at+1)
			if n < 2 {
				continue
			}
			at = max(at, s.End)
			if !yield(s) {
				return
			}
		}
	}
}

// pairScan keeps the pairs of the text that was read so far, so that no part of
// it is read twice.
type pairScan struct {
	pairs []pair
	end   int
}

// around returns the pairs within pairReach of p.
func (s *pairScan) around(text []byte, p pair) []pair {
	low, high := max(0, p.all.Start-pairReach), min(len(text), p.all.End+pairReach)
	if low >= s.end {
		s.pairs, s.end = s.pairs[:0], low
	}
	if high > s.end {
		s.pairs = append(s.pairs, pairsIn(text[:high], s.end)...)
		s.end = high
	}
	from, _ := slices.BinarySearchFunc(s.pairs, low, func(q pair, at int) int { return q.all.Start - at })
	return s.pairs[from:]
}

// anchorPair reads the pair whose name covers text[at], if it is an anchor.
func anchorPair(text []byte, at int) (pair, bool) {
	start, end := at, at
	for start > 0 && at-start < 24 && isPairName(text[start-1]) {
		start--
	}
	for end < len(text) && end-start < 24 && isPairName(text[end]) {
		end++
	}
	var b [24]byte
	if !pairAnchors[string(fold(b[:0], text[start:end]))] {
		return pair{}, false
	}
	return pairAt(text, start)
}

// companions widens the pair p to the run of pairs with known names around it
// and returns their number.
func (s *pairScan) companions(text []byte, p pair) (Span, int) {
	near := s.around(text, p)
	mid, _ := slices.BinarySearchFunc(near, p.all.Start, func(q pair, at int) int { return q.all.Start - at })
	span, n := p.all, 1
	seen := map[string]bool{p.key(text): true}
	for i := mid - 1; i >= 0; i-- {
		q := near[i]
		if seen[q.key(text)] || span.Start-q.all.End > pairGap || q.all.End > span.Start {
			break
		}
		seen[q.key(text)] = true
		span.Start = q.all.Start
		n++
	}
	for _, q := range near[mid:] {
		if q.all.Start < span.End {
			continue
		}
		if seen[q.key(text)] || q.all.Start-span.End > pairGap {
			break
		}
		seen[q.key(text)] = true
		span.End = q.all.End
		n++
	}
	return span, n
}

// pairsIn returns the pairs with known names in text[from:].
func pairsIn(text []byte, from int) []pair {
	var found []pair
	for from > 0 && from < len(text) && isPairName(text[from-1]) && isPairName(text[from]) {
		from++
	}
	for i := from; i < len(text); {
		if !isPairName(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && isPairName(text[end]) {
			end++
		}
		if known[strings.ToLower(string(text[i:end]))] {
			if p, ok := pairAt(text, i); ok && plausible(p.key(text), text[p.value.Start:p.value.End]) {
				found = append(found, p)
				i = max(p.all.End, end)
				continue
			}
		}
		i = end
	}
	return found
}

// plausible keeps short names from catching what is no parameter of a link:
// st: "street".
func plausible(name string, value []byte) bool {
	switch name {
	case "st", "se", "skt", "ske", "sv", "skv":
		return isDigit(value[0]) || bytes.ContainsAny(value, "<{$")
	case "sr", "sp", "ss", "srt", "spr", "sks":
		return len(value) <= 64 && bytes.IndexByte(value, ' ') < 0
	}
	return true
}

// splitPairs returns the parameters of a text that is a run of pairs.
func splitPairs(text string) params {
	var ps params
	b := []byte(text)
	for _, p := range pairsIn(b, 0) {
		raw := text[p.value.Start:p.value.End]
		ps = append(ps, param{name: p.key(b), value: unescape(raw), raw: raw, at: p.value})
	}
	return ps
}

// indexSig returns the first position of the letters sig in text, in any case,
// -1 if there is none.
func indexSig(text []byte) int {
	for at := 0; ; at++ {
		i := bytes.IndexAny(text[at:], "gG")
		if i < 0 {
			return -1
		}
		at += i
		if at >= 2 && text[at-1]|0x20 == 'i' && text[at-2]|0x20 == 's' {
			return at - 2
		}
	}
}
