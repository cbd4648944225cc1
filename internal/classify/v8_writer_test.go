package classify_test

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf16"
)

// object is a script object for the writer, in the order of its properties.
type object []property

type property struct {
	name  string
	value any
}

// scriptValue writes a value as Chromium's engine does: the twin of the decoder,
// written from the same description and sharing nothing with it.
func scriptValue(v any) []byte {
	b := []byte{0xff, 0x14, 0xff, 0x0f}
	return appendValue(b, v)
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, '0')
	case bool:
		if v {
			return append(b, 'T')
		}
		return append(b, 'F')
	case int:
		b = append(b, 'I')
		return binary.AppendUvarint(b, uint64(uint32(v<<1)^uint32(v>>31)))
	case float64:
		b = append(b, 'N')
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	case string:
		return appendText(b, v)
	case []any:
		b = append(b, 'A')
		b = binary.AppendUvarint(b, uint64(len(v)))
		for _, item := range v {
			b = appendValue(b, item)
		}
		b = append(b, '$', 0)
		return binary.AppendUvarint(b, uint64(len(v)))
	case object:
		b = append(b, 'o')
		for _, p := range v {
			b = appendValue(appendText(b, p.name), p.value)
		}
		b = append(b, '{')
		return binary.AppendUvarint(b, uint64(len(v)))
	}
	panic("a value of another sort")
}

func appendText(b []byte, s string) []byte {
	wide := slices.ContainsFunc([]rune(s), func(r rune) bool { return r > 0xff })
	if !wide {
		b = append(b, '"')
		b = binary.AppendUvarint(b, uint64(len([]rune(s))))
		for _, r := range s {
			b = append(b, byte(r))
		}
		return b
	}
	units := utf16.Encode([]rune(s))
	if n := len(b) + 1 + len(binary.AppendUvarint(nil, uint64(2*len(units)))); n%2 != 0 {
		b = append(b, 0) // two-byte text begins at an even place
	}
	b = append(b, 'c')
	b = binary.AppendUvarint(b, uint64(2*len(units)))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// recordKey is the key of a record of an IndexedDB object store.
func recordKey(database, store byte, id string) []byte {
	b := []byte{0, database, store, 1, 1}
	units := utf16.Encode([]rune(id))
	b = binary.AppendUvarint(b, uint64(len(units)))
	for _, u := range units {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}
