package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var firebaseToken = Kind{
	Name:  "firebase_token",
	Doc:   "Download URL of Firebase Storage with its token: one object, past all rules, for ever.",
	Marks: []string{"firebasestorage"},
	Find:  findQueries,
	claim: claimFirebase,
}

// claimFirebase reads …/v0/b/bucket/o/object?alt=media&token=uuid. Source:
// getDownloadURL in the documentation of Cloud Storage for Firebase.
func claimFirebase(r *reading) (claim, bool) {
	rest, ok := strings.CutPrefix(r.at.path, "v0/b/")
	if !ok || !r.query.has("token") || !strings.HasPrefix(r.at.host, "firebasestorage.") && !strings.HasSuffix(r.at.host, ".firebasestorage.app") {
		return claim{}, false
	}
	g := overgrant.Grant{
		Provider: "firebase", Host: r.at.host, Services: []string{"firebase"}, Scope: "object",
		Actions: []string{"read"}, Method: "GET", Endless: true,
		Signer: "download_token", Revocation: deleteDownloadToken,
	}
	g.Container, g.Path, _ = strings.Cut(rest, "/o/")
	p := r.query.first("token")
	s := secret{text: p.value, raw: p.raw}
	switch why := standIn(s.text, inHex); {
	case why != "":
		s.shape, s.why = overgrant.Placeholder, why
	case !isGUID(s.text):
		s.shape, s.why = overgrant.Malformed, "the token is no UUID"
	}
	return claim{grant: g, secret: s}, true
}
