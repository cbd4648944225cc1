package azure

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// paths lists a directory by the service that shows blobs as files, which knows
// from the question which directory a link must be for. It lists neither
// versions nor content types.
//
// Source: "Path - List" in the Azure Storage REST reference.
func (r *reach) paths(ctx context.Context, at source.Range, yield yielder) error {
	next := ""
	if mark(at) == pathsMark {
		next = at.Marker[1:]
	}
	bytes, odd := int64(0), false
	for idle := 0; ; {
		q := "resource=filesystem&recursive=true&maxResults=" + strconv.Itoa(perPage)
		if dir := strings.Trim(at.Prefix, "/"); dir != "" {
			q += "&directory=" + escapeValue(dir)
		}
		if next != "" {
			q += "&continuation=" + escapeValue(next)
		}
		var answer struct{ Paths []path }
		size, head, err := r.askJSON(ctx, request{service: dfs, path: "/" + escapeName(at.Container), query: q}, &answer)
		if err != nil {
			return err
		}
		before := next
		next = head.Get("X-Ms-Continuation")
		if idle++; len(answer.Paths) > 0 {
			idle = 0
		}
		if next != "" && next == before || idle > maxIdle || len(answer.Paths) > maxEntries {
			return fmt.Errorf("%w: a page of paths leads to itself, or has more than was asked for", errLies)
		}
		if bytes += size; len(answer.Paths) == 0 && next != "" {
			continue // an empty page that leads on is not worth a stop
		}
		page := &source.Page{Bytes: bytes, Objects: make([]source.Object, 0, len(answer.Paths))}
		for i := range answer.Paths {
			page.Objects = append(page.Objects, answer.Paths[i].object())
		}
		bytes = 0
		if n := unsizedPaths(answer.Paths); n > 0 && !odd {
			if odd = true; !yield(nil, r.unsized(at, n)) {
				return errStopped
			}
		}
		if next != "" {
			page.Next = at
			page.Next.Marker = string(pathsMark) + next
		}
		if !yield(page, nil) {
			return errStopped
		}
		if next == "" {
			return nil
		}
	}
}

// path is an entry of such a list. Numbers are written as text.
type path struct {
	Name          string
	IsDirectory   string
	ContentLength string
	LastModified  string
	ETag          string
}

func (p *path) object() source.Object {
	o := source.Object{Name: []byte(p.Name), Tag: []byte(p.ETag), Modified: unix([]byte(p.LastModified))}
	o.Size, _ = number([]byte(p.ContentLength))
	if p.IsDirectory == "true" {
		o.State, o.Size = source.Folder, 0
	}
	return o
}

// unsizedPaths counts the files whose size makes no sense.
func unsizedPaths(all []path) (n int) {
	for i := range all {
		if _, ok := number([]byte(all[i].ContentLength)); !ok && all[i].IsDirectory != "true" && all[i].ContentLength != "" {
			n++
		}
	}
	return n
}

// byPaths reports whether a directory that the service for blobs would not list
// may be listed as paths.
func (r *reach) byPaths(at source.Range, err error) bool {
	_, served := r.ends[dfs]
	return served && at.Marker == "" && r.grant.Resource == "d" && statusOf(err) == http.StatusForbidden
}
