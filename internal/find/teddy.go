package find

// tables is a four-byte fingerprint matcher after Teddy (Hyperscan): the bit b
// of lo[j][x&15] & hi[j][x>>4] says that byte x may stand at position j of a
// fingerprint of bucket b. Bytes of 0x80 and above match nothing. A position
// that passes is a candidate, no more: nibbles of different fingerprints of one
// bucket mix.
type tables struct {
	lo, hi [width][16]uint8
}

// width is how many bytes a fingerprint has.
const width = 4

// block is how many positions one step of the matcher decides.
const block = 32

// add puts a fingerprint, one set of bytes for each position, into a bucket.
func (t *tables) add(bucket int, f fingerprint) {
	for j := range width {
		for x := range 128 {
			if f.sets[j].has(byte(x)) {
				t.lo[j][x&15] |= 1 << bucket
				t.hi[j][x>>4] |= 1 << bucket
			}
		}
	}
}

// wide is tables unfolded to whole bytes, for machines without the vector code
// and for the last bytes of a text.
type wide [width][256]uint8

func (t *tables) unfold() *wide {
	w := new(wide)
	for j := range width {
		for x := range 128 {
			w[j][x] = t.lo[j][x&15] & t.hi[j][x>>4]
		}
	}
	return w
}

// next returns the first block at or after from that holds candidates, and one
// bit for each of its positions. Without candidates up to the last position
// where a fingerprint fits it returns len(p), 0.
func (w *wide) next(p []byte, from int) (int, uint32) {
	last := len(p) - width
	for i := from; i <= last; i++ {
		if w[0][p[i]]&w[1][p[i+1]]&w[2][p[i+2]]&w[3][p[i+3]] == 0 {
			continue
		}
		bits := uint32(1)
		for k := 1; k < block && i+k <= last; k++ {
			if w[0][p[i+k]]&w[1][p[i+k+1]]&w[2][p[i+k+2]]&w[3][p[i+k+3]] != 0 {
				bits |= 1 << k
			}
		}
		return i, bits
	}
	return len(p), 0
}
