package kind

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/overgrant/overgrant"
)

// LogHash returns the hash by which logs of Azure Storage name the signature of
// a link, hex in lower case: the SHA-256 of its text in base64, not of the bytes
// that the text stands for, which is what Link.ID has. It is empty for links
// that have no such signature, and for those whose secret is not at hand.
//
// The reference says only "SHA 256 hash of the SAS token". That it is the
// signature alone, as text, was found by trying: issues 112128 and 120884 of
// MicrosoftDocs/azure-docs, pull request 1245 of
// DataBiosphere/terra-workspace-manager.
func LogHash(l overgrant.Link) string {
	switch l.Grant.Kind {
	case "account_sas", "service_sas", "policy_sas", "user_delegation_sas", "disk_export_sas":
	default:
		return ""
	}
	text := strings.TrimSpace(read(l.Secret.Reveal()).query.first("sig").value)
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
