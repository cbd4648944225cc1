package find

import (
	"bytes"
	"slices"
)

// value64 gives the six bits of a character of either base64 alphabet, 0xFF for
// all others.
var value64 = func() (v [256]uint8) {
	for i := range v {
		v[i] = 0xFF
	}
	for i := range len(digits64) {
		v[digits64[i]] = uint8(i)
	}
	v['-'], v['_'] = 62, 63
	return v
}()

// isGroup reports whether p is four characters of base64 without padding.
func isGroup(p []byte) bool {
	return value64[p[0]]|value64[p[1]]|value64[p[2]]|value64[p[3]] < 64
}

// decodeGroup decodes up to four characters and returns how many bytes they
// give; it stops at the first that is none of base64.
func decodeGroup(out, p []byte) int {
	var v uint32
	n := 0
	for n < 4 && n < len(p) && value64[p[n]] < 64 {
		v = v<<6 | uint32(value64[p[n]])
		n++
	}
	v <<= 6 * (4 - n)
	out[0], out[1], out[2] = byte(v>>16), byte(v>>8), byte(v)
	return n * 6 / 8
}

// decodeBase64 decodes the runs in which marks were recognised. Each run is a
// reading of its own.
func (s *scanner) decodeBase64(in *reading, marks []mark) []*reading {
	var out []*reading
	var groups []int
	for _, m := range marks {
		if f := &s.prints[m.print]; f.form != plain && f.form != utf16 && f.form != wide64 {
			groups = append(groups, int(m.at)-f.skip-f.phase)
		}
	}
	low, done := 0, -1
	for i, g := range groups {
		if g < done || g < low || g >= len(in.text) {
			continue
		}
		high := divide(in.text, g, groups[i+1:])
		r, end := in.decodeRun(g, low, high)
		if done = end; high < len(in.text) {
			low = high
		}
		if r != nil {
			out = append(out, r)
		}
	}
	return out
}

// divide returns where the run with a group at text[group:] ends at the latest:
// at the line break before a later group that does not fit its groups of four.
// What follows is a value of its own.
func divide(text []byte, group int, later []int) int {
	n := 0
	at := group
	for _, g := range later {
		for ; at < g && at < len(text); at++ {
			if value64[text[at]] < 64 {
				n++
			} else if !isSpace(text[at]) {
				return len(text)
			}
		}
		if n%4 != 0 && g < len(text) {
			if i := bytes.LastIndexByte(text[group:max(group, g)], '\n'); i >= 0 {
				return group + i
			}
		}
	}
	return len(text)
}

// decodeRun decodes the run of base64 that has a group of four at group, within
// text[low:high], and returns where it ends. The run goes on over line breaks as
// long as the lines are long.
func (r *reading) decodeRun(group, low, high int) (*reading, int) {
	t := r.text[:high]
	if group < low || group >= len(t) {
		return nil, group
	}
	before := charsBefore(t[low:], group-low)
	for i := range before {
		before[i] += low
	}
	chars := before[len(before)%4:]
	chars, end := charsAfter(chars, t, group)
	w := r.rewrite("base64", 1)
	var p [4]byte
	var out [3]byte
	for len(chars) > 0 {
		k := min(4, len(chars))
		for i := range k {
			p[i] = t[chars[i]]
		}
		from, _ := r.bounds(chars[0])
		_, to := r.bounds(chars[k-1])
		for _, b := range out[:decodeGroup(out[:], p[:k])] {
			w.byte(b, from, to)
		}
		chars = chars[k:]
	}
	for end < len(t) && t[end] == '=' {
		end++
	}
	if len(w.out.text) == 0 {
		r.scratch.release(w.out)
		return nil, end
	}
	first := group
	if len(before) > 0 {
		first = before[0]
	}
	a, _ := r.bounds(first)
	_, b := r.bounds(end - 1)
	w.out.run = [2]int32{a, b}
	return w.out, end
}

// longLine is how many characters of base64 make a line one of several.
const longLine = 40

// charsBefore returns the positions of the characters of the run before end, in
// order.
func charsBefore(t []byte, end int) []int {
	var back []int
	for i := end; ; {
		start := i
		for start > 0 && value64[t[start-1]] < 64 {
			start--
			back = append(back, start)
		}
		i = start
		for i > 0 && isSpace(t[i-1]) {
			i--
		}
		line := i
		for line > 0 && i-line < longLine && value64[t[line-1]] < 64 {
			line--
		}
		if i-line < longLine || bytes.Count(t[i:start], newline) != 1 {
			break
		}
	}
	slices.Reverse(back)
	return back
}

// charsAfter appends the positions of the characters of the run from start on,
// and returns where it ends.
func charsAfter(chars []int, t []byte, start int) ([]int, int) {
	for i := start; ; {
		line := i
		for line > 0 && i-line < longLine && value64[t[line-1]] < 64 {
			line--
		}
		for i < len(t) && value64[t[i]] < 64 {
			chars = append(chars, i)
			i++
		}
		next := i
		for next < len(t) && isSpace(t[next]) {
			next++
		}
		if i-line < longLine || bytes.Count(t[i:next], newline) != 1 || !allBase64(t[next:]) {
			return chars, i
		}
		i = next
	}
}

// allBase64 reports whether the line that text begins with is a run of base64
// and no words.
func allBase64(text []byte) bool {
	n := 0
	for n < len(text) && value64[text[n]] < 64 {
		n++
	}
	return n > 0 && (n == len(text) || text[n] != ' ')
}

// decodeUTF16 reads text of two bytes per character, of either byte order.
func decodeUTF16(in *reading) *reading {
	var zeros [2]int
	for i, c := range in.text {
		if c == 0 {
			zeros[i&1]++
		}
	}
	low, high := 0, 1
	if zeros[0] > zeros[1] {
		low, high = 1, 0
	}
	w := in.rewrite("utf-16", 1)
	for i := 0; i+1 < len(in.text); i += 2 {
		w.put(rune(in.text[i+high])<<8|rune(in.text[i+low]), i, i+2)
	}
	return w.out
}
