package azure

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
)

// The questions of a proof, and the order in which they are asked. None of them
// can change anything: they read, or they name what cannot exist, or they bear a
// condition that cannot hold. What could change something for some link has no
// question here: tags, leases, tiers, snapshots, undeletion, service properties,
// creation of anything, messages taken from a queue.

// openers returns the questions that tell whether the credential is good,
// cheapest first.
func (p *prover) openers() []question {
	if p.wide() {
		return p.wideOpeners()
	}
	container, path := p.target()
	if container == "" {
		return nil
	}
	at := place(container, path)
	switch p.only() {
	case queues:
		return []question{
			{asked: "see how many messages the queue holds", action: "read", request: request{service: queues, path: place(container, ""), query: "comp=metadata"}},
			p.peek(container),
		}
	case tables:
		return []question{p.entities(container)}
	case files:
		if p.grant.Scope == "share" || p.grant.Resource == "s" || path == "" {
			return []question{p.listFiles(container), p.readFile(place(container, wire.ProbeName()))}
		}
		return []question{p.readFile(at)}
	}
	info := question{asked: "see what sort of account it is", request: request{service: blobs, path: at, query: join(p.past(), "restype=account&comp=properties")}}
	if p.grant.Kind == anonymous {
		return p.blobReads()
	}
	return append([]question{info}, p.blobReads()...)
}

// wide reports whether the link opens the account and not one thing in it.
func (p *prover) wide() bool { return p.grant.Kind == "account_sas" || p.key != nil }

// wideOpeners ask each service that the link is for, blobs first.
func (p *prover) wideOpeners() []question {
	var all []question
	for _, s := range allServices {
		if _, known := p.ends[s]; !known || !p.reaches(s) {
			continue
		}
		if s == blobs {
			all = append(all, question{asked: "see what sort of account it is", request: request{service: blobs, query: "restype=account&comp=properties"}})
		}
		all = append(all, listOf(s))
	}
	return all
}

// reaches reports whether the link is for a service. A key is for all.
func (p *prover) reaches(service string) bool {
	return p.key != nil || slices.Contains(p.grant.Services, service) || len(p.grant.Services) == 0 && service == blobs
}

// reachesType reports whether an account SAS is for resources of the type s
// (services), c (containers) or o (objects).
func (p *prover) reachesType(letter byte) bool {
	return p.key != nil || strings.IndexByte(strings.ToLower(p.grant.ResourceTypes), letter) >= 0
}

// only returns the one service of a link that is not wide.
func (p *prover) only() string {
	if p.service == "" || p.service == dfs {
		return blobs
	}
	return p.service
}

// place returns the path of a container, and of what is in it.
func place(container, name string) string {
	if name == "" {
		return "/" + escapeName(container)
	}
	return "/" + escapeName(container) + "/" + escapeName(name)
}

// listOf asks for one line of the list of all containers of a service, and
// thereby whether there is more.
func listOf(service string) question {
	return question{
		asked: "list the " + held[service], action: "list",
		request: request{service: service, path: listPath(service), query: listQuery(service), header: accept(service)},
	}
}

// held names what the services hold.
var held = map[string]string{
	blobs: "containers", files: "shares", queues: "queues", tables: "tables", dfs: "file systems",
	blobs + second: "containers of the copy in another region",
}

func listPath(service string) string {
	if service == tables {
		return "/Tables"
	}
	return "/"
}

func listQuery(service string) string {
	switch service {
	case tables:
		return "$top=1"
	case dfs:
		return "resource=account&maxResults=1"
	}
	return "comp=list&maxresults=1"
}

// accept demands of tables a form that every version of the service has.
func accept(service string) http.Header {
	if service != tables {
		return nil
	}
	return http.Header{"Accept": {"application/json;odata=nometadata"}}
}

// actions returns what is to be found out about: what the link claims, or what
// it could be allowed where a stored policy keeps that.
func (p *prover) actions() []string {
	g := &p.grant
	switch {
	case p.key != nil, slices.Contains(g.Actions, "everything"):
		return everything
	case g.Kind == anonymous:
		return []string{"read", "list"}
	case g.PolicyID != "" && g.Permissions == "" && g.Kind != "disk_export_sas":
		return hidden[p.only()]
	}
	return g.Actions
}

// everything is what a key allows, as in Grant.Actions.
var everything = []string{
	"read", "list", "write", "create", "add", "delete", "delete_version", "permanent_delete", "tag", "find",
	"move", "execute", "own", "permit", "immutability", "update", "process",
}

// hidden is what a stored access policy may allow. Source: "Create a service
// SAS", the permissions of each service.
var hidden = map[string][]string{
	blobs: {"read", "list", "write", "create", "add", "delete", "delete_version", "permanent_delete", "tag", "find",
		"move", "execute", "own", "permit", "immutability"},
	files:  {"read", "list", "write", "create", "delete"},
	queues: {"read", "add", "update", "process"},
	tables: {"read", "add", "update", "delete"},
}

// knows reports whether a host of a service is known.
func (p *prover) knows(service string) bool {
	_, ok := p.ends[service]
	return ok
}

