package azure

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

const (
	granted = overgrant.Granted
	refused = overgrant.Refused
)

// What Proof.Public says.
const (
	nothing      = "none"
	publicBlobs  = "blob"
	publicListed = "container"
)

// readAccount takes from the head of an answer what it tells of the account.
func (p *prover) readAccount(a finding) {
	if a.sense != passed {
		return
	}
	if v := a.header.Get("X-Ms-Sku-Name"); v != "" {
		p.proof.SKU = plainWord(v)
	}
	if v := a.header.Get("X-Ms-Account-Kind"); v != "" {
		p.proof.AccountKind = plainWord(v)
	}
	if v := a.header.Get("X-Ms-Is-Hns-Enabled"); v != "" {
		p.proof.Hierarchy = ptr(v == "true")
		p.traits.hierarchy.set(v == "true")
	}
	if a.header.Get("X-Ms-Version-Id") != "" {
		p.recovery().Versioning = ptr(true)
	}
}

// plainWord returns v if it is a word as the service has them.
func plainWord(v string) string {
	if len(v) > 64 || strings.ContainsFunc(v, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	}) {
		return ""
	}
	return v
}

// limits notes who can use the link, where that is not everybody.
func (p *prover) limits(a finding) {
	g := &p.grant
	if g.IP != "" {
		p.limit("from " + g.IP + " only")
	}
	if slices.Equal(g.Protocols, []string{"https"}) && p.key == nil {
		p.limit("over https only")
	}
	for _, x := range g.Extra {
		switch x.Name {
		case "sduoid":
			p.limit("together with the login of user " + x.Value + " only")
		case "suoid":
			p.limit("where user " + x.Value + " has the rights to")
		case "srh", "srq":
			p.limit("in requests of the form that it prescribes only")
		}
	}
	if a.code == "AuthorizationSourceIPMismatch" && g.IP == "" {
		p.limit("from certain addresses only, as its stored access policy or the account says")
	}
}

func (p *prover) limit(text string) {
	if !slices.Contains(p.proof.Limits, text) {
		p.proof.Limits = append(p.proof.Limits, text)
	}
}

// publicly asks what anybody may do in the container that the link names.
func (p *prover) publicly(ctx context.Context) {
	container, path := p.target()
	if p.only() != blobs || container == "" || p.grant.Kind == anonymous || p.proof.Public != "" || ctx.Err() != nil {
		return
	}
	list := listBlobs(container)
	list.plain = true
	a := p.put(ctx, p.reach, list)
	if a.sense == passed {
		p.proof.Public = publicListed
		return
	}
	if a.sense != nobody || a.code == "PublicAccessNotPermitted" {
		if a.sense == nobody {
			p.proof.Public = nothing
		}
		return
	}
	read := readBlob(p.probe(), "")
	if path != "" && p.grant.Resource != "d" {
		read = readBlob(place(container, path), p.past())
	}
	read.plain = true
	switch a = p.put(ctx, p.reach, read); {
	case a.sense.allows():
		p.proof.Public = publicBlobs
	case a.sense == nobody:
		p.proof.Public = nothing
	}
}

// openly says of an address without a signature what was found out about it.
func (p *prover) openly() {
	if p.grant.Kind != anonymous {
		return
	}
	switch granted {
	case p.proof.Permissions["list"]:
		p.proof.Public = publicListed
	case p.proof.Permissions["read"]:
		p.proof.Public = publicBlobs
	}
}

// reachServices asks each service that the link is for whether all that it
// holds can be listed.
func (p *prover) reachServices(ctx context.Context) {
	if !p.wide() {
		r := overgrant.Reached{Service: p.only(), Host: p.ends[p.only()].host, State: overgrant.Alive}
		p.proof.Services = append(p.proof.Services, r)
		return
	}
	for _, s := range append(slices.Clone(allServices), dfs, blobs+second) {
		at, known := p.ends[s]
		if !known && p.key == nil && slices.Contains(allServices, s) && p.reaches(s) {
			p.proof.Services = append(p.proof.Services, overgrant.Reached{Service: s, State: overgrant.Inconclusive, Cause: overgrant.CauseForeign})
		}
		if !known || !p.reaches(beneath(s)) || !p.copied(s) || ctx.Err() != nil {
			continue
		}
		q := listOf(s)
		a := p.put(ctx, p.reach, q)
		if a.cause == overgrant.CauseAccountGone && a.status == 0 {
			continue // the account has no such service, or no copy
		}
		p.weigh(ctx, q, a)
		p.proof.Services = append(p.proof.Services, reached(s, at.host, a))
	}
}

