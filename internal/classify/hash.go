package classify

import (
	"encoding/binary"
	"math/bits"
)

// hash is a keyed hash of text, the same in every process: SipHash-2-4 under
// the salt. Without the salt nobody can try out who is in a crowd.
func hash(salt uint64, text []byte) uint64 {
	k1 := bits.RotateLeft64(salt, 32) ^ 0x6f76657267726e74
	v := [4]uint64{salt ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, salt ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	length := uint64(len(text)) << 56
	for ; len(text) >= 8; text = text[8:] {
		block(&v, binary.LittleEndian.Uint64(text))
	}
	var rest [8]byte
	copy(rest[:], text)
	block(&v, binary.LittleEndian.Uint64(rest[:])|length)
	v[2] ^= 0xff
	for range 4 {
		round(&v)
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

func block(v *[4]uint64, m uint64) {
	v[3] ^= m
	round(v)
	round(v)
	v[0] ^= m
}

func round(v *[4]uint64) {
	v[0] += v[1]
	v[1] = bits.RotateLeft64(v[1], 13) ^ v[0]
	v[0] = bits.RotateLeft64(v[0], 32)
	v[2] += v[3]
	v[3] = bits.RotateLeft64(v[3], 16) ^ v[2]
	v[0] += v[3]
	v[3] = bits.RotateLeft64(v[3], 21) ^ v[0]
	v[2] += v[1]
	v[1] = bits.RotateLeft64(v[1], 17) ^ v[2]
	v[2] = bits.RotateLeft64(v[2], 32)
}
