package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// perTablePage is how many tables or entities the service gives at once.
const perTablePage = 1000

// maxTablePage bounds a page of a table, in bytes. The service sends 4 MiB at
// most.
const maxTablePage = 16 << 20

// jsonOnly asks for values without the metadata of OData.
var jsonOnly = http.Header{"Accept": {"application/json;odata=nometadata"}, "Dataserviceversion": {"3.0"}}

// entities yields an object for each entity of a table. Only the keys and the
// time of the last change are asked for, not what the entities hold.
func (r *reach) entities(ctx context.Context, at source.Range, yield yielder) error {
	next := ""
	if mark(at) == flatMark {
		next = at.Marker[1:]
	}
	bytes := int64(0)
	for idle := 0; ; {
		q := request{service: tables, path: "/" + escapeName(at.Container) + "()", header: jsonOnly,
			query: join("$top=1000&$select=PartitionKey,RowKey,Timestamp", next)}
		var answer struct {
			Value []struct{ PartitionKey, RowKey, Timestamp string }
		}
		size, head, err := r.askJSON(ctx, q, &answer)
		if err != nil {
			return err
		}
		rows := answer.Value
		objects := make([]source.Object, len(rows))
		for i, e := range rows {
			objects[i] = source.Object{Name: []byte(e.PartitionKey + "/" + e.RowKey), Modified: unix([]byte(e.Timestamp)), Kind: 'e'}
		}
		before := next
		next = continuation(head, "NextPartitionKey", "NextRowKey")
		if idle++; len(rows) > 0 {
			idle = 0
		}
		if next != "" && next == before || idle > maxIdle || len(rows) > perTablePage {
			return fmt.Errorf("%w: a page of a table leads to itself, or has more than was asked for", errLies)
		}
		if bytes += size; len(rows) == 0 && next != "" {
			continue // an empty page that leads on is not worth a stop
		}
		page := &source.Page{Objects: objects, Bytes: bytes}
		bytes = 0
		if next != "" {
			page.Next = at
			page.Next.Marker = string(flatMark) + next
		}
		if !yield(page, nil) {
			return errStopped
		}
		if next == "" {
			return nil
		}
	}
}

// continuation returns the query that goes on where an answer of the table
// service ends, "" if it is the last.
func continuation(head http.Header, names ...string) string {
	var q []string
	for _, name := range names {
		if v := head.Get("X-Ms-Continuation-" + name); v != "" {
			q = append(q, name+"="+url.QueryEscape(v))
		}
	}
	return strings.Join(q, "&")
}

// askJSON reads an answer in JSON. It returns the
// bytes of the answer and its head.
func (r *reach) askJSON(ctx context.Context, q request, value any) (int64, http.Header, error) {
	for attempt := 1; ; attempt++ {
		resp, err := r.ask(ctx, q)
		if err != nil {
			return 0, nil, err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxTablePage+1))
		_ = resp.Body.Close()
		if err == nil && len(body) > maxTablePage {
			return 0, nil, fmt.Errorf("%w: it has more than %d bytes", errListing, maxTablePage)
		}
		if err == nil {
			if err := json.Unmarshal(body, value); err != nil {
				return 0, nil, fmt.Errorf("%w: it is not the JSON of a list", errListing)
			}
			return int64(len(body)), resp.Header, nil
		}
		if attempt == maxAttempts {
			return 0, nil, fmt.Errorf("read the page: %w", err)
		}
		if err := pause(ctx, attempt); err != nil {
			return 0, nil, err
		}
	}
}
