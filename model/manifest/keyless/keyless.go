// Package keyless verifies bundles that were signed with an identity instead of a
// key: Sigstore's certificate authority made out a certificate for some minutes
// to whom an identity provider vouched for, and a public log has the signature.
//
// It works offline: what is trusted, the keys of the authority and of the logs,
// is given as a trusted_root.json, as Sigstore publishes it. It does not sign:
// that needs a login and the services themselves.
package keyless

import (
	"errors"
	"fmt"

	"github.com/overgrant/overgrant/model/manifest"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// Identity trusts who signed in as somebody. It is a manifest.Verifier of bundles
// signed manifest.ByIdentity. All fields must be set.
type Identity struct {
	TrustedRoot []byte // JSON
	Name        string // as the certificate has it: an e-mail address, or the URL of a workflow
	Issuer      string // URL of the identity provider
}

// Verify fails if the bundle was not signed by that identity, or the log does not
// have it, or the certificate was not valid when it was logged. The signer is
// named by the identity.
func (i Identity) Verify(b *manifest.Bundle) (string, error) {
	if b.Method() != manifest.ByIdentity {
		return "", fmt.Errorf("it was signed in another way: with a %s, not with an identity", b.Method())
	}
	if i.Name == "" || i.Issuer == "" {
		return "", errors.New("nothing says whose identity is trusted; give both the identity and its issuer")
	}
	trusted, err := root.NewTrustedRootFromJSON(i.TrustedRoot)
	if err != nil {
		return "", fmt.Errorf("read the trusted root: %w", err)
	}
	var parsed bundle.Bundle
	if err := parsed.UnmarshalJSON(b.Raw()); err != nil {
		return "", fmt.Errorf("read the bundle: %w", err)
	}
	v, err := verify.NewVerifier(trusted, verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1))
	if err != nil {
		return "", fmt.Errorf("trust the root: %w", err)
	}
	want, err := verify.NewShortCertificateIdentity(i.Issuer, "", i.Name, "")
	if err != nil {
		return "", fmt.Errorf("read the identity: %w", err)
	}
	// The model is compared with the statement later: the bundle has no other artifact.
	if _, err := v.Verify(&parsed, verify.NewPolicy(verify.WithoutArtifactUnsafe(), verify.WithCertificateIdentity(want))); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, according to %s", i.Name, i.Issuer), nil
}
