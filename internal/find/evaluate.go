package find

import (
	"slices"

	"github.com/overgrant/overgrant/kind"
)

// Margin is how many bytes before and after a mark may have a say in what is
// found there. Nothing farther away is ever looked at, so that a text can be
// searched in pieces.
const Margin = 4096

// near is how many bytes are looked at first; most links need no more.
const near = 1024

// shared is how many characters of base64 two neighbours may have in common, at
// most: a group, and a group inside base64.
const shared = 8

// evaluate finds the links whose marks stand in win[low:high]. pos are the
// positions of the marks, rising. What is found is valid until the next call.
func (e *scratch) evaluate(win []byte, pos []int) []candidate {
	low, high := pos[0], pos[len(pos)-1]
	a, b := max(0, low-near), min(len(win), high+near)
	if a > 0 || b < len(win) {
		found, enough := e.look(win[a:b], e.shifted(pos, -a))
		if enough && !touches(found, b-a, a > 0, b < len(win)) {
			return moved(found, a)
		}
		if len(found) == 0 && !runsOn(win, a, b, low, high) {
			return nil
		}
	}
	found, _ := e.look(win, pos)
	return found
}

func (e *scratch) shifted(pos []int, by int) []int {
	e.nearPos = e.nearPos[:0]
	for _, p := range pos {
		e.nearPos = append(e.nearPos, p+by)
	}
	return e.nearPos
}

func moved(found []candidate, by int) []candidate {
	for i := range found {
		found[i].start += by
		found[i].end += by
	}
	return found
}

// touches reports whether a link may go on beyond an end of the window that is
// not an end of the text.
func touches(found []candidate, size int, before, behind bool) bool {
	const close = 16
	for i := range found {
		if before && found[i].start < close || behind && found[i].end > size-close {
			return true
		}
	}
	return false
}

// runsOn reports whether the text goes on from the marks to an end of the small
// window without anything that a link or a string does not have, as long links
// and minified text do.
func runsOn(win []byte, a, b, low, high int) bool {
	return a > 0 && unbroken(win[a:low]) || b < len(win) && unbroken(win[high:b])
}

func unbroken(text []byte) bool {
	for _, c := range text {
		if !isLinkByte(c) && c != '"' && c != '`' && c != '|' {
			return false
		}
	}
	return true
}

// look reads win in all ways and keeps the best links. enough says that every
// mark is explained by a link that needs nothing from farther away.
func (e *scratch) look(win []byte, pos []int) (best []candidate, enough bool) {
	e.all = e.all[:0]
	e.each(win, func(r *reading) verdict {
		for s := range kind.Find(r.text) {
			if c, ok := e.readAt(r, s, pos); ok {
				e.all = append(e.all, c)
			}
		}
		switch {
		case len(e.all) == 0 || !covered(e.all, pos, (*candidate).known):
			return unexplained
		case !covered(e.all, pos, (*candidate).alone):
			return explained
		}
		return finished
	})
	e.best = pick(e.best[:0], e.all)
	for i := range e.best {
		e.best[i].join(win)
	}
	return e.best, covered(e.best, pos, (*candidate).known)
}

// readAt parses one span of a reading, if a mark of pos lies in it.
func (e *scratch) readAt(r *reading, s kind.Span, pos []int) (candidate, bool) {
	start, end := r.span(s.Start, s.End)
	own := [2]int{start, end}
	if r.run[1] > r.run[0] {
		own[1] = max(start+1, end-shared)
		start, end = min(start, int(r.run[0])), max(end, int(r.run[1]))
	}
	if start < 0 || !marked(pos, start-2, end+2) {
		return candidate{}, false
	}
	text := r.text[s.Start:s.End]
	link := e.parse(text)
	if link == nil {
		return candidate{}, false
	}
	c := candidate{link: link, start: start, end: end, own: own, r: r, at: s.Start, length: s.End - s.Start}
	c.score = score(&link.Grant) - r.cost - leftovers(text)
	return c, true
}

func marked(pos []int, start, end int) bool {
	i, _ := slices.BinarySearch(pos, start)
	return i < len(pos) && pos[i] < end
}
