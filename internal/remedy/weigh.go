package remedy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// weigh works out what stops with a route and what goes on.
func (p *planner) weigh(r *overgrant.Route) {
	if len(r.Steps) == 0 {
		return
	}
	doubtful := 0
	for i := range p.bonds {
		b := &p.bonds[i]
		end, why := lives, ""
		for j := range r.Steps {
			f, w := b.under(&r.Steps[j])
			if f == dies || f == unclear && end == lives {
				end, why = f, w
			}
		}
		switch {
		case end == dies:
			r.Dies = append(r.Dies, overgrant.Collateral{Sort: b.sort, ID: b.id, What: b.what, Why: why, Uses: b.uses})
		case end == unclear:
			doubtful++
		case b.link != "":
			r.Survives = append(r.Survives, b.link)
		}
	}
	r.Unknown = p.unknown(r, doubtful)
}

// unknown says what may stop with a route of which nothing is known.
func (p *planner) unknown(r *overgrant.Route, doubtful int) string {
	var says []string
	if doubtful > 0 {
		says = append(says, fmt.Sprintf("%s of the account may stop too: what it hangs on is not known", plural(doubtful, "known link")))
	}
	if n := p.foreign(); n > 0 && (r.Name == RotateKey || r.Name == NoSharedKey || r.Name == BlockLong) {
		says = append(says, plural(n, "known link")+" that neither key made, and that were not seen to work since: taken to be dead")
	}
	says = append(says, "links that nobody here has seen: "+unseen[r.Name])
	if from, to, ok := p.logged(); ok {
		says = append(says, fmt.Sprintf("the logs that were read show clients between %s and %s only", from.Format(time.DateOnly), to.Format(time.DateOnly)))
	} else {
		says = append(says, "which clients use it: no storage logs were read (overgrant usage --save)")
	}
	return strings.Join(says, "; ")
}

// unseen names those links that a route ends and nobody can list: the service
// does not know which links were made.
var unseen = map[string]string{
	DeletePolicy:     "all that are bound to the same policy",
	EndPolicy:        "all that are bound to the same policy",
	BlockLong:        "all that a key signed for longer, or without a start",
	RotateKey:        "all that the same key signed, and every client that holds the key",
	NoSharedKey:      "all that either key signed, and every client that holds a key",
	RevokeDelegation: "all that any user delegation key signed",
	CloseContainer:   "everybody who reads the container without a link",
	NoPublicAccess:   "everybody who reads any container without a link",
}

// logged returns the time that the logs cover which were read.
func (p *planner) logged() (from, to time.Time, ok bool) {
	for i := range p.known.Logged {
		for _, s := range p.known.Logged[i].Services {
			if !strings.EqualFold(s.Account, p.link.Grant.Account) {
				continue
			}
			if from.IsZero() || s.From.Before(from) {
				from = s.From
			}
			if s.To.After(to) {
				to = s.To
			}
		}
	}
	for i := range p.known.Used {
		u := &p.known.Used[i]
		if from.IsZero() || !u.First.IsZero() && u.First.Before(from) {
			from = u.First
		}
		if u.Last.After(to) {
			to = u.Last
		}
	}
	return from.UTC(), to.UTC(), !to.IsZero()
}

// tiers orders routes that end equally many known things by how far they reach.
var tiers = []string{DeletePolicy, EndPolicy, CloseContainer, BlockLong, RevokeDelegation, RotateKey, NoPublicAccess, NoSharedKey}

// sortRoutes puts the route that costs least first, and those that cannot be
// taken last.
func sortRoutes(routes []overgrant.Route) {
	slices.SortStableFunc(routes, func(a, b overgrant.Route) int {
		return cmp.Or(
			cmp.Compare(stuck(&a), stuck(&b)),
			cmp.Compare(len(a.Dies), len(b.Dies)),
			cmp.Compare(tier(&a), tier(&b)))
	})
}

func stuck(r *overgrant.Route) int {
	switch {
	case r.Not == "":
		return 0
	case len(r.Steps) > 0:
		return 1
	}
	return 2
}

func tier(r *overgrant.Route) int {
	if n := slices.Index(tiers, r.Name); n >= 0 {
		return n
	}
	return len(tiers)
}

// elsewhere returns the routes for links of other clouds, which are described
// and not taken.
func elsewhere(g *overgrant.Grant) []overgrant.Route {
	const not = "it is not done from here; the owner does it in the cloud's own console or tools"
	var routes []overgrant.Route
	switch g.Kind {
	case "s3_presigned_v4", "s3_presigned_v2":
		routes = append(routes, described("deny_signature_age", ageDoc(g), not))
		if g.Temporary {
			routes = append(routes, described("revoke_sessions", "Denies all sessions of the role that were opened before now: aws:TokenIssueTime in a policy of the role. Other sessions of the role must be opened anew.", not))
		}
		routes = append(routes, described("disable_access_key", fmt.Sprintf("Makes the access key %s inactive: aws iam update-access-key --status Inactive; delete it once nothing misses it. Every link and client that uses the key stops.", shown(g.SignerID)), not))
	case "gcs_v4", "gcs_v2":
		if g.Signer == "access_key" {
			routes = append(routes, described("deactivate_hmac_key", fmt.Sprintf("Makes the HMAC key %s inactive: gcloud storage hmac update --deactivate. Every link and client that uses the key stops.", shown(g.SignerID)), not))
			break
		}
		routes = append(routes,
			described("delete_service_account_key", "Deletes the key of the service account that signed: gcloud iam service-accounts keys delete. Links that were signed by signBlob hang on a key of Google's, and last until it is replaced.", not),
			described("disable_service_account", fmt.Sprintf("Disables the service account %s: gcloud iam service-accounts disable. All that works as this account stops.", shown(g.SignerID)), not))
	}
	have := func(r overgrant.Route) bool { return r.Name == g.Revocation.Route }
	if !g.Revocation.IsZero() && !slices.ContainsFunc(routes, have) {
		doc := strings.ReplaceAll(g.Revocation.Route, "_", " ")
		routes = append(routes, described(g.Revocation.Route, strings.ToUpper(doc[:1])+doc[1:]+". What else stops: "+g.Revocation.Collateral+".", not))
	}
	return routes
}

// ageDoc describes a bucket policy that refuses old signatures.
//
// Source: Amazon S3 API reference, "Signature Version 4 authentication-specific
// policy keys": s3:signatureAge, in milliseconds, for V4 only.
func ageDoc(g *overgrant.Grant) string {
	if g.Kind == "s3_presigned_v2" {
		return "Denies signatures of version 2 in a policy of the bucket: s3:signatureversion equal to AWS. Every link of that version to the bucket stops, other clients do not."
	}
	return "Denies signatures older than some minutes in a policy of the bucket: s3:signatureAge, in milliseconds. Links that are older stop, clients that sign as they go do not."
}

func shown(id string) string { return cmp.Or(id, "that signed") }

// Account returns the name of the account that the routes of a link change.
func Account(l overgrant.Link) string { return cmp.Or(l.Grant.Account, l.Grant.Host) }
