package usage

import (
	"encoding/binary"
	"math/bits"
)

// sum returns a hash of b that is spread over all 64 bits and depends on seed.
// It is quick, and no secret: what it tells apart is counted, not trusted.
func sum(b []byte, seed uint64) uint64 {
	h := seed ^ mixA ^ uint64(len(b))*mixC
	for len(b) >= 16 {
		h = mix(binary.LittleEndian.Uint64(b)^mixB^h, binary.LittleEndian.Uint64(b[8:])^h)
		b = b[16:]
	}
	var x, y uint64
	switch {
	case len(b) >= 8:
		x, y = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[len(b)-8:])
	case len(b) >= 4:
		x, y = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
	case len(b) > 0:
		x, y = uint64(b[0])<<16|uint64(b[len(b)/2])<<8|uint64(b[len(b)-1]), uint64(len(b))
	}
	return mix(mix(x^mixB^h, y^h^mixC), h^mixA)
}

const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xe7037ed1a0b428db
	mixC = 0x8ebc6af09c88c6e3
)

// mix multiplies and folds.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo ^ bits.RotateLeft64(a, 29) ^ b
}
