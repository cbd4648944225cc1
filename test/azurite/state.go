package azurite

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// State returns all that the account holds as text: containers with access,
// policies, metadata, ETag and time; blobs with their snapshots, ETags, times,
// sizes, hashes, metadata, tags and leases; queues with their messages;
// tables with their entities; the properties of each service. Twice the same
// text is twice the same state. Nothing that it sends changes anything.
func (a *Account) State(ctx context.Context) (string, error) {
	var b strings.Builder
	for _, part := range []func(context.Context, *strings.Builder) error{a.properties, a.blobs, a.queues, a.tables} {
		if err := part(ctx, &b); err != nil {
			return "", fmt.Errorf("dump the emulator: %w", err)
		}
	}
	return b.String(), nil
}

func (a *Account) properties(ctx context.Context, b *strings.Builder) error {
	for _, service := range []string{"blob", "queue", "table"} {
		body, _, err := a.do(ctx, call{method: "GET", service: service, path: "/", query: url.Values{"restype": {"service"}, "comp": {"properties"}}})
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "properties %s %s\n", service, canonical(body))
	}
	return nil
}

// listing is what the lists of containers, blobs and queues have in common.
type listing struct {
	Containers []element `xml:"Containers>Container"`
	Blobs      []element `xml:"Blobs>Blob"`
	Queues     []element `xml:"Queues>Queue"`
	NextMarker string
}

// element is one line of a list, kept as it came.
type element struct {
	Name  string
	Inner []byte `xml:",innerxml"`
}

// list asks for all pages of a list.
func (a *Account) list(ctx context.Context, service, path string, query url.Values, each func(*listing) error) error {
	for marker := ""; ; {
		if marker != "" {
			query.Set("marker", marker)
		}
		body, _, err := a.do(ctx, call{method: "GET", service: service, path: path, query: query})
		if err != nil {
			return err
		}
		var page listing
		if err := xml.Unmarshal(body, &page); err != nil {
			return err
		}
		if err := each(&page); err != nil {
			return err
		}
		if page.NextMarker == "" {
			return nil
		}
		marker = page.NextMarker
	}
}

func (a *Account) blobs(ctx context.Context, b *strings.Builder) error {
	all := url.Values{"comp": {"list"}, "include": {"metadata,deleted,system"}}
	return a.list(ctx, "blob", "/", all, func(page *listing) error {
		for _, c := range page.Containers {
			if err := a.container(ctx, b, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *Account) container(ctx context.Context, b *strings.Builder, c element) error {
	fmt.Fprintf(b, "container %q %s\n", c.Name, canonical(c.Inner))
	acl, header, err := a.do(ctx, call{method: "GET", service: "blob", path: "/" + c.Name, query: url.Values{"restype": {"container"}, "comp": {"acl"}}})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "  acl %s public %q\n", canonical(acl), header.Get("x-ms-blob-public-access"))
	query := url.Values{"restype": {"container"}, "comp": {"list"}, "include": {"metadata,snapshots,uncommittedblobs,copy,deleted,tags,versions"}}
	return a.list(ctx, "blob", "/"+c.Name, query, func(page *listing) error {
		for _, blob := range page.Blobs {
			fmt.Fprintf(b, "  blob %q %s\n", blob.Name, canonical(blob.Inner))
		}
		return nil
	})
}

func (a *Account) queues(ctx context.Context, b *strings.Builder) error {
	all := url.Values{"comp": {"list"}, "include": {"metadata"}}
	return a.list(ctx, "queue", "/", all, func(page *listing) error {
		for _, q := range page.Queues {
			fmt.Fprintf(b, "queue %q %s\n", q.Name, canonical(q.Inner))
			for _, ask := range []struct{ path, name, value string }{{"", "comp", "metadata"}, {"", "comp", "acl"}, {"/messages", "peekonly", "true"}} {
				query := url.Values{ask.name: {ask.value}}
				if ask.name == "peekonly" {
					query.Set("numofmessages", "32")
				}
				body, header, err := a.do(ctx, call{method: "GET", service: "queue", path: "/" + q.Name + ask.path, query: query})
				if err != nil {
					return err
				}
				fmt.Fprintf(b, "  %s %s messages %s\n", ask.value, canonical(body), header.Get("x-ms-approximate-messages-count"))
			}
		}
		return nil
	})
}

func (a *Account) tables(ctx context.Context, b *strings.Builder) error {
	names, err := a.rows(ctx, "/Tables", "application/json;odata=nometadata")
	if err != nil {
		return err
	}
	for _, row := range names {
		var t struct{ TableName string }
		if err := json.Unmarshal(row, &t); err != nil {
			return err
		}
		acl, _, err := a.do(ctx, call{method: "GET", service: "table", path: "/" + t.TableName, query: url.Values{"comp": {"acl"}}})
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "table %q acl %s\n", t.TableName, canonical(acl))
		entities, err := a.rows(ctx, "/"+t.TableName+"()", "application/json;odata=fullmetadata")
		if err != nil {
			return err
		}
		for _, e := range entities {
			fmt.Fprintf(b, "  entity %s\n", e)
		}
	}
	return nil
}

// rows returns all rows of a table, sorted.
func (a *Account) rows(ctx context.Context, path, accept string) ([]json.RawMessage, error) {
	var all []json.RawMessage
	query := url.Values{}
	for {
		body, header, err := a.do(ctx, call{method: "GET", service: "table", path: path, query: query, header: map[string]string{"Accept": accept}})
		if err != nil {
			return nil, err
		}
		var page struct {
			Value []json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		query = url.Values{}
		for _, next := range []string{"NextTableName", "NextPartitionKey", "NextRowKey"} {
			if v := header.Get("x-ms-continuation-" + next); v != "" {
				query.Set(next, v)
			}
		}
		if len(query) == 0 {
			slices.SortFunc(all, func(x, y json.RawMessage) int { return bytes.Compare(x, y) })
			return all, nil
		}
	}
}

// canonical puts XML on one line, without what stands before its root.
func canonical(body []byte) string {
	text := strings.TrimPrefix(string(body), "\xef\xbb\xbf")
	if i := strings.Index(text, "?>"); i >= 0 && strings.HasPrefix(text, "<?xml") {
		text = text[i+2:]
	}
	return strings.Join(strings.Fields(text), " ")
}
