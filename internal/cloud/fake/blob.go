package fake

import (
	"encoding/base64"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// blob answers for the blob service.
func (s *Server) blob(q *Request) *Reply {
	comp, restype := q.Query.Get("comp"), q.Query.Get("restype")
	switch {
	case restype == "account" && comp == "properties":
		return s.account(q)
	case restype == "service" && comp == "properties" && q.Path == "/":
		return s.serviceProperties(q)
	case restype == "service" && comp == "stats" && q.Path == "/":
		return s.serviceStats(q)
	case comp == "list" && q.Path == "/":
		return s.listContainers(q)
	case comp == "blobs":
		return s.ok(q, xml, []byte(declaration+"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"))
	}
	c := s.containers[q.top()]
	if c == nil || c.Gone {
		return s.refuse(q, &Denial{Status: 404, Code: "ContainerNotFound", Message: "The specified container does not exist."})
	}
	if restype == "container" {
		return s.container(q, c, comp)
	}
	return s.object(q, c, comp)
}

const declaration = "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>"

// account answers Get Account Information.
func (s *Server) account(q *Request) *Reply {
	r := s.ok(q, "", nil)
	r.Header.Set("X-Ms-Sku-Name", "Standard_RAGRS")
	r.Header.Set("X-Ms-Account-Kind", "StorageV2")
	r.Header.Set("X-Ms-Is-Hns-Enabled", strconv.FormatBool(s.opt.Hierarchy))
	return r
}

// container answers for one container.
func (s *Server) container(q *Request, c *container, comp string) *Reply {
	switch comp {
	case "list":
		return s.listBlobs(q, c)
	case "acl":
		return s.acl(q, c.Name)
	}
	r := s.ok(q, "", nil)
	s.containerHeaders(r.Header, c)
	return r
}

func (s *Server) containerHeaders(h http.Header, c *container) {
	h.Set("Last-Modified", c.Modified.UTC().Format(http.TimeFormat))
	h.Set("Etag", quote(c.etagOf(-1)))
	h.Set("X-Ms-Lease-Status", "unlocked")
	h.Set("X-Ms-Lease-State", "available")
	h.Set("X-Ms-Has-Immutability-Policy", "false")
	h.Set("X-Ms-Has-Legal-Hold", "false")
	if c.Public != "" {
		h.Set("X-Ms-Blob-Public-Access", c.Public)
	}
}

// listContainers answers List Containers.
func (s *Server) listContainers(q *Request) *Reply {
	include := "," + q.Query.Get("include") + ","
	prefix := q.Query.Get("prefix")
	most, denied := s.most(q)
	if denied != nil {
		return s.refuse(q, denied)
	}
	from, _ := readMarker(q.Query.Get("marker"))
	body := append([]byte(declaration), "<EnumerationResults ServiceEndpoint=\""...)
	body = escapeXML(body, s.endpoint(q))
	body = append(body, "\"><Containers>"...)
	next := ""
	n := 0
	for _, name := range s.names[sort.SearchStrings(s.names, max(from, prefix)):] {
		c := s.containers[name]
		if !strings.HasPrefix(name, prefix) {
			break
		}
		if c.Gone && !strings.Contains(include, ",deleted,") || strings.HasPrefix(name, "$") && !strings.Contains(include, ",system,") {
			continue
		}
		if n == most {
			next = marker(name, 0)
			break
		}
		n++
		body = s.containerLine(body, c)
	}
	body = append(body, "</Containers>"...)
	body = element(body, "NextMarker", next)
	return s.ok(q, xml, append(body, "</EnumerationResults>"...))
}

func (s *Server) containerLine(dst []byte, c *container) []byte {
	dst = append(dst, "<Container>"...)
	dst = element(dst, "Name", c.Name)
	if c.Gone {
		dst = append(dst, "<Deleted>true</Deleted><Version>01D60F8BB59A4652</Version>"...)
	}
	dst = append(dst, "<Properties><Last-Modified>"...)
	dst = c.Modified.UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "</Last-Modified><Etag>\""...)
	dst = append(dst, c.etagOf(-1)...)
	dst = append(dst, "\"</Etag><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"...)
	if c.Public != "" {
		dst = element(dst, "PublicAccess", c.Public)
	}
	dst = append(dst, "<DefaultEncryptionScope>$account-encryption-key</DefaultEncryptionScope><DenyEncryptionScopeOverride>false</DenyEncryptionScopeOverride>"...)
	dst = append(dst, "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold><ImmutableStorageWithVersioningEnabled>false</ImmutableStorageWithVersioningEnabled>"...)
	if c.Gone {
		dst = append(dst, "<DeletedTime>"...)
		dst = c.Modified.UTC().Add(time.Hour).AppendFormat(dst, http.TimeFormat)
		dst = append(dst, "</DeletedTime><RemainingRetentionDays>5</RemainingRetentionDays>"...)
	}
	return append(dst, "</Properties></Container>"...)
}

