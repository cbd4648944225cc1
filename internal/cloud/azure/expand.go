package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
)

// Expand says what a range consists of: the zero Range of what the link reaches,
// a service of its containers, shares, queues or tables.
func (r *reach) Expand(ctx context.Context, at source.Range) (source.Expanded, error) {
	if err := r.settle(ctx); err != nil {
		gap, ok := r.serviceGap(at, err)
		if !ok || ctx.Err() != nil {
			return source.Expanded{}, fmt.Errorf("expand: %w", err)
		}
		gap.Detail = err.Error()
		return source.Expanded{Gaps: []overgrant.Skipped{gap}}, nil
	}
	switch {
	case at.Service == "":
		return r.services(), ctx.Err()
	case at.Container != "":
		return source.Expanded{Ranges: []source.Range{at}}, ctx.Err()
	case at.Service == tables:
		return r.containers(ctx, at, r.tableNames)
	}
	return r.containers(ctx, at, r.containerNames)
}

// services returns the ranges that the link reaches, by what it says. What it
// does not reach, or only by names that must be known, is a gap.
func (r *reach) services() source.Expanded {
	if r.wholeAccount() {
		var all source.Expanded
		for _, service := range r.granted() {
			all = merged(all, r.serviceRange(service))
		}
		return all
	}
	return r.scoped()
}

func merged(a, b source.Expanded) source.Expanded {
	a.Ranges, a.Gaps = append(a.Ranges, b.Ranges...), append(a.Gaps, b.Gaps...)
	a.Containers += b.Containers
	return a
}

// wholeAccount reports whether the link is for an account, not for one thing in
// it.
func (r *reach) wholeAccount() bool {
	return r.key != nil || r.has("ss") || r.grant.Scope == "account" && r.grant.Kind != anonymous
}

// has reports whether the signature has a parameter.
func (r *reach) has(name string) bool { return param(r.token.Reveal(), name) != "" }

// granted returns the services that the link is for.
func (r *reach) granted() []string {
	if r.key != nil {
		return allServices
	}
	var all []string
	for _, service := range allServices {
		if strings.Contains(param(r.token.Reveal(), "ss"), service[:1]) {
			all = append(all, service)
		}
	}
	return all
}

// permits reports whether an account signature has a permission on a sort of
// resource: s, c or o. A key has all.
func (r *reach) permits(resource, permission string) bool {
	if r.key != nil {
		return true
	}
	t := r.token.Reveal()
	return strings.Contains(param(t, "srt"), resource) && strings.Contains(param(t, "sp"), permission)
}

// serviceRange returns the range of one service of an account.
func (r *reach) serviceRange(service string) source.Expanded {
	gap := func(reason, detail string) source.Expanded {
		return source.Expanded{Gaps: []overgrant.Skipped{{Place: r.place(source.Range{Service: service}, ""), Reason: reason, Detail: detail}}}
	}
	if _, ok := r.ends[service]; !ok {
		return gap("service not asked", r.notAsked(service))
	}
	listed := "s"
	if service == tables {
		listed = "c"
	}
	switch container, path := r.target(); {
	case r.permits(listed, "l"):
		return source.Expanded{Ranges: []source.Range{{Service: service}}}
	case container != "" && service == cmp.Or(r.service, blobs) && service != queues && (r.permits("c", "l") || service == tables):
		return source.Expanded{Ranges: []source.Range{{Service: service, Container: container, Prefix: r.folder(path)}}, Containers: 1}
	case path != "" && service == cmp.Or(r.service, blobs) && r.permits("o", "r"):
		return source.Expanded{Ranges: []source.Range{{Service: service, Container: container, Prefix: path, Marker: string(objectMark)}}}
	}
	return gap("not listable", fmt.Sprintf("the link does not list the %s service; what is there can be reached by names that are known or guessed", service))
}

// notAsked says what would have a service asked. The hosts of an emulator lie on
// ports beside each other, as far as they are known; others can be told by
// nobody.
func (r *reach) notAsked(service string) string {
	for known, e := range r.ends {
		at, ok := emulatorOffsets[known]
		host, text, err := net.SplitHostPort(e.host)
		port, bad := strconv.Atoi(text)
		if !ok || e.prefix == "" || err != nil || bad != nil {
			continue
		}
		near := net.JoinHostPort(host, strconv.Itoa(port-at+emulatorOffsets[service]))
		if _, asked := r.heard[near]; !asked {
			return fmt.Sprintf("--allow-host %s would have the %s service asked there", near, service)
		}
	}
	return fmt.Sprintf("not asked: no host is known for the %s service of the account", service)
}

