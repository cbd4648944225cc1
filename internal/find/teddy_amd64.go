package find

import "golang.org/x/sys/cpu"

var haveVectors = cpu.X86.HasAVX2

// teddyAVX2 looks at blocks of 32 positions from p on while all bytes they need
// lie below p+n. It returns the offset of the first block with candidates and
// their bits, or the offset where it stopped and 0.
//
//go:noescape
func teddyAVX2(t *tables, p *byte, n int) (at int, bits uint32)

// nextVector is wide.next at vector speed. Blocks start where from says, so
// they may lie differently; the candidates are the same.
func nextVector(t *tables, w *wide, p []byte, from int) (int, uint32) {
	if len(p)-from >= block+width-1 {
		at, bits := teddyAVX2(t, &p[from], len(p)-from)
		if bits != 0 {
			return from + at, bits
		}
		from += at
	}
	return w.next(p, from)
}
