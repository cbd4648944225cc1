package model

import (
	"io"
	"math"
)

// lzmaDecoder decodes LZMA. Unlike most it gives out what it has decoded before
// a stream breaks off, as loaders see it, and its window grows only as far as
// the stream goes.
//
// Source: "LZMA specification" of the LZMA SDK, by Igor Pavlov.
type lzmaDecoder struct {
	window int    // bytes that may be kept
	out    []byte // what was unpacked, the oldest dropped
	given  int    // bytes of out that were given out
	lost   bool   // older bytes were dropped
	base   int    // where in out the stream began, below zero once that was dropped
	left   uint64 // bytes that are still to come; MaxUint64 where a mark ends them

	in    io.Reader
	buf   [512]byte
	src   []byte // of buf, not yet used
	fault error
	rng   uint32
	code  uint32

	lc, lp, pb uint
	state      uint
	rep        [4]uint32

	literals  []uint16
	isMatch   [12 << 4]uint16
	isRep     [12]uint16
	isRepG0   [12]uint16
	isRepG1   [12]uint16
	isRepG2   [12]uint16
	isRep0Far [12 << 4]uint16
	slots     [4][64]uint16
	distances [115]uint16
	align     [16]uint16
	length    lzmaLength
	repLength lzmaLength
}

type lzmaLength struct {
	choice [2]uint16
	low    [16][8]uint16
	mid    [16][8]uint16
	high   [256]uint16
}

const (
	lzmaStep  = 16 << 10 // bytes unpacked at a time
	lzmaMatch = 273      // bytes of the longest match
	lzmaHalf  = 1 << 10  // the probability of one half
)

// properties sets the three parameters and forgets what was learnt.
func (d *lzmaDecoder) properties(b byte) error {
	if b >= 9*5*5 {
		return errDecoder
	}
	d.lc, d.lp, d.pb = uint(b%9), uint(b/9%5), uint(b/45)
	if d.lc+d.lp > 4 { // as in XZ Utils, which Python uses
		return errDecoder
	}
	d.reset()
	return nil
}

func (d *lzmaDecoder) reset() {
	n := 0x300 << (d.lc + d.lp)
	if cap(d.literals) < n {
		d.literals = make([]uint16, n)
	}
	d.literals = d.literals[:n]
	even(d.literals)
	for _, p := range [][]uint16{d.isMatch[:], d.isRep[:], d.isRepG0[:], d.isRepG1[:], d.isRepG2[:], d.isRep0Far[:], d.distances[:], d.align[:]} {
		even(p)
	}
	for i := range d.slots {
		even(d.slots[i][:])
	}
	d.length.reset()
	d.repLength.reset()
	d.state, d.rep = 0, [4]uint32{}
}

func (l *lzmaLength) reset() {
	even(l.choice[:])
	even(l.high[:])
	for i := range l.low {
		even(l.low[i][:])
		even(l.mid[i][:])
	}
}

func even(p []uint16) {
	for i := range p {
		p[i] = lzmaHalf
	}
}

// begin starts to read packed bytes from in.
func (d *lzmaDecoder) begin(in io.Reader) {
	d.in, d.src, d.rng, d.code, d.fault = in, nil, math.MaxUint32, 0, nil
	d.next() // is zero
	for range 4 {
		d.code = d.code<<8 | uint32(d.next())
	}
}

func (d *lzmaDecoder) next() byte {
	for len(d.src) == 0 {
		if d.fault != nil {
			return 0
		}
		n, err := d.in.Read(d.buf[:])
		d.src = d.buf[:n]
		if n == 0 && err != nil {
			d.fault = unexpected(err)
		}
	}
	b := d.src[0]
	d.src = d.src[1:]
	return b
}

// shift drops what is older than the window once enough of it has gathered.
func (d *lzmaDecoder) shift() {
	if len(d.out) < d.window+max(d.window/4, lzmaStep) {
		return
	}
	drop := len(d.out) - d.window
	n := copy(d.out, d.out[drop:])
	d.out, d.given, d.base, d.lost = d.out[:n], n, d.base-drop, true
}

// forget drops all: what follows does not refer to it.
func (d *lzmaDecoder) forget() {
	rest := copy(d.out, d.out[d.given:])
	d.out, d.given, d.base, d.lost = d.out[:rest], 0, rest, false
}

// room returns n bytes behind what was unpacked.
func (d *lzmaDecoder) room(n int) []byte {
	if free := cap(d.out) - len(d.out); free < n {
		most := d.window + max(d.window/4, lzmaStep) + lzmaStep + lzmaMatch
		d.out = append(make([]byte, 0, max(len(d.out)+n, min(2*cap(d.out), most))), d.out...)
	}
	return d.out[len(d.out) : len(d.out)+n]
}

func (d *lzmaDecoder) bit(p *uint16) uint32 {
	if d.rng < 1<<24 {
		d.rng <<= 8
		d.code = d.code<<8 | uint32(d.next())
	}
	bound := d.rng >> 11 * uint32(*p)
	if d.code < bound {
		d.rng = bound
		*p += (1<<11 - *p) >> 5
		return 0
	}
	d.rng -= bound
	d.code -= bound
	*p -= *p >> 5
	return 1
}

func (d *lzmaDecoder) tree(p []uint16, bits uint) uint32 {
	m := uint32(1)
	for range bits {
		m = m<<1 | d.bit(&p[m])
	}
	return m - 1<<bits
}