// folder returns what names begin with in the folder that an address names. An
// address that may name an object is no folder.
func (r *reach) folder(path string) string {
	if path == "" || r.service == files {
		return strings.Trim(path, "/")
	}
	if r.grant.Scope == "directory" || strings.HasSuffix(path, "/") {
		return directory(path)
	}
	return path
}

// scoped returns the range of a link to one thing.
func (r *reach) scoped() source.Expanded {
	container, path := r.target()
	at := source.Range{Service: cmp.Or(r.service, blobs), Container: container}
	gap := func(reason, detail string) source.Expanded {
		return source.Expanded{Gaps: []overgrant.Skipped{{Place: r.place(at, path), Reason: reason, Detail: detail}}}
	}
	if r.service == tables && r.grant.Table != "" {
		at.Container = r.grant.Table
	}
	if _, ok := r.ends[at.Service]; !ok {
		return gap("service not asked", fmt.Sprintf("no host is known for the %s service", at.Service))
	}
	if at.Container == "" {
		return gap("not listable", "the link does not say which container, share, queue or table it is for")
	}
	switch scope := r.grant.Scope; {
	case scope == "object" || scope == "version" || scope == "snapshot" || scope == "disk" || scope == "file" && path != "" || r.grant.Kind == anonymous && path != "":
		at.Prefix, at.Marker = path, string(objectMark)
		return source.Expanded{Ranges: []source.Range{at}}
	case scope == "directory":
		at.Prefix = directory(path)
	}
	if sp := r.grant.Permissions; sp != "" && r.grant.PolicyID == "" && (at.Service == blobs || at.Service == files) && !strings.Contains(sp, "l") {
		if path != "" && strings.Contains(sp, "r") && scoped(r.grant.Scope) {
			at.Prefix, at.Marker = path, string(objectMark)
			return source.Expanded{Ranges: []source.Range{at}}
		}
		return gap("not listable", "the link does not list; what is there can be reached by names that are known or guessed")
	}
	return source.Expanded{Ranges: []source.Range{at}, Containers: 1}
}

func scoped(scope string) bool {
	return scope == "container" || scope == "share" || scope == "directory"
}

// containers asks for one page of what a service consists of. A service that
// does not answer, or refuses, is a gap.
func (r *reach) containers(ctx context.Context, at source.Range, names func(context.Context, source.Range, *source.Expanded) (string, error)) (source.Expanded, error) {
	var e source.Expanded
	next, err := names(ctx, at, &e)
	if err != nil {
		gap, ok := r.serviceGap(at, err)
		if !ok || ctx.Err() != nil {
			return source.Expanded{}, fmt.Errorf("list the %s service: %w", at.Service, err)
		}
		e.Gaps = append(e.Gaps, gap)
		if container, path := r.target(); container != "" && at.Service == cmp.Or(r.service, blobs) && at.Marker == "" {
			e.Ranges = append(e.Ranges, source.Range{Service: at.Service, Container: container, Prefix: r.folder(path)})
			e.Containers++
		}
		return e, nil
	}
	last := at.From
	if n := len(e.Ranges); n > 0 {
		if first := e.Ranges[0].Container; at.From != "" && first <= at.From {
			return source.Expanded{Gaps: []overgrant.Skipped{{Place: r.place(at, ""), Reason: "listing goes round in circles", Detail: fmt.Sprintf("%s service: a page begins with %q, which was listed before", at.Service, first)}}}, nil
		}
		last = e.Ranges[n-1].Container
	}
	switch {
	case next == "":
	case string(flatMark)+next == at.Marker:
		return source.Expanded{}, fmt.Errorf("list the %s service: %w: a page leads to itself", at.Service, errLies)
	case at.Leg >= maxServicePages:
		e.Gaps = append(e.Gaps, overgrant.Skipped{Place: r.place(at, ""), Reason: "listing has no end", Detail: fmt.Sprintf("%s service: more than %d pages", at.Service, maxServicePages)})
	default:
		e.Ranges = append(e.Ranges, source.Range{Service: at.Service, From: last, Marker: string(flatMark) + next, Leg: at.Leg + 1})
	}
	return e, nil
}

