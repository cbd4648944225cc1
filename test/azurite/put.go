package azurite

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Policy is a stored access policy. Zero fields are left out of it, and then
// belong on the link.
type Policy struct {
	ID          string
	Permissions string
	Start       string // as the service takes it: 2026-01-02T03:04:05Z
	Expiry      string
}

// must sends a call and fails the test if it is refused.
func (a *Account) must(t testing.TB, c call) http.Header {
	t.Helper()
	_, header, err := a.do(context.Background(), c)
	if err != nil {
		t.Fatalf("fill the emulator: %v", err)
	}
	return header
}

// PutContainer makes a container. public is what anybody may do: "" for
// nothing, blob or container.
func (a *Account) PutContainer(t testing.TB, name, public string) {
	t.Helper()
	header := map[string]string{"x-ms-meta-made": "by_the_test"}
	if public != "" {
		header["x-ms-blob-public-access"] = public
	}
	a.must(t, call{method: "PUT", service: "blob", path: "/" + name, query: url.Values{"restype": {"container"}}, header: header})
}

// DeleteContainer removes a container.
func (a *Account) DeleteContainer(t testing.TB, name string) {
	t.Helper()
	a.must(t, call{method: "DELETE", service: "blob", path: "/" + name, query: url.Values{"restype": {"container"}}})
}

// PutBlob writes a block blob.
func (a *Account) PutBlob(t testing.TB, container, name string, body []byte) {
	t.Helper()
	a.must(t, call{method: "PUT", service: "blob", path: blobPath(container, name), body: body,
		header: map[string]string{"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"}})
}

// PutAppendBlob writes an append blob of one block.
func (a *Account) PutAppendBlob(t testing.TB, container, name string, body []byte) {
	t.Helper()
	a.must(t, call{method: "PUT", service: "blob", path: blobPath(container, name), header: map[string]string{"x-ms-blob-type": "AppendBlob"}})
	a.must(t, call{method: "PUT", service: "blob", path: blobPath(container, name), query: url.Values{"comp": {"appendblock"}}, body: body})
}

// PutPageBlob writes a page blob; body is filled up with zeros to whole pages
// of 512 bytes.
func (a *Account) PutPageBlob(t testing.TB, container, name string, body []byte) {
	t.Helper()
	full := make([]byte, (len(body)+511)/512*512)
	copy(full, body)
	a.must(t, call{method: "PUT", service: "blob", path: blobPath(container, name),
		header: map[string]string{"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": strconv.Itoa(len(full))}})
	const most = 4 << 20 // of one Put Page
	for at := 0; at < len(full); at += most {
		part := full[at:min(at+most, len(full))]
		a.must(t, call{method: "PUT", service: "blob", path: blobPath(container, name), query: url.Values{"comp": {"page"}}, body: part,
			header: map[string]string{"x-ms-page-write": "update", "x-ms-range": fmt.Sprintf("bytes=%d-%d", at, at+len(part)-1)}})
	}
}

// DeleteBlob removes a blob.
func (a *Account) DeleteBlob(t testing.TB, container, name string) {
	t.Helper()
	a.must(t, call{method: "DELETE", service: "blob", path: blobPath(container, name)})
}

// Snapshot takes a snapshot of a blob and returns its time, which names it.
func (a *Account) Snapshot(t testing.TB, container, name string) string {
	t.Helper()
	return a.must(t, call{method: "PUT", service: "blob", path: blobPath(container, name), query: url.Values{"comp": {"snapshot"}}}).Get("x-ms-snapshot")
}

// SetPolicies replaces the stored access policies of a container, queue or
// table; service says which: blob, queue or table. A container keeps the public
// access given, which is "" for none. For a table the emulator wants every
// field of a policy.
func (a *Account) SetPolicies(t testing.TB, service, name, public string, policies ...Policy) {
	t.Helper()
	type access struct{ Start, Expiry, Permission string }
	type identifier struct {
		ID           string `xml:"Id"`
		AccessPolicy access
	}
	all := struct {
		XMLName           xml.Name     `xml:"SignedIdentifiers"`
		SignedIdentifiers []identifier `xml:"SignedIdentifier"`
	}{}
	for _, p := range policies {
		all.SignedIdentifiers = append(all.SignedIdentifiers, identifier{p.ID, access{p.Start, p.Expiry, p.Permissions}})
	}
	body, err := xml.Marshal(all)
	if err != nil {
		t.Fatalf("fill the emulator: %v", err)
	}
	body = []byte(dropEmpty.Replace(string(body)))
	c := call{method: "PUT", service: service, path: "/" + name, query: url.Values{"comp": {"acl"}}, body: body, header: map[string]string{"Content-Type": "application/xml"}}
	if service == "blob" {
		c.query.Set("restype", "container")
		if public != "" {
			c.header["x-ms-blob-public-access"] = public
		}
	}
	a.must(t, c)
}

// dropEmpty takes out the fields that a policy leaves to the link.
var dropEmpty = strings.NewReplacer("<Start></Start>", "", "<Expiry></Expiry>", "", "<Permission></Permission>", "")

// PutQueue makes a queue and puts messages in it.
func (a *Account) PutQueue(t testing.TB, name string, messages ...string) {
	t.Helper()
	a.must(t, call{method: "PUT", service: "queue", path: "/" + name})
	for _, m := range messages {
		text := base64.StdEncoding.EncodeToString([]byte(m))
		a.must(t, call{method: "POST", service: "queue", path: "/" + name + "/messages", header: map[string]string{"Content-Type": "application/xml"},
			body: []byte("<QueueMessage><MessageText>" + text + "</MessageText></QueueMessage>")})
	}
}

// PutTable makes a table and inserts entities, each with its PartitionKey and
// RowKey among its fields.
func (a *Account) PutTable(t testing.TB, name string, entities ...map[string]any) {
	t.Helper()
	a.insert(t, "/Tables", map[string]any{"TableName": name})
	for _, e := range entities {
		a.insert(t, "/"+name, e)
	}
}

func (a *Account) insert(t testing.TB, path string, entity map[string]any) {
	t.Helper()
	body, err := json.Marshal(entity)
	if err != nil {
		t.Fatalf("fill the emulator: %v", err)
	}
	a.must(t, call{method: "POST", service: "table", path: path, body: body,
		header: map[string]string{"Content-Type": "application/json", "Accept": "application/json;odata=nometadata", "Prefer": "return-no-content"}})
}

// blobPath escapes a blob's path; the slashes in its name stay.
func blobPath(container, name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/" + container + "/" + strings.Join(parts, "/")
}

// Stamp writes a time as links and policies have it.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