// claims reports whether an action is to be found out about.
func (p *prover) claims(action string) bool { return slices.Contains(p.actions(), action) }

// climb asks for each action by itself: what reads always; where the signature
// does not prove the rest, the rest too, as far as it was agreed to.
func (p *prover) climb(ctx context.Context) {
	p.each(ctx, p.reads())
	if p.bySignature() {
		return
	}
	if p.ask.Writes == cloud.Given {
		p.each(ctx, p.writes())
	}
	if p.ask.Conditional == cloud.Given {
		p.each(ctx, p.conditionals())
	}
}

// each asks those of the questions that are about something the link claims.
func (p *prover) each(ctx context.Context, all []question) {
	for _, q := range all {
		if ctx.Err() != nil || q.action != "" && !p.claims(q.action) || !p.knows(q.service) {
			continue
		}
		p.weigh(ctx, q, p.put(ctx, p.reach, q))
	}
}

// weigh turns an answer into the standing of what it was about.
func (p *prover) weigh(ctx context.Context, q question, a finding) {
	p.readAccount(a)
	if q.action == "" || !p.claims(q.action) {
		return
	}
	switch {
	case a.sense.allows() && p.everybody(ctx, q):
	case a.sense.allows():
		p.stand(q.action, granted)
	case a.sense == lacking, a.sense == nobody:
		p.stand(q.action, refused)
	case a.sense == outside && q.action == "list" && !p.reachesType('s') && !p.reachesType('c'):
		p.stand(q.action, refused)
	}
}

// everybody reports whether a question is answered without the link just as
// well, so that the answer says nothing of it. An address without a signature is
// about nothing else.
func (p *prover) everybody(ctx context.Context, q question) bool {
	if !q.public || p.grant.Kind == anonymous || p.proof.Public == "" || p.proof.Public == nothing {
		return false
	}
	if p.proof.Public == blobs && q.action == "list" {
		return false
	}
	return p.put(ctx, p.forger(), q).sense.allows()
}

// reads are the questions that read.
func (p *prover) reads() []question {
	if p.wide() {
		if !p.reaches(blobs) {
			return nil
		}
		return p.wideReads()
	}
	container, path := p.target()
	switch p.only() {
	case queues:
		return []question{p.peek(container)}
	case tables:
		return []question{p.entities(container)}
	case files:
		if p.grant.Resource == "f" {
			return []question{p.readFile(place(container, path))}
		}
		return []question{p.listFiles(container), p.readFile(place(container, wire.ProbeName()))}
	}
	return append(p.blobReads(), p.tagReads()...)
}

// wideReads ask an account SAS or a key for blobs: in the container that the
// link names, or in one that does not exist.
func (p *prover) wideReads() []question {
	container, path := p.blobTarget()
	var all []question
	if p.reachesType('c') || p.reachesType('s') == p.reachesType('o') {
		all = append(all, listBlobs(container))
	}
	if p.reachesType('o') {
		all = append(all, readBlob(place(container, path), ""))
	}
	return all
}

// blobTarget returns a container and a blob to ask about: those that the link
// names, else some that do not exist.
func (p *prover) blobTarget() (container, path string) {
	if p.service == blobs || p.service == dfs || p.service == "" {
		container, path = p.target()
	}
	if container == "" {
		container = wire.ProbeName()
	}
	if path == "" {
		path = wire.ProbeName()
	}
	return container, path
}

// blobReads ask about the container, directory or blob that a link is for.
func (p *prover) blobReads() []question {
	container, path := p.target()
	at := place(container, path)
	switch p.grant.Resource {
	case "b", "bv", "bs":
		return []question{readBlob(at, p.past())}
	case "d":
		list := question{asked: "list the directory", action: "list", request: request{service: dfs, path: place(container, ""),
			query: "resource=filesystem&recursive=false&maxResults=1&directory=" + escapeValue(p.directory())}}
		return []question{list, p.blurred(readBlob(p.probe(), ""))}
	}
	read := readBlob(p.probe(), "")
	if path != "" {
		read = readBlob(at, p.past())
	}
	return []question{listBlobs(container), p.blurred(read)}
}

// past returns the query that names an earlier state of a blob, empty for the
// current one. Where the link is for that state alone it is signed, so every
// question needs it.
func (p *prover) past() string {
	switch {
	case p.grant.Version != "":
		return "versionid=" + escapeValue(p.grant.Version)
	case p.grant.Snapshot != "":
		return "snapshot=" + escapeValue(p.grant.Snapshot)
	}
	return ""
}

// directory returns the directory that the link is for.
func (p *prover) directory() string {
	_, path := p.target()
	if d := p.grant.Depth; d != nil {
		parts := strings.Split(strings.Trim(path, "/"), "/")
		return strings.Join(parts[:min(*d, len(parts))], "/")
	}
	return strings.Trim(path, "/")
}

// probe returns a path within the reach of the link where nothing can be.
func (p *prover) probe() string {
	container, _ := p.target()
	if p.grant.Resource == "d" {
		if d := p.directory(); d != "" {
			return place(container, d+"/"+wire.ProbeName())
		}
	}
	return place(container, wire.ProbeName())
}

