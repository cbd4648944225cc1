package kind

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// Anonymous returns the link that the plain address of a container or a blob is,
// where anybody may read it: whether that is so, only the service knows. Its id
// is the SHA-256 of host, account and container, so that all addresses in one
// container are one case. Such addresses stand everywhere and mostly mean
// nothing, so Parse and Find leave them alone.
//
// It fails with ErrNotMine for what is no address of a container of Azure
// Storage, and for one with a query, which may be a credential.
func Anonymous(text string) (overgrant.Link, error) {
	text = strings.TrimSpace(text)
	a := readAddress(text)
	h, path, ok := readStorageHost(a)
	container, name := firstSegment(strings.TrimLeft(path, "/"))
	blob := h.service == "blob" || h.service == "" && h.emulator
	if !ok || !blob || a.scheme == "" || h.account == "" || container == "" || a.login.End > a.login.Start || strings.ContainsAny(text, "?#") {
		return overgrant.Link{}, fmt.Errorf("read address: %w: want https://ACCOUNT.blob.core.windows.net/CONTAINER", ErrNotMine)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{"anonymous", a.host, h.account, container}, "\n")))
	return overgrant.Link{
		ID: hex.EncodeToString(sum[:]), Redacted: text, Secret: overgrant.NewSecret(text),
		Grant: overgrant.Grant{
			Kind: "anonymous", Provider: "azure", Account: h.account, Host: a.host, Services: []string{"blob"}, Scope: "container",
			Container: container, Path: name, Actions: []string{"read"},
			Revocation: overgrant.Revocation{Route: "close_container", Collateral: "everybody who reads the container without a link"},
		},
	}, nil
}
