package fake

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Share is a file share. What its names hold between slashes are directories.
type Share struct {
	Name  string
	Kind  Kind
	Files int64 // how many are made by rule
	Named []Object
}

type share struct{ *container }

func newShare(s Share) *share {
	return &share{newContainer(Container{Name: s.Name, Kind: s.Kind, Blobs: s.Files, Objects: s.Named})}
}

// addShare counts a share and its files.
func (t *Truth) addShare(s *share) { t.add(s.container) }

// file answers for the file service.
func (s *Server) file(q *Request) *Reply {
	comp, restype := q.Query.Get("comp"), q.Query.Get("restype")
	switch {
	case restype == "service" && comp == "properties":
		return s.serviceProperties(q)
	case q.Path == "/" && comp == "list":
		return s.listShares(q)
	}
	share := s.shares[q.top()]
	if share == nil {
		return s.refuse(q, &Denial{Status: 404, Code: "ShareNotFound", Message: "The specified share does not exist."})
	}
	switch {
	case restype == "share" && comp == "acl":
		return s.acl(q, share.Name)
	case restype == "share":
		r := s.ok(q, "", nil)
		r.Header.Set("X-Ms-Share-Quota", "5120")
		r.Header.Set("Etag", quote(share.etagOf(-1)))
		return r
	case restype == "directory":
		return s.directory(q, share, comp)
	}
	o, ok := share.find(q.rest(), "")
	if !ok || o.State == Folder {
		return s.refuse(q, &NoSuchResource)
	}
	if comp == "rangelist" {
		r := s.ok(q, xml, spans(&o, "Ranges", "Range"))
		r.Header.Set("Etag", quote(o.ETag))
		r.Header.Set("X-Ms-Content-Length", strconv.FormatInt(o.Size, 10))
		return r
	}
	r := s.bytes(q, &o)
	r.Header.Set("X-Ms-Type", "File")
	return r
}

// listShares answers List Shares.
func (s *Server) listShares(q *Request) *Reply {
	names := make([]string, 0, len(s.shares))
	for name := range s.shares {
		names = append(names, name)
	}
	return s.list(q, "Shares", "Share", names, func(dst []byte, name string) []byte {
		dst = append(dst, "<Properties><Last-Modified>"...)
		dst = time.Unix(newest, 0).UTC().AppendFormat(dst, http.TimeFormat)
		return append(dst, "</Last-Modified><Etag>\"0x8D0000000000000\"</Etag><Quota>5120</Quota></Properties>"...)
	})
}

// list answers with names in pages, as the services do that have few of them.
func (s *Server) list(q *Request, plural, one string, names []string, more func([]byte, string) []byte) *Reply {
	most, denied := s.most(q)
	if denied != nil {
		return s.refuse(q, denied)
	}
	slices.Sort(names)
	prefix := q.Query.Get("prefix")
	from, _ := readMarker(q.Query.Get("marker"))
	next, n := "", 0
	body := append([]byte(declaration), "<EnumerationResults ServiceEndpoint=\""...)
	body = escapeXML(body, s.endpoint(q))
	body = append(body, "\"><"+plural+">"...)
	for _, name := range names {
		if name < from || !strings.HasPrefix(name, prefix) {
			continue
		}
		if n == most {
			next = marker(name, 0)
			break
		}
		n++
		body = append(body, "<"+one+">"...)
		body = more(element(body, "Name", name), name)
		body = append(body, "</"+one+">"...)
	}
	body = append(body, "</"+plural+">"...)
	body = element(body, "NextMarker", next)
	return s.ok(q, xml, append(body, "</EnumerationResults>"...))
}

// directory answers for a directory of a share.
func (s *Server) directory(q *Request, share *share, comp string) *Reply {
	path := strings.Trim(q.rest(), "/")
	if !share.isFolder(path) && share.count+int64(len(share.objects)) > 0 {
		return s.refuse(q, &NoSuchResource)
	}
	if comp != "list" {
		r := s.ok(q, "", nil)
		r.Header.Set("Etag", quote(share.etagOf(-1)))
		return r
	}
	most, denied := s.most(q)
	if denied != nil {
		return s.refuse(q, denied)
	}
	dir := path
	if dir != "" {
		dir += "/"
	}
	prefix := q.Query.Get("prefix")
	all, next := share.children(dir, q.Query.Get("marker"), most, false)
	body := append([]byte(declaration), "<EnumerationResults ServiceEndpoint=\""...)
	body = escapeXML(body, s.endpoint(q))
	body = append(body, "\" ShareName=\""...)
	body = escapeXML(body, share.Name)
	body = append(body, "\" DirectoryPath=\""...)
	body = escapeXML(body, path)
	body = append(body, "\"><Entries>"...)
	for i := range all {
		if strings.HasPrefix(all[i].name[len(dir):], prefix) {
			body = fileLine(body, q.Query.Get("include"), all[i].name[len(dir):], &all[i])
		}
	}
	body = append(body, "</Entries>"...)
	body = element(body, "NextMarker", next)
	return s.ok(q, xml, append(body, "</EnumerationResults>"...))
}

// fileLine writes one entry of a directory. Times and ETag are told only where
// they are asked for.
//
// Source: Azure Storage REST reference, "List Directories and Files".
func fileLine(dst []byte, include, name string, c *child) []byte {
	tag := "File"
	if c.folder {
		tag = "Directory"
	}
	dst = append(dst, "<"+tag+">"...)
	dst = openName(dst, name)
	dst = append(dst, "</Name><Properties>"...)
	if !c.folder {
		dst = element(dst, "Content-Length", strconv.FormatInt(c.file.Size, 10))
	}
	if strings.Contains(include, "Timestamps") || strings.Contains(include, "timestamps") {
		when := c.file.Modified
		if when.IsZero() {
			when = time.Unix(newest, 0)
		}
		iso := when.UTC().Format("2006-01-02T15:04:05.0000000Z")
		for _, e := range []string{"CreationTime", "LastAccessTime", "LastWriteTime", "ChangeTime"} {
			dst = element(dst, e, iso)
		}
		dst = element(dst, "Last-Modified", when.UTC().Format(http.TimeFormat))
	}
	if strings.Contains(strings.ToLower(include), "etag") && !c.folder {
		dst = append(dst, "<Etag>\""+c.file.ETag+"\"</Etag>"...)
	}
	return append(dst, "</Properties></"+tag+">"...)
}

// harmlessFile is harmless for the file service, which heeds no condition.
func (s *Server) harmlessFile(q *Request, makes bool) *Denial {
	share := s.shares[q.top()]
	if share == nil {
		if q.top() == "" || q.Query.Get("restype") == "share" && makes {
			return nil
		}
		return &Denial{Status: 404, Code: "ShareNotFound", Message: "The specified share does not exist."}
	}
	if q.rest() == "" || makes {
		return nil
	}
	if _, ok := share.find(q.rest(), ""); !ok && !share.isFolder(q.rest()) {
		return &NoSuchResource
	}
	return nil
}