// maxServicePages is how many pages of containers are followed: ten million
// containers, where each page has its 5,000.
const maxServicePages = 2000

// serviceGap tells a service that cannot be listed from a failure that another
// try may not meet.
func (r *reach) serviceGap(at source.Range, err error) (overgrant.Skipped, bool) {
	gap := overgrant.Skipped{Place: r.place(at, ""), Detail: fmt.Sprintf("%s service: %v", at.Service, err)}
	var skip *source.Skip
	switch refused := r.gapOr(at, err); {
	case errors.As(refused, &skip):
		gap.Reason = skip.Reason
	case errors.Is(err, wire.ErrGone):
		gap.Reason = "host does not exist"
	case errors.Is(err, wire.ErrUnreachable), errors.Is(err, wire.ErrForeign), errors.Is(err, wire.ErrPrivate), errors.Is(err, wire.ErrRedirect), errors.Is(err, errNoService), errors.Is(err, errUnsettled):
		gap.Reason = "service not reached"
	case errors.Is(err, errListing):
		gap.Reason = "not understood"
	default:
		return gap, false
	}
	return gap, true
}

// unseen tells that not everything which was asked for is listed.
func (r *reach) unseen(at source.Range, what string) *source.Skip {
	return &source.Skip{Skipped: overgrant.Skipped{
		Place: r.place(at, at.Prefix), Reason: "versions not listed", Benign: true,
		Detail: fmt.Sprintf("the service lists besides current blobs only: %s", cmp.Or(strings.ReplaceAll(what, ",", ", "), "nothing")),
	}}
}

// unsized tells that sizes of objects are no numbers that could be summed up.
func (r *reach) unsized(at source.Range, n int) *source.Skip {
	return &source.Skip{Skipped: overgrant.Skipped{
		Place: r.place(at, at.Prefix), Reason: "size not understood",
		Detail: fmt.Sprintf("%d objects of a page count as empty: their size is negative, too large or no number", n),
	}}
}

// containerNames asks for a page of containers, shares or queues.
func (r *reach) containerNames(ctx context.Context, at source.Range, e *source.Expanded) (next string, err error) {
	var l listing
	var body []byte
	for _, include := range containerIncludes[at.Service] {
		q := fmt.Sprintf("comp=list&maxresults=%d%s", perPage, include)
		if mark(at) == flatMark {
			q += "&marker=" + escapeValue(at.Marker[1:])
		}
		if body, err = r.body(ctx, request{service: at.Service, path: "/", query: q}, body); statusOf(err) == 0 {
			break
		}
	}
	if err == nil {
		err = l.parse(body)
	}
	if err != nil {
		return "", err
	}
	for i := range l.objects {
		name := string(l.objects[i].Name)
		part := source.Range{Service: at.Service, Container: name}
		if l.objects[i].State == source.Deleted {
			e.Gaps = append(e.Gaps, overgrant.Skipped{Place: r.place(part, ""), Reason: "deleted container", Detail: "its owner can bring it back"})
			continue
		}
		if l.objects[i].State == source.Snapshot {
			continue
		}
		e.Ranges = append(e.Ranges, part)
		e.Containers++
	}
	return string(l.marker), nil
}

// containerIncludes are what is asked for besides containers as they are, the
// most first: those that were deleted, and those of the system with logs and the
// names of past blobs.
var containerIncludes = map[string][]string{
	blobs:  {"&include=deleted,system", "&include=system", ""},
	files:  {"&include=deleted", ""},
	queues: {""},
}

// tableNames asks for a page of tables.
func (r *reach) tableNames(ctx context.Context, at source.Range, e *source.Expanded) (next string, err error) {
	q := request{service: tables, path: "/Tables", query: fmt.Sprintf("$top=%d", perTablePage), header: jsonOnly}
	if mark(at) == flatMark {
		q.query = join(q.query, at.Marker[1:])
	}
	var answer struct{ Value []struct{ TableName string } }
	_, head, err := r.askJSON(ctx, q, &answer)
	if err != nil {
		return "", err
	}
	for _, row := range answer.Value {
		if row.TableName != "" && len(e.Ranges) < maxEntries {
			e.Ranges = append(e.Ranges, source.Range{Service: tables, Container: row.TableName})
			e.Containers++
		}
	}
	return continuation(head, "NextTableName"), nil
}
