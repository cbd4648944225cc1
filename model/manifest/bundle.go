package manifest

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// mediaType is that of a bundle of version 0.3, as it is written.
const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// mediaTypes are those of a bundle of version 0.3, as they are read.
var mediaTypes = []string{mediaType, "application/vnd.dev.sigstore.bundle+json;version=0.3"}

// Method is how a bundle was signed.
type Method string

// The methods of OMS.
const (
	ByKey         Method = "key"         // a key pair; a verifier has the public key
	ByCertificate Method = "certificate" // a certificate; a verifier trusts one that vouches for it
	ByIdentity    Method = "sigstore"    // a certificate for minutes, made out to an identity, and a public log
)

// Bundle is a signed manifest that was not verified. What it says is had by Open.
type Bundle struct {
	method    Method
	chain     []*x509.Certificate // leaf first
	hint      string              // of the key; not signed
	payload   []byte
	signature []byte
	raw       []byte
	limits    Limits
}

// Verifier decides whether a bundle was signed by whom it trusts, and names the
// signer. It fails if not.
type Verifier interface {
	Verify(b *Bundle) (signer string, err error)
}

// Signed is what a bundle that was verified says.
type Signed struct {
	*Manifest
	Method Method
	Signer string // in words of the verifier
}

// ReadBundle reads a bundle up to the limit. It fails with ErrTooLarge beyond it.
func ReadBundle(r io.Reader, l Limits) (*Bundle, error) {
	most := l.orDefault().Bytes
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("read the signature: %w", err)
	}
	return ParseBundle(data, l)
}

// ParseBundle reads a bundle. It fails with ErrSyntax or ErrTooLarge. Nothing is
// verified yet.
func ParseBundle(data []byte, l Limits) (*Bundle, error) {
	if most := l.orDefault().Bytes; int64(len(data)) > most {
		return nil, fmt.Errorf("read the signature: %w: more than %d bytes", ErrTooLarge, most)
	}
	p := &bundling{walker: newWalker(bytes.NewReader(data)), b: &Bundle{raw: data, limits: l}}
	err := p.bundle()
	if err == nil {
		err = p.settle()
	}
	if err != nil {
		return nil, fmt.Errorf("read the signature: %w: %w", ErrSyntax, unended(err))
	}
	return p.b, nil
}

// Method returns how the bundle says it was signed.
func (b *Bundle) Method() Method { return b.method }

// Raw returns the bundle as it was read.
func (b *Bundle) Raw() []byte { return b.raw }

// Open verifies a bundle and returns what it says. It fails with ErrSignature
// where the verifier does, with ErrOld, and with ErrSyntax where what was signed
// is no statement on a model.
func (b *Bundle) Open(v Verifier) (*Signed, error) {
	signer, err := v.Verify(b)
	if err != nil {
		if _, old := ParseStatement(b.payload, b.limits); errors.Is(old, ErrOld) {
			return nil, fmt.Errorf("verify the signature: %w", ErrOld)
		}
		return nil, fmt.Errorf("verify the signature: %w: %w", ErrSignature, err)
	}
	m, err := ParseStatement(b.payload, b.limits)
	if err != nil {
		return nil, err
	}
	return &Signed{Manifest: m, Method: b.method, Signer: signer}, nil
}

// encoded is what the signature is over: the pre-authentication encoding of
// DSSE, version 1. Source: https://github.com/secure-systems-lab/dsse.
func encoded(payload []byte) []byte {
	head := fmt.Sprintf("DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))
	return append([]byte(head), payload...)
}

// bundling is JSON on its way to a bundle.
type bundling struct {
	walker
	b *Bundle

	media, payloadType    string
	payload, signature    string
	envelope, material    bool // were met
	signatures, materials int
	logged                int // entries in the public log
}

// settle makes sure that what was read belongs together.
func (p *bundling) settle() (err error) {
	known := false
	for _, m := range mediaTypes {
		known = known || p.media == m
	}
	switch {
	case !known:
		return fmt.Errorf("mediaType %q: want %s", p.media, mediaType)
	case !p.envelope:
		return errors.New("dsseEnvelope is missing")
	case !p.material || p.materials == 0:
		return errors.New("verificationMaterial is missing, or of a kind that OMS does not have")
	case p.materials > 1:
		return errors.New("verificationMaterial is of more than one kind")
	case p.payloadType != payloadType:
		return fmt.Errorf("payloadType %q: want %s", p.payloadType, payloadType)
	case p.signatures != 1:
		return fmt.Errorf("it has %d signatures; want one", p.signatures)
	case p.b.method == ByIdentity && p.logged == 0:
		return errors.New("it has no entry of the public log")
	}
	if p.b.payload, err = decoded(p.payload); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	if p.b.signature, err = decoded(p.signature); err != nil {
		return fmt.Errorf("sig: %w", err)
	}
	return nil
}

// decoded reads base64 that is not empty.
func decoded(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && len(raw) == 0 {
		err = errors.New("it is empty")
	}
	return raw, err
}