// most reads maxresults.
func (s *Server) most(q *Request) (int, *Denial) {
	text := q.Query.Get("maxresults")
	if text == "" {
		return s.opt.Page, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, &Denial{Status: 400, Code: "OutOfRangeQueryParameterValue", Message: "One of the query parameters specified in the request URI is outside the permissible range."}
	}
	return min(n, s.opt.Page), nil
}

// endpoint is how the server calls itself in listings.
func (s *Server) endpoint(q *Request) string {
	scheme := "http://"
	if q.Secure {
		scheme = "https://"
	}
	return scheme + q.Host + "/"
}

// listBlobs answers List Blobs.
func (s *Server) listBlobs(q *Request, c *container) *Reply {
	a := ask{prefix: q.Query.Get("prefix"), delimiter: q.Query.Get("delimiter"), marker: q.Query.Get("marker"), only: q.Query.Get("showonly")}
	var denied *Denial
	if a.most, denied = s.most(q); denied != nil {
		return s.refuse(q, denied)
	}
	a.shown[Current], a.shown[Folder] = true, true
	for _, word := range strings.Split(q.Query.Get("include"), ",") {
		switch word {
		case "snapshots":
			a.shown[Snapshot] = true
		case "versions":
			a.shown[Version], a.ids = true, c.versioned()
		case "deleted", "deletedwithversions":
			a.shown[Deleted] = true
		}
	}
	if a.shown[Snapshot] && a.delimiter != "" {
		return s.refuse(q, &Denial{Status: 400, Code: "InvalidQueryParameterValue", Message: "Value for one of the query parameters specified in the request URI is invalid."})
	}
	if q.version() >= "2026-02-06" && !s.opt.Older {
		a.from, a.before = q.Query.Get("startFrom"), q.Query.Get("endBefore")
	}
	a.from = max(a.from, a.prefix)
	if a.marker != "" {
		from, skip := readMarker(a.marker)
		if from >= a.from {
			a.from, a.skip = from, skip
		}
	}
	if len(s.opt.Faults) == 0 { // they want to see the whole body
		if run, ok := c.asRun(s.endpoint(q), &a); ok {
			r := s.ok(q, xml, nil)
			r.run = run
			return r
		}
	}
	buffer := buffers.Get().(*[]byte)
	*buffer = c.page((*buffer)[:0], s.endpoint(q), &a)
	r := s.ok(q, xml, *buffer)
	r.pooled = buffer
	return r
}

// object answers for one blob.
func (s *Server) object(q *Request, c *container, comp string) *Reply {
	stamp := q.Query.Get("snapshot") + q.Query.Get("versionid")
	o, ok := c.find(q.rest(), stamp)
	if !ok {
		return s.refuse(q, &Denial{Status: 404, Code: "BlobNotFound", Message: "The specified blob does not exist."})
	}
	switch comp {
	case "tags":
		return s.ok(q, xml, []byte(declaration+"<Tags><TagSet /></Tags>"))
	case "blocklist":
		return s.ok(q, xml, []byte(declaration+"<BlockList><CommittedBlocks /></BlockList>"))
	case "pagelist":
		return s.pageList(q, &o)
	}
	r := s.bytes(q, &o)
	h := r.Header
	h.Set("X-Ms-Blob-Type", blobTypes[o.Blob])
	h.Set("X-Ms-Lease-Status", "unlocked")
	h.Set("X-Ms-Lease-State", "available")
	h.Set("X-Ms-Server-Encrypted", "true")
	if o.Tier != "" {
		h.Set("X-Ms-Access-Tier", o.Tier)
	}
	return r
}

