package find

import (
	"bytes"
	"slices"
)

// reading is a window of text with some encodings undone. Each of its bytes
// knows the bytes of the window that it came from.
type reading struct {
	text  []byte
	from  []int32 // where in the window the byte of text starts; nil if text is the window itself
	to    []int32 // where it ends
	chain []string
	cost  int      // how far-fetched the decodings are
	run   [2]int32 // the run of base64 that text was decoded from; empty if it was not

	scratch *scratch // where readings that are made of this one come from
	copied  string   // text, once it was asked for
}

// string returns the text as a string.
func (r *reading) string() string {
	if r.copied == "" {
		r.copied = string(r.text)
	}
	return r.copied
}

// span returns where in the window text[start:end) came from.
func (r *reading) span(start, end int) (int, int) {
	if r.from == nil || end <= start {
		return start, end
	}
	return int(r.from[start]), int(r.to[end-1])
}

// bounds returns where the byte i of text came from.
func (r *reading) bounds(i int) (int32, int32) {
	if r.from == nil {
		return int32(i), int32(i + 1)
	}
	return r.from[i], r.to[i]
}

// rewrite builds a reading out of another, byte by byte.
type rewrite struct {
	in  *reading
	out *reading
}

func (r *reading) rewrite(name string, cost int) rewrite {
	out := r.scratch.reading()
	n := len(r.text)
	out.text, out.from, out.to = slices.Grow(out.text, n), slices.Grow(out.from, n), slices.Grow(out.to, n)
	out.chain = append(slices.Clip(r.chain), name)
	out.cost = r.cost + cost
	out.run = r.run
	return rewrite{r, out}
}

// keep copies in[i:j) as it is.
func (w rewrite) keep(i, j int) {
	o := w.out
	o.text = append(o.text, w.in.text[i:j]...)
	if w.in.from != nil {
		o.from = append(o.from, w.in.from[i:j]...)
		o.to = append(o.to, w.in.to[i:j]...)
		return
	}
	n := len(o.from)
	o.from = slices.Grow(o.from, j-i)[:n+j-i]
	o.to = slices.Grow(o.to, j-i)[:n+j-i]
	from, to := o.from[n:], o.to[n:]
	to = to[:len(from)]
	for k := range from {
		from[k] = int32(i + k)
		to[k] = int32(i + k + 1)
	}
}

// put writes one character in place of in[i:j), in UTF-8.
func (w rewrite) put(ch rune, i, j int) {
	from, _ := w.in.bounds(i)
	_, to := w.in.bounds(j - 1)
	if ch < 0x80 {
		w.byte(byte(ch), from, to)
		return
	}
	for _, b := range []byte(string(ch)) {
		w.byte(b, from, to)
	}
}

func (w rewrite) byte(b byte, from, to int32) {
	w.out.text = append(w.out.text, b)
	w.out.from = append(w.out.from, from)
	w.out.to = append(w.out.to, to)
}

// nothing stands for no character. Below it, nothing-b stands for the byte b
// above 0x7F, which is part of a character only.
const nothing rune = -1

// replace is the frame of most decoders. Where read returns n > 0 for the text
// at i, n bytes are replaced by one character, or by nothing if ch is nothing, or
// by one byte if it is below that. starts are the bytes at which read is asked;
// those of 0x80 and above count as 1. It returns nil if nothing was replaced.
func (r *reading) replace(name string, starts *set, read func(text []byte, i int) (ch rune, n int)) *reading {
	var w rewrite
	kept := 0
	only, single := starts.only()
	for i := 0; i < len(r.text); i++ {
		c := r.text[i]
		if single && c != only {
			skip := bytes.IndexByte(r.text[i:], only)
			if skip < 0 {
				break
			}
			i += skip
		} else if !starts.asks(c) {
			continue
		}
		ch, n := read(r.text, i)
		if n == 0 {
			continue
		}
		if w.out == nil {
			w = r.rewrite(name, 1)
		}
		w.keep(kept, i)
		switch {
		case ch >= 0:
			w.put(ch, i, i+n)
		case ch < nothing:
			from, _ := r.bounds(i)
			_, to := r.bounds(i + n - 1)
			w.byte(byte(nothing-ch), from, to)
		}
		i += n - 1
		kept = i + 1
	}
	if w.out == nil {
		return nil
	}
	w.keep(kept, len(r.text))
	return w.out
}
