package azure

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// single yields the object that a range names, as one page.
func (r *reach) single(ctx context.Context, at source.Range, yield yielder) error {
	q := request{method: http.MethodHead, service: at.Service, path: objectPath(at.Container, at.Prefix), query: r.past()}
	resp, err := r.ask(ctx, q)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	o := objectOf(resp.Header)
	o.Name = []byte(at.Prefix)
	if o.Size < 0 {
		o.Size = max(resp.ContentLength, 0)
	}
	switch {
	case r.grant.Resource == "bv" && r.grant.Version != "":
		o.State, o.Version = source.Version, []byte(r.grant.Version)
	case r.grant.Resource == "bs" && r.grant.Snapshot != "":
		o.State, o.Version = source.Snapshot, []byte(r.grant.Snapshot)
	}
	if at.Service == files {
		o.Kind = 'f'
	}
	if !yield(&source.Page{Objects: []source.Object{o}}, nil) {
		return errStopped
	}
	return nil
}

// past returns the query that names the earlier state of an object which a link
// is for.
func (r *reach) past() string {
	switch {
	case r.grant.Resource == "bv" && r.grant.Version != "":
		return "versionid=" + escapeValue(r.grant.Version)
	case r.grant.Resource == "bs" && r.grant.Snapshot != "":
		return "snapshot=" + escapeValue(r.grant.Snapshot)
	}
	return ""
}

// objectPath returns the path of an object.
func objectPath(container, name string) string {
	return "/" + escapeName(container) + "/" + escapeName(name)
}

// objectOf reads what the head of an answer says of an object. Size is -1 if it
// does not say.
func objectOf(h http.Header) source.Object {
	o := source.Object{Size: -1, Tag: []byte(h.Get("ETag")), Type: []byte(h.Get("Content-Type")), Tier: []byte(h.Get("X-Ms-Access-Tier"))}
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		o.Size = n
	}
	o.Modified, o.Created = unix([]byte(h.Get("Last-Modified"))), unix([]byte(h.Get("X-Ms-Creation-Time")))
	if sum, err := base64.StdEncoding.DecodeString(h.Get("Content-Md5")); err == nil && len(sum) == md5Size {
		o.MD5 = sum
	}
	v := values{}
	v.raw[kindField] = []byte(h.Get("X-Ms-Blob-Type"))
	v.raw[resourceField] = []byte(h.Get("X-Ms-Resource-Type"))
	o.Kind, o.State = v.kind(), v.state()
	if strings.EqualFold(h.Get("X-Ms-Meta-Hdi_isfolder"), "true") {
		o.State = source.Folder
	}
	return o
}
