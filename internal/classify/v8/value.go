// Package v8 reads values that a web page stored: the structured clone format
// of Chromium's engine, inside the envelope that Blink puts around it. It runs
// no script and looks at no types; an object is the list of its properties.
//
// What it does not read: objects that only Blink knows, such as images. A value
// that holds one ends there, and what came before it is returned.
//
// Source: V8, src/objects/value-serializer.cc; Blink, the list of tags beside
// its V8ScriptValueSerializer.
package v8

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Nothing Kind = iota // undefined, null, a hole in a list
	Bool                // Number is 0 or 1
	Number
	Date // Number is in milliseconds since 1970, UTC
	String
	Object    // and errors, maps: properties with names
	List      // and sets
	Bytes     // buffers; the content is not kept
	Reference // to an object that stands earlier in the same value
	Other     // files and blobs, which are elsewhere
)

// Value is a value and all below it. Text refers to the bytes it was read from.
type Value struct {
	Kind   Kind
	Number float64
	Text   Text
	Fields []Field // of an Object, and of a List
}

// Field is a property, or an item of a list, which has no name.
type Field struct {
	Name  Text
	Value *Value
}

// Text is text as it was stored: in Latin-1, in UTF-8, or in UTF-16 of
// little-endian order.
type Text struct {
	Raw      []byte
	Encoding Encoding
}

// Encoding of a Text.
type Encoding uint8

// The encodings of text.
const (
	Latin1 Encoding = iota
	UTF8
	UTF16
)

// String returns the text in UTF-8.
func (t Text) String() string {
	switch t.Encoding {
	case UTF8:
		return string(t.Raw)
	case UTF16:
		units := make([]uint16, len(t.Raw)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(t.Raw[2*i:])
		}
		return string(utf16.Decode(units))
	}
	for i, c := range t.Raw {
		if c >= 0x80 {
			runes := make([]rune, 0, len(t.Raw))
			for _, c := range t.Raw[i:] {
				runes = append(runes, rune(c))
			}
			return string(t.Raw[:i]) + string(runes)
		}
	}
	return string(t.Raw)
}

// Is reports whether the text is word, letters of either case being the same.
// The word must be ASCII.
func (t Text) Is(word string) bool {
	if t.Encoding != UTF16 {
		return len(t.Raw) == len(word) && bytes.EqualFold(t.Raw, []byte(word))
	}
	if len(t.Raw) != 2*len(word) {
		return false
	}
	for i := range len(word) {
		if t.Raw[2*i+1] != 0 || lower(t.Raw[2*i]) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Get returns the property of an object with this name, as [Text.Is] compares;
// nil if there is none.
func (v *Value) Get(name string) *Value {
	if v == nil || v.Kind != Object {
		return nil
	}
	for i := range v.Fields {
		if v.Fields[i].Name.Is(name) {
			return v.Fields[i].Value
		}
	}
	return nil
}
