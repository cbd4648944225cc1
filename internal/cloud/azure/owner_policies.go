package azure

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// identifiers are the stored access policies of a container, share, queue or
// table as they were read. What is not changed goes back as it came, to the
// letter.
type identifiers struct {
	all    []identifier
	public string    // of a container: blob, container, or empty
	at     time.Time // when the container was changed last; zero for others
	read   time.Time // by the clock of the service
}

// identifier is one policy.
type identifier struct {
	policy overgrant.StoredPolicy
	raw    []byte // what stands inside SignedIdentifier
}

// holder is where policies stand.
type holder struct{ service, name string }

// words for a holder, by service.
var holderWords = map[string]string{blobs: "container", files: "share", queues: "queue", tables: "table"}

func (h holder) words() string { return holderWords[h.service] + " " + h.name }

// query returns the query that asks for the policies of a holder.
func (h holder) query() string {
	switch h.service {
	case blobs:
		return "restype=container&comp=acl"
	case files:
		return "restype=share&comp=acl"
	}
	return "comp=acl"
}

// right is what a login must be allowed to read or write policies.
func (h holder) right(verb string) string {
	return "Microsoft.Storage/storageAccounts/" + map[string]string{
		blobs: "blobServices/containers", files: "fileServices/shares", queues: "queueServices/queues", tables: "tableServices/tables",
	}[h.service] + "/" + verb + "Acl/action"
}

func (h holder) header() http.Header {
	if h.service == files {
		return http.Header{"X-Ms-File-Request-Intent": {"backup"}}
	}
	return nil
}

// check fails for what can be no holder.
func (h holder) check() error {
	if holderWords[h.service] == "" || h.name == "" || strings.Trim(h.name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-$") != "" {
		return fmt.Errorf("%w: service %.10q, container %.70q", cloud.ErrBadStep, h.service, h.name)
	}
	return nil
}

// policies reads those of a holder.
func (o *owner) policies(ctx context.Context, h holder) (identifiers, error) {
	r, err := o.call(ctx, command{service: h.service, path: "/" + h.name, query: h.query(), header: h.header(), right: h.right("get")})
	if err != nil {
		return identifiers{}, err
	}
	ids, err := readIdentifiers(r.body)
	if err != nil {
		return ids, err
	}
	ids.public = r.header.Get("X-Ms-Blob-Public-Access")
	ids.read, _ = http.ParseTime(r.header.Get("Date"))
	if h.service == blobs {
		ids.at, _ = http.ParseTime(r.header.Get("Last-Modified"))
	}
	return ids, nil
}

