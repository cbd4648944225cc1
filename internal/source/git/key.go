package git

import (
	"encoding/binary"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// key is the start of an object id, which tells the objects of one repository
// apart as well as the whole. Key 0 names nothing.
type key uint64

// keyOf returns the key of a raw id.
func keyOf(raw []byte) key {
	if len(raw) < 8 {
		return 0
	}
	return key(binary.BigEndian.Uint64(raw))
}

func idKey(id gitpack.ID) key { return keyOf(id.Bytes()) }

// parseKey reads the key of an id written in hex, of which text begins with at
// least 16 digits.
func parseKey(text []byte) (key, bool) {
	if len(text) < 16 {
		return 0, false
	}
	var k key
	for _, c := range text[:16] {
		d := nibble(c)
		if d > 15 {
			return 0, false
		}
		k = k<<4 | key(d)
	}
	return k, true
}

// nibble returns the value of a hex digit, or more than 15 if it is none.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}
