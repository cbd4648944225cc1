// Package indexeddb reads the keys and values that Chromium, and so every
// program built on it, puts into a LevelDB for a web page's IndexedDB.
//
// Source: Chromium, content/browser/indexed_db/docs/leveldb_coding_scheme.md,
// and third_party/blink/renderer/modules/indexeddb/idb_value_wrapping.h.
package indexeddb

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"

	"github.com/klauspost/compress/snappy"
)

// ErrElsewhere says that the value is too large for the database; it is in a
// file of the blob folder beside it.
var ErrElsewhere = errors.New("the value is in a file beside the database")

// ErrDamaged says that a value is not what the format asks for.
var ErrDamaged = errors.New("read an IndexedDB value: damaged")

// The indexes that every object store has.
const (
	Records = 1 // keys and values
	Exists  = 2 // keys, for those that only ask
	Blobs   = 3 // which files belong to a record
)

// maxValue bounds a value that is packed, in bytes.
const maxValue = 64 << 20

// Key is the key of an entry, taken apart. Database, Store and Index are
// numbers; zero stands for metadata of what is above it.
type Key struct {
	Database, Store, Index uint64
	Rest                   []byte // what follows the prefix: of a record its own key, of metadata what it is about
}

// ParseKey takes a key apart.
func ParseKey(b []byte) (k Key, ok bool) {
	if len(b) == 0 {
		return k, false
	}
	lengths := [3]int{int(b[0]>>5) + 1, int(b[0]>>2&7) + 1, int(b[0]&3) + 1}
	b = b[1:]
	for i, to := range [3]*uint64{&k.Database, &k.Store, &k.Index} {
		if len(b) < lengths[i] {
			return k, false
		}
		var raw [8]byte
		copy(raw[:], b[:lengths[i]])
		*to = binary.LittleEndian.Uint64(raw[:])
		b = b[lengths[i]:]
	}
	k.Rest = b
	return k, true
}

// IsRecord reports whether the entry holds a value of an object store.
func (k Key) IsRecord() bool { return k.Database > 0 && k.Store > 0 && k.Index == Records }

// Kinds of metadata entries.
const (
	globalDatabaseName = 201
	storeMetadata      = 50
	storeName          = 0
)

// DatabaseName returns the name of a database, if the entry that has this key
// gives one, and the origin whose database it is: https_teams.microsoft.com_0.
func (k Key) DatabaseName() (origin, name string, ok bool) {
	if k.Database != 0 || k.Store != 0 || k.Index != 0 || len(k.Rest) == 0 || k.Rest[0] != globalDatabaseName {
		return "", "", false
	}
	origin, rest, ok := prefixedText(k.Rest[1:])
	if !ok {
		return "", "", false
	}
	name, _, ok = prefixedText(rest)
	return origin, name, ok
}

// StoreName returns the number of an object store and its name, if the entry of
// this key and value gives one.
func (k Key) StoreName(value []byte) (store uint64, name string, ok bool) {
	if k.Database == 0 || k.Store != 0 || k.Index != 0 || len(k.Rest) < 3 || k.Rest[0] != storeMetadata {
		return 0, "", false
	}
	store, n := binary.Uvarint(k.Rest[1:])
	if n <= 0 || len(k.Rest) != n+2 || k.Rest[n+1] != storeName || len(value) > maxName {
		return 0, "", false
	}
	return store, text(value), true
}

// maxName bounds names, in bytes.
const maxName = 4096

// prefixedText cuts a length in characters and as much text off the front of b.
func prefixedText(b []byte) (s string, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > maxName/2 || 2*n > uint64(len(b)-used) {
		return "", nil, false
	}
	b = b[used:]
	return text(b[:2*n]), b[2*n:], true
}

// text reads UTF-16, big endian.
func text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// Value returns the serialised script value in the value of a record, which
// begins with a version of its own and may be packed. buf may be used for it.
func Value(b, buf []byte) ([]byte, error) {
	_, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, ErrDamaged
	}
	return Unwrap(b[n:], buf)
}

// Unwrap undoes what is done to serialised script values that are large. buf
// may be used for the result.
func Unwrap(b, buf []byte) ([]byte, error) {
	const (
		wrapped   = 0x11 // the version that no value has of its own
		elsewhere = 1
		packed    = 2
	)
	if len(b) < 3 || b[0] != 0xff || b[1] != wrapped {
		return b, nil
	}
	switch b[2] {
	case elsewhere:
		return nil, ErrElsewhere
	case packed:
		size, err := snappy.DecodedLen(b[3:])
		if err != nil || size > maxValue || size > 64*len(b)+64 {
			return nil, ErrDamaged
		}
		plain, err := snappy.Decode(buf[:cap(buf)], b[3:])
		if err != nil {
			return nil, ErrDamaged
		}
		return plain, nil
	}
	return b, nil // a value written by that version of the engine
}