// blurred marks a question about something that does not exist, where the
// service may say so before it looks at the rights of the user that the link is
// bound to.
func (p *prover) blurred(q question) question {
	q.blurs = p.blurs()
	return q
}

// blurs reports whether the link is bound to the rights that a user has in
// directories.
func (p *prover) blurs() bool {
	for _, x := range p.grant.Extra {
		if x.Name == "suoid" {
			return p.proof.Hierarchy == nil || *p.proof.Hierarchy
		}
	}
	return false
}

func listBlobs(container string) question {
	return question{asked: "list the blobs", action: "list", public: true,
		request: request{service: blobs, path: place(container, ""), query: "restype=container&comp=list&maxresults=1"}}
}

func readBlob(at, past string) question {
	return question{asked: "read a blob", action: "read", public: true,
		request: request{method: http.MethodHead, service: blobs, path: at, query: past}}
}

// tagReads ask for tags. They are not among the first questions: fewer links
// have a right to them.
func (p *prover) tagReads() []question {
	container, path := p.target()
	at := p.probe()
	if strings.HasPrefix(p.grant.Resource, "b") {
		at = place(container, path)
	}
	all := []question{p.blurred(question{asked: "read the tags of a blob", action: "tag", request: request{service: blobs, path: at, query: join(p.past(), "comp=tags")}})}
	if p.grant.Resource == "c" || p.grant.Resource == "" {
		all = append(all, question{asked: "find blobs by their tags", action: "find", request: request{service: blobs, path: place(container, ""),
			query: "restype=container&comp=blobs&where=" + escapeValue(`"overgrant"='nothing'`)}})
	}
	return all
}

func (p *prover) peek(queue string) question {
	return question{asked: "look at a message without taking it", action: "read",
		request: request{service: queues, path: place(queue, "messages"), query: "peekonly=true&numofmessages=1"}}
}

func (p *prover) entities(table string) question {
	return question{asked: "read an entity", action: "read",
		request: request{service: tables, path: "/" + escapeName(table) + "()", query: "$top=1", header: accept(tables)}}
}

func (p *prover) listFiles(share string) question {
	return question{asked: "list the files", action: "list",
		request: request{service: files, path: place(share, ""), query: "restype=directory&comp=list&maxresults=1"}}
}

func (p *prover) readFile(at string) question {
	return question{asked: "read a file", action: "read", request: request{method: http.MethodHead, service: files, path: at}}
}

// writes are the questions that would write if what they name were there. It
// cannot be: the name was made up a moment ago, of 128 random bits. A link that
// is for one blob has none of that sort.
func (p *prover) writes() []question {
	if p.wide() || strings.HasPrefix(p.grant.Resource, "b") || p.grant.Resource == "f" {
		return nil
	}
	at := func(asked, action, service, method, query string, body []byte) question {
		return p.blurred(question{asked: asked, action: action, request: request{method: method, service: service, path: p.probe(), query: query, body: body}})
	}
	switch p.only() {
	case blobs:
		return []question{
			at("write the metadata of a blob that does not exist", "write", blobs, http.MethodPut, "comp=metadata", nil),
			at("append to a blob that does not exist", "add", blobs, http.MethodPut, "comp=appendblock", []byte{0}),
			at("delete a blob that does not exist", "delete", blobs, http.MethodDelete, "", nil),
		}
	case files:
		return []question{
			at("write the metadata of a file that does not exist", "write", files, http.MethodPut, "comp=metadata", nil),
			at("delete a file that does not exist", "delete", files, http.MethodDelete, "", nil),
		}
	}
	return nil
}

// never is an ETag that no blob has.
const never = `"0x0"`

// conditionals are the questions that would write if a condition held that
// cannot. That the service looks at the rights before the condition is known
// from the emulator and from what clients report, not from its documentation.
func (p *prover) conditionals() []question {
	if p.wide() || p.only() != blobs || p.grant.Resource == "bv" || p.grant.Resource == "bs" {
		return nil
	}
	at := func(asked, action, path, method, query string, extra http.Header) question {
		h := http.Header{"If-Match": {never}}
		for name, values := range extra {
			h[name] = values
		}
		return p.blurred(question{asked: asked, action: action, request: request{method: method, service: blobs, path: path, query: query, header: h}})
	}
	block := http.Header{"X-Ms-Blob-Type": {"BlockBlob"}}
	if p.grant.Resource != "b" {
		return []question{at("create a blob under a condition that cannot hold", "create", p.probe(), http.MethodPut, "", block)}
	}
	container, path := p.target()
	blob := place(container, path)
	return []question{
		at("write the metadata of the blob under a condition that cannot hold", "write", blob, http.MethodPut, "comp=metadata", nil),
		at("delete the blob under a condition that cannot hold", "delete", blob, http.MethodDelete, "", nil),
		at("create the blob under a condition that cannot hold", "create", blob, http.MethodPut, "", block),
	}
}
