package main

import "bytes"

// The way of one file from one version to the next is cut into so many commits,
// and fewer if the file is large: generated files change rarely.
const (
	stagesMost  = 12
	stagesBytes = 256 << 10 // of all stages of a file together
)

// intermediate returns the contents a file takes on its way from old to next,
// next being the last: one more changed place each time.
func intermediate(old, next []byte) [][]byte {
	if old == nil || bytes.IndexByte(next, 0) >= 0 {
		return [][]byte{next}
	}
	a, b := bytes.SplitAfter(old, []byte("\n")), bytes.SplitAfter(next, []byte("\n"))
	hunks := differences(a, b)
	stagesWanted := max(1, min(stagesMost, stagesBytes/max(1, len(next))))
	per := max(1, (len(hunks)+stagesWanted-1)/stagesWanted)
	var stages [][]byte
	for done := per; ; done += per {
		if done >= len(hunks) {
			return append(stages, next)
		}
		h := hunks[done-1]
		stage := bytes.Join(b[:h.toB], nil)
		stages = append(stages, append(stage, bytes.Join(a[h.toA:], nil)...))
	}
}

// hunk says that a[fromA:toA] became b[fromB:toB].
type hunk struct{ fromA, toA, fromB, toB int }

// differences finds the places where two lists of lines differ. It anchors on
// lines that stand exactly once on either side, in their order.
func differences(a, b [][]byte) []hunk {
	type seen struct{ inA, inB, atA int }
	lines := map[string]*seen{}
	for i, l := range a {
		if s := lines[string(l)]; s != nil {
			s.inA++
		} else {
			lines[string(l)] = &seen{inA: 1, atA: i}
		}
	}
	for _, l := range b {
		if s := lines[string(l)]; s != nil {
			s.inB++
		}
	}
	var hunks []hunk
	x, y := 0, 0
	for j := range b {
		s := lines[string(b[j])]
		if j < y || s == nil || s.inA != 1 || s.inB != 1 || s.atA < x {
			continue
		}
		toA, toB := s.atA, j
		for toA > x && toB > y && bytes.Equal(a[toA-1], b[toB-1]) {
			toA, toB = toA-1, toB-1
		}
		if toA > x || toB > y {
			hunks = append(hunks, hunk{x, toA, y, toB})
		}
		for x, y = s.atA+1, j+1; x < len(a) && y < len(b) && bytes.Equal(a[x], b[y]); {
			x, y = x+1, y+1
		}
	}
	if x < len(a) || y < len(b) {
		hunks = append(hunks, hunk{x, len(a), y, len(b)})
	}
	return hunks
}
