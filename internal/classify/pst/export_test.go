package pst

// Encode puts the content of a block into an encoding.
func Encode(b []byte, encoding Encoding, id uint64) {
	switch encoding {
	case Permute:
		for i, c := range b {
			b[i] = substitute[c]
		}
	case Cyclic:
		cyclic(b, uint32(id))
	}
}