func (d *lzmaDecoder) reverse(p []uint16, bits uint) uint32 {
	m, v := uint32(1), uint32(0)
	for i := range bits {
		b := d.bit(&p[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}

func (d *lzmaDecoder) direct(bits uint) uint32 {
	v := uint32(0)
	for range bits {
		if d.rng < 1<<24 {
			d.rng <<= 8
			d.code = d.code<<8 | uint32(d.next())
		}
		d.rng >>= 1
		b := uint32(0)
		if d.code >= d.rng {
			d.code -= d.rng
			b = 1
		}
		v = v<<1 | b
	}
	return v
}

func (d *lzmaDecoder) lengthOf(l *lzmaLength, pos uint) int {
	switch {
	case d.bit(&l.choice[0]) == 0:
		return 2 + int(d.tree(l.low[pos][:], 3))
	case d.bit(&l.choice[1]) == 0:
		return 10 + int(d.tree(l.mid[pos][:], 3))
	}
	return 18 + int(d.tree(l.high[:], 8))
}

// symbols unpacks about lzmaStep bytes. It returns io.EOF at the end.
func (d *lzmaDecoder) symbols() error {
	d.room(lzmaStep + lzmaMatch)
	for end := len(d.out) + lzmaStep; len(d.out) < end; {
		if d.left == 0 {
			return io.EOF
		}
		if d.fault != nil {
			return d.fault
		}
		pos := uint(len(d.out)-d.base) & (1<<d.pb - 1)
		if d.bit(&d.isMatch[d.state<<4+pos]) == 0 {
			if d.fault != nil {
				return d.fault
			}
			d.literal()
			continue
		}
		n, err := d.match(pos)
		switch {
		case d.fault != nil:
			return d.fault
		case err != nil:
			return err
		}
		if err := d.repeat(n); err != nil {
			return err
		}
	}
	return nil
}

func (d *lzmaDecoder) count(n int) {
	if d.left != math.MaxUint64 {
		d.left -= uint64(n)
	}
}

func (d *lzmaDecoder) literal() {
	last := byte(0)
	if len(d.out) > d.base {
		last = d.out[len(d.out)-1]
	}
	at := uint(len(d.out)-d.base)&(1<<d.lp-1)<<d.lc + uint(last)>>(8-d.lc)
	p := d.literals[0x300*at:][:0x300]
	sym := uint32(1)
	if d.state >= 7 && int(d.rep[0]) < len(d.out) {
		match := uint32(d.out[len(d.out)-1-int(d.rep[0])])
		for sym < 0x100 {
			b := match >> 7 & 1
			match <<= 1
			got := d.bit(&p[(1+b)<<8+sym])
			sym = sym<<1 | got
			if b != got {
				break
			}
		}
	}
	for sym < 0x100 {
		sym = sym<<1 | d.bit(&p[sym])
	}
	if d.fault != nil {
		return
	}
	d.out = append(d.out, byte(sym))
	d.count(1)
	switch {
	case d.state < 4:
		d.state = 0
	case d.state < 10:
		d.state -= 3
	default:
		d.state -= 6
	}
}

// match decodes how many bytes are repeated; rep[0] says from where.
func (d *lzmaDecoder) match(pos uint) (int, error) {
	after := func(early, late uint) {
		if d.state < 7 {
			d.state = early
		} else {
			d.state = late
		}
	}
	if d.bit(&d.isRep[d.state]) == 0 {
		d.rep[3], d.rep[2], d.rep[1] = d.rep[2], d.rep[1], d.rep[0]
		n := d.lengthOf(&d.length, pos)
		after(7, 10)
		d.rep[0] = d.distance(n)
		if d.rep[0] == math.MaxUint32 {
			return 0, io.EOF
		}
		return n, nil
	}
	switch {
	case d.bit(&d.isRepG0[d.state]) == 0:
		if d.bit(&d.isRep0Far[d.state<<4+pos]) == 0 {
			after(9, 11)
			return 1, nil
		}
	case d.bit(&d.isRepG1[d.state]) == 0:
		d.rep[0], d.rep[1] = d.rep[1], d.rep[0]
	case d.bit(&d.isRepG2[d.state]) == 0:
		d.rep[0], d.rep[1], d.rep[2] = d.rep[2], d.rep[0], d.rep[1]
	default:
		d.rep[0], d.rep[1], d.rep[2], d.rep[3] = d.rep[3], d.rep[0], d.rep[1], d.rep[2]
	}
	n := d.lengthOf(&d.repLength, pos)
	after(8, 11)
	return n, nil
}

func (d *lzmaDecoder) distance(n int) uint32 {
	slot := d.tree(d.slots[min(n-2, 3)][:], 6)
	if slot < 4 {
		return slot
	}
	bits := uint(slot>>1 - 1)
	v := (2 | slot&1) << bits
	if slot < 14 {
		return v + d.reverse(d.distances[v-slot:], bits)
	}
	v += d.direct(bits-4) << 4
	return v + d.reverse(d.align[:], 4)
}

// repeat copies n bytes from rep[0] before the end.
func (d *lzmaDecoder) repeat(n int) error {
	from := len(d.out) - 1 - int(d.rep[0])
	if from < 0 {
		if d.lost {
			return errDict
		}
		return errDecoder
	}
	if d.left < uint64(n) {
		n = int(d.left)
	}
	d.count(n)
	if len(d.out)-from >= n {
		d.out = append(d.out, d.out[from:from+n]...)
		return nil
	}
	for ; n > 0; n-- {
		d.out = append(d.out, d.out[from])
		from++
	}
	return nil
}
