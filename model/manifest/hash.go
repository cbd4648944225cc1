package manifest

import (
	"crypto/sha256"
	"fmt"
	"hash"

	"github.com/zeebo/blake3"
	"golang.org/x/crypto/blake2b"
)

// Hash names a digest. The zero value is SHA-256.
type Hash string

// The digests that OMS has. All verifiers know SHA-256; the others are optional.
const (
	SHA256  Hash = "sha256"
	BLAKE2b Hash = "blake2b" // of 512 bits
	BLAKE3  Hash = "blake3"  // of 256 bits
)

// Hashes lists the digests that are known.
var Hashes = []Hash{SHA256, BLAKE2b, BLAKE3}

// ParseHash returns the digest of a name; it fails for a name that is not known.
func ParseHash(name string) (Hash, error) {
	for _, h := range Hashes {
		if string(h) == name {
			return h, nil
		}
	}
	return "", fmt.Errorf("digest %q: not known; want one of sha256, blake2b, blake3", name)
}

// Size returns how many bytes the digest has.
func (h Hash) Size() int {
	if h == BLAKE2b {
		return blake2b.Size
	}
	return sha256.Size
}

func (h Hash) orDefault() Hash {
	if h == "" {
		return SHA256
	}
	return h
}

func (h Hash) new() hash.Hash {
	switch h {
	case BLAKE2b:
		b, _ := blake2b.New512(nil) // it fails for a key only
		return b
	case BLAKE3:
		return blake3.New()
	}
	return sha256.New()
}