// readIdentifiers reads the body of an answer.
//
// Source: Azure Storage REST reference, "Get Container ACL".
func readIdentifiers(body []byte) (identifiers, error) {
	var list struct {
		XMLName xml.Name `xml:"SignedIdentifiers"`
		All     []struct {
			Raw    []byte `xml:",innerxml"`
			ID     string `xml:"Id"`
			Policy struct {
				Start, Expiry, Permission string
			} `xml:"AccessPolicy"`
		} `xml:"SignedIdentifier"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return identifiers{}, nil
	}
	if err := xml.Unmarshal(body, &list); err != nil {
		return identifiers{}, errors.New("read stored access policies: the answer is none of the service")
	}
	var ids identifiers
	for _, s := range list.All {
		p := overgrant.StoredPolicy{ID: s.ID, Permissions: s.Policy.Permission, Start: policyTime(s.Policy.Start), Expiry: policyTime(s.Policy.Expiry)}
		ids.all = append(ids.all, identifier{p, s.Raw})
	}
	return ids, nil
}

// policyTimes are the forms that the service takes, and gives back as they came.
//
// Source: Azure Storage REST reference, "Formatting DateTime values".
var policyTimes = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly}

// policyTime reads a time; what cannot be read is none.
func policyTime(text string) time.Time {
	for _, form := range policyTimes {
		if t, err := time.Parse(form, strings.TrimSpace(text)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// write returns the body of a request that sets them.
func (ids identifiers) write() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<SignedIdentifiers>")
	for _, id := range ids.all {
		b.WriteString("<SignedIdentifier>")
		b.Write(id.raw)
		b.WriteString("</SignedIdentifier>")
	}
	b.WriteString("</SignedIdentifiers>")
	return b.Bytes()
}

// newIdentifier writes a policy.
func newIdentifier(p overgrant.StoredPolicy) identifier {
	var b bytes.Buffer
	element := func(name, text string) {
		if text != "" {
			b.WriteString("<" + name + ">")
			_ = xml.EscapeText(&b, []byte(text)) // a buffer does not fail
			b.WriteString("</" + name + ">")
		}
	}
	element("Id", p.ID)
	b.WriteString("<AccessPolicy>")
	element("Start", storedTime(p.Start))
	element("Expiry", storedTime(p.Expiry))
	element("Permission", p.Permissions)
	b.WriteString("</AccessPolicy>")
	return identifier{p, b.Bytes()}
}

func storedTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// index returns where the policy of a name stands, -1 if there is none. Names are
// compared to the letter, as the service does.
func (ids identifiers) index(id string) int {
	for i := range ids.all {
		if ids.all[i].policy.ID == id {
			return i
		}
	}
	return -1
}

// same reports whether two lists say the same.
func (ids identifiers) same(other identifiers) bool {
	if len(ids.all) != len(other.all) || ids.public != other.public {
		return false
	}
	for _, id := range ids.all {
		i := other.index(id.policy.ID)
		if i < 0 || !equalPolicy(id.policy, other.all[i].policy) {
			return false
		}
	}
	return true
}

func equalPolicy(a, b overgrant.StoredPolicy) bool {
	return a.ID == b.ID && a.Permissions == b.Permissions && a.Start.Equal(b.Start) && a.Expiry.Equal(b.Expiry)
}

// maxTurns is how often a change is begun anew when somebody else changed the
// same container.
const maxTurns = 10

// change reads the policies of a holder, lets edit change them and puts them
// back, so that no change that somebody else makes meanwhile is lost. edit
// returns false if there is nothing to do.
//
// A container is put back on the condition that it was not changed since the
// second in which it was changed last, and only once it was read after that
// second was over: what anybody changes later has a later one. The other
// services take no condition; there what was written is read again, and what is
// not as it was put is told as a conflict.
func (o *owner) change(ctx context.Context, h holder, edit func(*identifiers) (bool, error)) error {
	var settled time.Time // the container was as it is now, a second ago
	for range maxTurns {
		ids, err := o.policies(ctx, h)
		if err != nil {
			return err
		}
		todo, err := edit(&ids)
		if err != nil || !todo {
			return err
		}
		if !ids.at.IsZero() && !ids.read.After(ids.at) && !ids.at.Equal(settled) {
			settled = ids.at
			if err := wait(ctx, time.Second); err != nil {
				return err
			}
			continue
		}
		err = o.put(ctx, h, ids)
		if statusOf(err) == http.StatusPreconditionFailed {
			continue
		}
		if err != nil {
			return err
		}
		return o.confirm(ctx, h, ids)
	}
	return fmt.Errorf("%w: the policies of %s; try again", cloud.ErrConflict, h.words())
}

// put writes the policies of a holder.
func (o *owner) put(ctx context.Context, h holder, ids identifiers) error {
	header := h.header()
	if h.service == blobs {
		header = http.Header{}
		if ids.public != "" {
			header.Set("X-Ms-Blob-Public-Access", ids.public)
		}
		if !ids.at.IsZero() {
			header.Set("If-Unmodified-Since", ids.at.UTC().Format(http.TimeFormat))
		}
	}
	_, err := o.call(ctx, command{method: http.MethodPut, service: h.service, path: "/" + h.name, query: h.query(), header: header, body: ids.write(), right: h.right("set")})
	return err
}

// confirm reads what was written.
func (o *owner) confirm(ctx context.Context, h holder, want identifiers) error {
	got, err := o.policies(ctx, h)
	if err != nil {
		return fmt.Errorf("read what was written: %w", err)
	}
	if !want.same(got) {
		return fmt.Errorf("%w: the policies of %s are not as they were put; read them before trying again", cloud.ErrConflict, h.words())
	}
	return nil
}

// wait returns after d, or with the error of ctx if that ends first.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
