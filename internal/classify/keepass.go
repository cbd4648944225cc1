package classify

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
)

// keepassReader tells how well a KeePass file is protected: an old derivation
// with few rounds is guessed a million times as fast as Argon2.
var keepassReader = Reader{
	Name: "keepass",
	Doc:  "KeePass 1 and 2: the version, and how the key is derived from the password. The content is encrypted.",
	Sniff: func(head, _ []byte) bool {
		return bytes.HasPrefix(head, keepassSign) && len(head) >= 12 && (head[4]|2 == 0x67 || head[4] == 0x65) && bytes.Equal(head[5:8], []byte{0xfb, 0x4b, 0xb5})
	},
	Read: func(_ context.Context, p Piece) (Result, error) {
		head, err := readHead(p)
		if err != nil {
			return Result{}, err
		}
		f := passwordStore.Find(p, 1)
		f.Hint = keepassHint(head)
		return found(head, Encrypted, f), nil
	},
}

var keepassSign = []byte{0x03, 0xd9, 0xa2, 0x9a}

// keepassHint reads the header of a KeePass file.
//
// Source: KeePass help, "KDBX 4"; the source of KeePass 1.
func keepassHint(head []byte) string {
	if head[4] == 0x65 {
		return "KeePass 1, AES derivation"
	}
	version := binary.LittleEndian.Uint16(head[10:])
	hint := fmt.Sprintf("KeePass 2, format %d", version)
	for rest := head[12:]; len(rest) >= 5; {
		id, size, start := rest[0], int(binary.LittleEndian.Uint16(rest[1:])), 3
		if version >= 4 {
			size, start = int(binary.LittleEndian.Uint32(rest[1:])&0x7fffffff), 5
		}
		if id == 0 || size > len(rest)-start {
			break
		}
		value := rest[start : start+size]
		switch {
		case id == 6 && size == 8:
			hint += fmt.Sprintf(", AES derivation of %d rounds", binary.LittleEndian.Uint64(value))
		case id == 11 && bytes.Contains(value, []byte{0xef, 0x63, 0x6d, 0xdf}):
			hint += ", Argon2d"
		case id == 11 && bytes.Contains(value, []byte{0x9e, 0x29, 0x8b, 0x19}):
			hint += ", Argon2id"
		case id == 11 && bytes.Contains(value, []byte{0xc9, 0xd9, 0xf3, 0x9a}):
			hint += ", AES derivation"
		}
		rest = rest[start+size:]
	}
	return hint
}
