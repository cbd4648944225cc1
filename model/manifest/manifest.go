// Package manifest signs models and tells which of their files are no longer
// what was signed, in the OpenSSF Model Signing (OMS) format, version 1.0.
//
// A model is a file or a tree of files: a folder, a container behind a link. A
// Manifest has the digest of each, or of each shard of each. It is signed as an
// in-toto statement in a DSSE envelope, which lies with what is needed to verify
// it in a bundle, one JSON file:
//
//	m, err := manifest.Build(ctx, "resnet18", files, manifest.BuildOptions{})
//	bundle, err := manifest.Sign(m, manifest.Key{Private: key}, rand.Reader)
//
//	b, err := manifest.ParseBundle(data, manifest.Limits{})
//	signed, err := b.Open(manifest.PublicKey{Key: public})
//	report, err := manifest.Compare(ctx, signed.Manifest, files, manifest.CompareOptions{})
//
// What a bundle says can be had only by opening it, which verifies it: with a
// public key, with certificates that are trusted, or, in the package keyless
// below this one, with what Sigstore's public services attest.
//
// The package does not touch files or networks, has no clock and makes no
// randomness: all of these are arguments. It reads a file in pieces of 1 MiB,
// however large it is.
//
// Source: OMS specification 1.0 (https://github.com/ossf/model-signing-spec).
package manifest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors that a caller may want to tell apart.
var (
	// ErrSyntax says that what was read is no bundle, or no statement on a model.
	ErrSyntax = errors.New("not an OMS bundle")
	// ErrOld says that a bundle is of a form that is no longer verified.
	ErrOld = errors.New("made by model_signing 0.2 or older, whose signatures do not cover what DSSE says they do; sign the model again with a newer version")
	// ErrTooLarge says that a limit would be passed.
	ErrTooLarge = errors.New("too large")
	// ErrSignature says that a bundle was not signed by whom it must be, or was
	// changed since.
	ErrSignature = errors.New("signature does not hold")
	// ErrEmpty says that there is nothing to sign.
	ErrEmpty = errors.New("there is no file to sign")
	// ErrPath says that a file's name cannot stand in a manifest.
	ErrPath = errors.New("not a path that can be signed")
	// ErrLink says that a tree holds a symbolic link, which is not followed.
	ErrLink = errors.New("a symbolic link")
)

// Limits bounds what one bundle can cost. The zero value is safe.
type Limits struct {
	Bytes     int64 // of the bundle; 0 means 1 GiB
	Resources int   // in the manifest; 0 means 5,000,000
}

const (
	defaultBytes     = 1 << 30
	defaultResources = 5_000_000
)

func (l Limits) orDefault() Limits {
	return Limits{Bytes: cmp.Or(l.Bytes, defaultBytes), Resources: cmp.Or(l.Resources, defaultResources)}
}

// Manifest is what is signed of a model.
type Manifest struct {
	Name         string     // of the model; says nothing about it
	Resources    []Resource // in the order in which they are signed
	Hash         Hash       // of their digests
	ShardSize    int64      // bytes; 0 if each file has one digest
	FollowsLinks bool       // symbolic links were followed, and stand for what they lead to
	Ignored      []string   // paths that were left out, with all below them; those of DefaultIgnored always are
}

// Resource is a file, or a shard of one.
type Resource struct {
	Path   string // relative, separated by /, in UTF-8; "." for a model that is one file, in older bundles
	Start  int64  // first byte; 0 unless the manifest has shards
	End    int64  // first byte behind the shard; -1 for all of the file
	Digest string // raw bytes
	Noted  *Noted // what was known of the file when it was signed; nil if nothing, or if an earlier shard has it
}

// Noted is what is known of a file without reading it: its size, and what a
// listing of the storage says. What is not known is zero. OMS has no such thing;
// it is kept as annotations, which others ignore.
type Noted struct {
	Size     int64     // bytes; -1 if it is not known
	MD5      string    // raw bytes
	ETag     string    // without quotes
	Modified time.Time // UTC
	Version  string    // id of the version
}

// Name returns the name of the resource in a statement.
func (r Resource) Name() string {
	if r.End < 0 {
		return r.Path
	}
	return fmt.Sprintf("%s:%d:%d", r.Path, r.Start, r.End)
}

// Root returns the digest of the whole model: SHA-256 over the digests of its
// resources in their order.
func (m *Manifest) Root() [sha256.Size]byte {
	h := sha256.New()
	for _, r := range m.Resources {
		h.Write([]byte(r.Digest))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// RootHex returns the digest of the whole model, in hexadecimal.
func (m *Manifest) RootHex() string {
	sum := m.Root()
	return hex.EncodeToString(sum[:])
}

// Sort puts the resources in the order of their names, by code point, as a new
// signature has them.
func (m *Manifest) Sort() {
	if m.ShardSize == 0 {
		slices.SortFunc(m.Resources, func(a, b Resource) int { return cmp.Compare(a.Path, b.Path) })
		return
	}
	slices.SortFunc(m.Resources, func(a, b Resource) int { return cmp.Compare(a.Name(), b.Name()) })
}

// Files returns how many files the manifest covers.
func (m *Manifest) Files() int {
	if m.ShardSize == 0 {
		return len(m.Resources)
	}
	seen := map[string]struct{}{}
	for _, r := range m.Resources {
		seen[r.Path] = struct{}{}
	}
	return len(seen)
}
