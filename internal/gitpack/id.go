package gitpack

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// HashFormat is the hash that a repository names its objects with. The zero
// value is SHA1.
type HashFormat uint8

// The formats of extensions.objectFormat in git's configuration.
const (
	SHA1 HashFormat = iota
	SHA256
)

// Size returns the length of an ID in bytes.
func (h HashFormat) Size() int {
	if h == SHA256 {
		return 32
	}
	return 20
}

// ID names an object: the hash of its type, size and content. IDs compare with
// == and serve as map keys. The zero value names nothing.
type ID struct {
	hash [32]byte
	size uint8
}

// IDFrom returns the ID whose bytes are raw. It fails with ErrCorrupt unless
// there are 20 or 32 of them.
func IDFrom(raw []byte) (ID, error) {
	if len(raw) != 20 && len(raw) != 32 {
		return ID{}, fmt.Errorf("read object id of %d bytes: %w", len(raw), ErrCorrupt)
	}
	return newID(raw), nil
}

// newID copies an ID out of a slice that is known to have the right length.
func newID(raw []byte) (id ID) {
	id.size = uint8(copy(id.hash[:], raw))
	return id
}

// ParseID reads an ID from 40 or 64 hexadecimal digits.
func ParseID(text string) (ID, error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return ID{}, fmt.Errorf("parse object id: %w", err)
	}
	return IDFrom(raw)
}

// String returns the ID in hexadecimal, and nothing for the zero ID.
func (id ID) String() string { return hex.EncodeToString(id.hash[:id.size]) }

// Bytes returns the raw hash, 20 or 32 bytes, or none for the zero ID.
func (id ID) Bytes() []byte { return id.hash[:id.size] }

// IsZero says whether the ID names nothing.
func (id ID) IsZero() bool { return id.size == 0 }

// Compare orders IDs by their bytes.
func (id ID) Compare(other ID) int {
	return bytes.Compare(id.hash[:id.size], other.hash[:other.size])
}

// Type is what an object is.
type Type uint8

// The types as packs number them. The zero Type is of nothing.
const (
	Commit Type = 1
	Tree   Type = 2
	Blob   Type = 3
	Tag    Type = 4

	ofsDelta Type = 6
	refDelta Type = 7
)

// String returns the name that git uses.
func (t Type) String() string {
	switch t {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// parseType is the reverse of String.
func parseType(name []byte) (Type, bool) {
	switch string(name) {
	case "commit":
		return Commit, true
	case "tree":
		return Tree, true
	case "blob":
		return Blob, true
	case "tag":
		return Tag, true
	}
	return 0, false
}

// TypeSet is a set of types; the zero value means all of them.
type TypeSet uint8

// TypesOf returns the set of the given types.
func TypesOf(types ...Type) (s TypeSet) {
	for _, t := range types {
		s |= 1 << t
	}
	return s
}

// Has says whether the set contains a type.
func (s TypeSet) Has(t Type) bool { return s == 0 || s>>t&1 != 0 }