// beneath returns the service whose data another one shows: blobs, for their
// directories and for their copy.
func beneath(service string) string {
	if service == dfs {
		return blobs
	}
	return strings.TrimSuffix(service, second)
}

// copied reports whether a service may exist: a copy in another region that can
// be read does for some sorts of accounts only.
func (p *prover) copied(service string) bool {
	return !strings.HasSuffix(service, second) || p.proof.SKU == "" || strings.Contains(p.proof.SKU, "_RA")
}

// reached says what an answer tells of a service.
func reached(service, host string, a finding) overgrant.Reached {
	r := overgrant.Reached{Service: service, Host: host, State: overgrant.Inconclusive, Cause: a.cause}
	switch {
	case a.sense.holds():
		r.State, r.Cause, r.Listing = overgrant.Alive, "", a.sense == passed
	case a.sense == turned:
		r.State = overgrant.Dead
	}
	return r
}

// recovery returns Proof.Recovery, made if need be.
func (p *prover) recovery() *overgrant.Recovery {
	if p.proof.Recovery == nil {
		p.proof.Recovery = &overgrant.Recovery{}
	}
	return p.proof.Recovery
}

// posture asks what would undo a deletion or show who did it.
func (p *prover) posture(ctx context.Context) {
	if !p.reaches(blobs) || p.only() != blobs && !p.wide() {
		return
	}
	if p.wide() && p.reachesType('s') && p.claims("read") && ctx.Err() == nil {
		a := p.put(ctx, p.reach, question{asked: "see whether soft delete and logging are on", action: "read",
			request: request{service: blobs, query: "restype=service&comp=properties"}})
		if r, err := readPosture(a.body); a.sense == passed && err == nil {
			if old := p.proof.Recovery; old != nil {
				r.Versioning = old.Versioning
			}
			p.proof.Recovery = r
			p.stand("read", granted)
		}
	}
	p.traces(ctx)
	if switchesOff(p) {
		p.recovery().LinkSwitchesOff = true
	}
}

// traces looks in listings for signs that versions and deleted containers are
// kept. That there are none shows nothing.
func (p *prover) traces(ctx context.Context) {
	container, _ := p.target()
	if p.only() == blobs && container != "" && p.proof.Permissions["list"] == granted && p.grant.Resource != "d" && ctx.Err() == nil {
		q := listBlobs(container)
		q.asked, q.query = "see whether versions are kept", q.query+"&include=versions"
		if a := p.put(ctx, p.reach, q); a.sense == passed && bytes.Contains(a.body, []byte("<VersionId>")) {
			p.recovery().Versioning = ptr(true)
		}
	}
	if p.wide() && p.listsContainers() && ctx.Err() == nil {
		q := listOf(blobs)
		q.asked, q.query = "see whether deleted containers are kept", q.query+"&include=deleted"
		if a := p.put(ctx, p.reach, q); a.sense == passed && bytes.Contains(a.body, []byte("<Deleted>true</Deleted>")) {
			p.recovery().ContainerSoftDelete = ptr(true)
		}
	}
}

func (p *prover) listsContainers() bool {
	return slices.ContainsFunc(p.proof.Services, func(r overgrant.Reached) bool { return r.Service == blobs && r.Listing })
}

// switchesOff reports whether the bearer may change the settings that would
// undo a deletion or show it: with an account SAS for the blob service itself
// and the permission to write, or with a key.
//
// Source: "Create an account SAS", "Account SAS permissions by operation": Set
// Blob Service Properties.
func switchesOff(p *prover) bool {
	return p.key != nil || p.grant.Kind == "account_sas" && p.reaches(blobs) && p.reachesType('s') && p.claims("write")
}
