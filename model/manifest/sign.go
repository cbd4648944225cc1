package manifest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Signer is who signs a manifest. With a Chain it is signed ByCertificate, else
// ByKey.
type Signer struct {
	Key   crypto.Signer       // an ECDSA key on P-256, P-384 or P-521; it may lie in hardware
	Chain []*x509.Certificate // the signer's first, each vouched for by the next; the root may be left out
}

// The form of a bundle that is written.
type (
	bundleJSON struct {
		MediaType string       `json:"mediaType"`
		Material  materialJSON `json:"verificationMaterial"`
		Envelope  envelopeJSON `json:"dsseEnvelope"`
	}
	materialJSON struct {
		Key   *keyJSON   `json:"publicKey,omitempty"`
		Chain *chainJSON `json:"x509CertificateChain,omitempty"`
		Log   []struct{} `json:"tlogEntries"`
	}
	keyJSON struct {
		Hint string `json:"hint"`
	}
	chainJSON struct {
		Certificates []certificateJSON `json:"certificates"`
	}
	certificateJSON struct {
		Raw []byte `json:"rawBytes"`
	}
	envelopeJSON struct {
		Payload     []byte          `json:"payload"`
		PayloadType string          `json:"payloadType"`
		Signatures  []signatureJSON `json:"signatures"`
	}
	signatureJSON struct {
		Sig   []byte `json:"sig"`
		KeyID string `json:"keyid"`
	}
)

// Sign signs a manifest and returns the bundle. Randomness comes from random.
func Sign(m *Manifest, s Signer, random io.Reader) ([]byte, error) {
	statement, err := m.Statement()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	material, err := s.material()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	h, err := hashOf(s.public())
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	sig, err := s.Key.Sign(random, digested(h, encoded(statement)), h)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	bundle, err := json.Marshal(bundleJSON{
		MediaType: mediaType, Material: material,
		Envelope: envelopeJSON{Payload: statement, PayloadType: payloadType, Signatures: []signatureJSON{{Sig: sig}}},
	})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return bundle, nil
}

func (s Signer) public() *ecdsa.PublicKey {
	if s.Key == nil {
		return nil
	}
	k, _ := s.Key.Public().(*ecdsa.PublicKey)
	return k
}

// material is what a verifier needs besides what it trusts.
func (s Signer) material() (materialJSON, error) {
	none := []struct{}{} // written as an empty list, as others do
	hint, err := Fingerprint(s.public())
	if err != nil {
		return materialJSON{}, err
	}
	if len(s.Chain) == 0 {
		return materialJSON{Key: &keyJSON{hint}, Log: none}, nil
	}
	if !s.public().Equal(s.Chain[0].PublicKey) {
		return materialJSON{}, errors.New("the certificate is not that of the key; give the signer's certificate first")
	}
	if err := signsCode(s.Chain[0]); err != nil {
		return materialJSON{}, fmt.Errorf("certificate of %q: %w", s.Chain[0].Subject, err)
	}
	chain := &chainJSON{}
	for _, c := range s.Chain {
		chain.Certificates = append(chain.Certificates, certificateJSON{c.Raw})
	}
	return materialJSON{Chain: chain, Log: none}, nil
}