// bytes answers with an object or a range of it.
func (s *Server) bytes(q *Request, o *Object) *Reply {
	if want := q.Header.Get("If-Match"); want != "" && want != "*" && want != quote(o.ETag) {
		return s.refuse(q, &Denial{Status: 412, Code: "ConditionNotMet", Message: "The condition specified using HTTP conditional header(s) is not met."})
	}
	r := s.ok(q, o.Type, nil)
	h := r.Header
	h.Set("Etag", quote(o.ETag))
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	h.Set("X-Ms-Creation-Time", o.Created.UTC().Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	for name, value := range o.Metadata {
		h.Set("X-Ms-Meta-"+name, value)
	}
	if v := q.Query.Get("rsct"); v != "" {
		h.Set("Content-Type", v)
	}
	if v := q.Query.Get("rscd"); v != "" {
		h.Set("Content-Disposition", v)
	}
	first, last, part, denied := readRange(q.Header, o.Size)
	if denied != nil {
		return s.refuse(q, denied)
	}
	if part {
		r.Status = http.StatusPartialContent
		h.Set("Content-Range", "bytes "+strconv.FormatInt(first, 10)+"-"+strconv.FormatInt(last, 10)+"/"+strconv.FormatInt(o.Size, 10))
	} else if len(o.MD5) > 0 {
		h.Set("Content-Md5", base64.StdEncoding.EncodeToString(o.MD5))
	}
	r.From, r.Offset, r.Length = o.At, first, last+1-first
	return r
}

// readRange reads a range in one of the two forms that the service takes. Others
// are ignored, as it does.
//
// Source: Azure Storage REST reference, "Specifying the range header".
func readRange(h http.Header, size int64) (first, last int64, part bool, denied *Denial) {
	text := h.Get("X-Ms-Range")
	if text == "" {
		text = h.Get("Range")
	}
	from, to, ok := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	a, err := strconv.ParseInt(from, 10, 64)
	if !ok || err != nil || a < 0 {
		return 0, size - 1, false, nil
	}
	b := size - 1
	if to != "" {
		if b, err = strconv.ParseInt(to, 10, 64); err != nil || b < a {
			return 0, size - 1, false, nil
		}
	}
	if a >= size {
		return 0, 0, false, &Denial{Status: 416, Code: "InvalidRange", Message: "The range specified is invalid for the current size of the resource."}
	}
	return a, min(b, size-1), true, nil
}

// pageList answers Get Page Ranges.
func (s *Server) pageList(q *Request, o *Object) *Reply {
	if o.Blob != 'p' {
		return s.refuse(q, &Denial{Status: 409, Code: "InvalidBlobType", Message: "The blob type is invalid for this operation."})
	}
	r := s.ok(q, xml, spans(o, "PageList", "PageRange"))
	r.Header.Set("Etag", quote(o.ETag))
	r.Header.Set("X-Ms-Blob-Content-Length", strconv.FormatInt(o.Size, 10))
	return r
}

// spans writes which parts of an object hold anything.
func spans(o *Object, list, one string) []byte {
	held := o.Held
	if held == nil && o.Size > 0 {
		held = []Span{{0, o.Size}}
	}
	body := append([]byte(declaration), '<')
	body = append(body, list...)
	body = append(body, '>')
	for _, h := range held {
		body = append(body, "<"+one+">"...)
		body = element(body, "Start", strconv.FormatInt(h.Offset, 10))
		body = element(body, "End", strconv.FormatInt(h.Offset+h.Length-1, 10))
		body = append(body, "</"+one+">"...)
	}
	return append(body, "</"+list+">"...)
}

func quote(etag string) string { return `"` + etag + `"` }
