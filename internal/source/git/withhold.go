package git

import (
	"iter"
	"regexp"
	"slices"
	"strings"
)

// withhold takes out whatever would write down a name that may hold a secret:
// commits and tags by such an author, and trees with such an entry or built on
// one that has it. The next run knows nothing of them, so it reads them again.
func (h *history) withhold() {
	bad := make([]bool, len(h.names.list))
	number := make([]uint32, len(bad)) // of those that stay
	var kept names
	for i, name := range h.names.list {
		if bad[i] = mayHoldSecret(name); !bad[i] {
			number[i] = kept.of([]byte(name))
		}
	}
	if len(kept.list) == len(bad) {
		return
	}
	h.names = kept
	h.commits = slices.DeleteFunc(h.commits, func(c commit) bool { return bad[c.author] })
	for i := range h.commits {
		h.commits[i].author = number[h.commits[i].author]
	}
	h.tags = slices.DeleteFunc(h.tags, func(t tag) bool { return bad[t.tagger] })
	for i := range h.tags {
		h.tags[i].tagger = number[h.tags[i].tagger]
	}
	h.withholdTrees(bad, number)
}

// withholdTrees takes out the trees with bad names, and gives the names of the
// others their new numbers.
func (h *history) withholdTrees(bad []bool, number []uint32) {
	at := make([]int32, len(h.trees)) // where each tree is now; -1 if it is withheld
	var trees []tree
	var edits []edit
	for i, t := range h.trees {
		own := h.of(i)
		if t.base >= 0 && at[t.base] < 0 || slices.ContainsFunc(own, func(e edit) bool { return bad[e.name&nameOf] }) {
			at[i] = -1
			continue
		}
		at[i] = int32(len(trees))
		if t.base >= 0 {
			t.base = at[t.base]
		}
		t.first = uint32(len(edits))
		trees = append(trees, t)
		for _, e := range own {
			edits = append(edits, edit{e.child, number[e.name&nameOf] | e.name&^nameOf})
		}
	}
	h.trees, h.edits = trees, edits
}

const (
	shortSecret = 27  // characters of the shortest signature, SHA-1 in base64 without padding
	longHash    = 128 // hex digits of the longest plain hash, SHA-512
	wrappedLink = 100 // characters of the shortest link in base64
)

var (
	equals   = regexp.MustCompile(`(?i)=|(%|25|\\x|#x0*|u00|_x00)3d|#0*61;|&equals;`)
	assigned = regexp.MustCompile(`(?i)(sig|signature|key|token|password|secret)(=|(%|25|\\x|#x0*|u00|_x00)3d|&?#0*61;|&equals;)`)
	padded   = regexp.MustCompile(`(?i)[a-z0-9+%_-]{8}(=|%3d)$`)
	labelled = regexp.MustCompile(`(?i)(^|[^a-z0-9])(sig|signature|key|accountkey|sharedkey|sharedaccesskey|token|secret)([^a-z0-9]|$)`)
)

// mayHoldSecret reports whether a text may hold a link's secret, or a part of
// one that the slashes of a path cut up. It rather says so once too often: that
// costs the reading of an object. A long plain hash is none.
func mayHoldSecret(text string) bool {
	long := false
	for range runs(text, shortSecret) {
		long = true
		break
	}
	if !long && !strings.ContainsAny(text, "=;") && !strings.Contains(text, "3d") && !strings.Contains(text, "3D") {
		return false // no equals sign, however it is written
	}
	if assigned.MatchString(text) || padded.MatchString(text) {
		return true
	}
	return long && (equals.MatchString(text) || seemsWrapped(text) || labelled.MatchString(text) && seemsRandom(text))
}

// seemsWrapped reports whether a stretch is as long as an encoded link, and
// mixed as one is, or is hex and too long for a hash.
func seemsWrapped(text string) bool {
	for part := range runs(text, wrappedLink) {
		if len(part) > longHash && hexOnly(part) || mixedCase(part) && strings.ContainsAny(part, "0123456789") {
			return true
		}
	}
	return false
}

// seemsRandom reports whether a stretch as long as a secret is mixed as one is.
func seemsRandom(text string) bool {
	for part := range runs(text, shortSecret) {
		if mixedCase(part) && !hexOnly(part) {
			return true
		}
	}
	return false
}

// runs yields the stretches of at least so many characters that base64, in any
// alphabet and percent-encoded, may be made of.
func runs(text string, least int) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := range len(text) + 1 {
			if i < len(text) && encoded(text[i]) {
				continue
			}
			if i-start >= least && !yield(text[start:i]) {
				return
			}
			start = i + 1
		}
	}
}

func encoded(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/%_-~", c) >= 0
}

func mixedCase(text string) bool {
	return strings.ToLower(text) != text && strings.ToUpper(text) != text
}

func hexOnly(text string) bool {
	for i := range len(text) {
		if nibble(text[i]) > 15 {
			return false
		}
	}
	return true
}
