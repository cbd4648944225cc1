package find

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
	done := -1
	for _, m := range marks {
		f := &s.prints[m.print]
		if f.form == plain || f.form == utf16 || f.form == wide64 || int(m.at) < done {
			continue
		}
		r, end := in.decodeRun(int(m.at) - f.skip - f.phase)
		if done = end; r != nil {
			out = append(out, r)
		}
	}
	return out
}

// decodeRun decodes the run of base64 that has a group of four at group, and
// returns where it ends.
func (in *reading) decodeRun(group int) (*reading, int) {
	t := in.text
	start := group
	for start >= 4 && isGroup(t[start-4:start]) {
		start -= 4
	}
	w := in.rewrite("base64", 1)
	end := start
	var out [3]byte
	for end >= 0 && end < len(t) {
		p := t[end:min(len(t), end+4)]
		n := decodeGroup(out[:], p)
		if n == 0 {
			break
		}
		from, _ := in.bounds(end)
		last := end + (n*8+5)/6
		_, to := in.bounds(last - 1)
		for _, b := range out[:n] {
			w.byte(b, from, to)
		}
		if end = last; n < 3 {
			break
		}
	}
	for end >= 0 && end < len(t) && t[end] == '=' {
		end++
	}
	if len(w.out.text) == 0 {
		return nil, end
	}
	first := start
	for first > 0 && start-first < 3 && value64[t[first-1]] < 64 {
		first--
	}
	a, _ := in.bounds(first)
	_, b := in.bounds(end - 1)
	w.out.run = [2]int32{a, b}
	return w.out, end
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
