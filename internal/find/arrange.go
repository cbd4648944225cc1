package find

import (
	"math"
	"math/bits"
)

// A stem may be recognised by any four neighbours of its bytes. Which are taken,
// and which share a bucket of the matcher, decides how many candidates there are
// that turn out to be nothing.

// choice is the fingerprints by one of which a written stem may be recognised.
type choice []fingerprint

// choices returns a choice for each way to write each stem.
func (s *scanner) choices() []choice {
	var all []choice
	for i := range s.stems {
		for _, f := range s.stems[i].forms {
			all = append(all, s.stems[i].choices(fingerprint{stem: i, form: f})...)
		}
	}
	return all
}

// choices returns those for one form: base64 has three alignments.
func (st *stem) choices(f fingerprint) []choice {
	var all []choice
	switch f.form {
	case plain:
		for _, p := range st.patterns() {
			all = append(all, p.choice(f))
		}
	case utf16:
		all = append(all, st.patterns()[0].doubled().choice(f))
	case base64:
		all = st.exact().choices(f)
	case base16:
		all = st.exact().doubled().choices(f)
	case twice:
		for lead := range 3 {
			inner, phase := st.exact().wrapped(lead)
			f.inner = phase
			all = append(all, inner.choices(f)...)
		}
	case wide64:
		for lead := range 3 {
			inner, phase := st.exact().wrapped(lead)
			f.inner = phase
			all = append(all, inner.doubled().choice(f))
		}
	}
	return all
}

// choices returns those for the pattern in base64.
func (p pattern) choices(f fingerprint) []choice {
	var all []choice
	for lead := range 3 {
		w, phase := p.wrapped(lead)
		f.phase = phase
		all = append(all, w.choice(f))
	}
	return all
}

// choice returns all fingerprints of a pattern.
func (p pattern) choice(f fingerprint) choice {
	var c choice
	for i := 0; i+width <= len(p); i++ {
		copy(f.sets[:], p[i:i+width])
		f.skip = i
		f.nibbles = f.spread()
		c = append(c, f)
	}
	return c
}

// leaky is a bucket of the matcher: by position, which nibbles pass.
type leaky struct {
	group []fingerprint
	pass  nibbles
}

// nibbles is a bit for each low and each high nibble that may stand at a
// position.
type nibbles struct {
	lo [width]uint16
	hi [width]uint8
}

func (n nibbles) or(o nibbles) nibbles {
	for j := range width {
		n.lo[j] |= o.lo[j]
		n.hi[j] |= o.hi[j]
	}
	return n
}

// spread returns the nibbles of a fingerprint.
func (f *fingerprint) spread() (n nibbles) {
	for j, s := range f.sets {
		for c := range byte(0x80) {
			if s.has(c) {
				n.lo[j] |= 1 << (c & 15)
				n.hi[j] |= 1 << (c >> 4)
			}
		}
	}
	return n
}

// leak estimates how many positions of text pass.
func (n nibbles) leak() float64 {
	p := 1.0
	for j := range width {
		sum := 0.0
		for hi := n.hi[j]; hi != 0; hi &= hi - 1 {
			row := frequency[16*bits.TrailingZeros8(hi):][:16]
			for lo := n.lo[j]; lo != 0; lo &= lo - 1 {
				sum += row[bits.TrailingZeros16(lo)&15]
			}
		}
		p *= sum / 1e4
	}
	return p
}

// arrange takes one fingerprint of each choice and divides them into eight
// buckets that leak little. It puts each where it adds least, and then
// reconsiders each twice.
func arrange(all []choice) [][]fingerprint {
	buckets := make([]*leaky, 8)
	for i := range buckets {
		buckets[i] = &leaky{}
	}
	place := make([]int, len(all))
	for round := range 3 {
		for i, c := range all {
			for k := range c {
				c[k].id = i
			}
			if len(c) == 0 {
				continue
			}
			if round > 0 {
				buckets[place[i]].drop(i)
			}
			place[i] = take(buckets, c)
		}
	}
	groups := make([][]fingerprint, len(buckets))
	for i, b := range buckets {
		groups[i] = b.group
	}
	return groups
}

// take adds the best fingerprint of a choice to the best bucket, and returns
// which that is.
func take(buckets []*leaky, c choice) int {
	best, pick, least := 0, 0, math.Inf(1)
	for i, b := range buckets {
		before := b.pass.leak()
		for k := range c {
			if more := b.pass.or(c[k].nibbles).leak() - before; more < least {
				best, pick, least = i, k, more
			}
		}
	}
	b := buckets[best]
	b.group = append(b.group, c[pick])
	b.pass = b.pass.or(c[pick].nibbles)
	return best
}

// drop takes the fingerprint of one choice out of the bucket.
func (b *leaky) drop(id int) {
	rest := b.group[:0]
	b.pass = nibbles{}
	for _, f := range b.group {
		if f.id != id {
			rest = append(rest, f)
			b.pass = b.pass.or(f.nibbles)
		}
	}
	b.group = rest
}
