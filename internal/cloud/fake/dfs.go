package fake

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// dfs answers for the service that shows blobs as files.
//
// Source: Azure Storage REST reference, "Path - List", "Filesystem - List".
func (s *Server) dfs(q *Request) *Reply {
	if q.Query.Get("resource") == "account" {
		return s.fileSystems(q)
	}
	c := s.containers[q.top()]
	if c == nil || c.Gone {
		return s.refuse(q, &Denial{Status: 404, Code: "FilesystemNotFound", Message: "The specified filesystem does not exist."})
	}
	if q.Query.Get("resource") == "filesystem" {
		if q.Method == http.MethodHead {
			r := s.ok(q, "", nil)
			s.containerHeaders(r.Header, c)
			r.Header.Set("X-Ms-Namespace-Enabled", strconv.FormatBool(s.opt.Hierarchy))
			return r
		}
		return s.paths(q, c)
	}
	o, ok := c.find(q.rest(), "")
	folder := ok && o.State == Folder || !ok && c.isFolder(strings.Trim(q.rest(), "/"))
	switch {
	case !ok && !folder:
		return s.refuse(q, &Denial{Status: 404, Code: "PathNotFound", Message: "The specified path does not exist."})
	case q.Query.Get("action") == "getAccessControl" && !s.opt.Hierarchy:
		return s.refuse(q, &Denial{Status: 400, Code: "UnsupportedAccountKind", Message: "The account does not have hierarchical namespace enabled."})
	case folder:
		r := s.ok(q, octets, nil)
		r.Header.Set("X-Ms-Resource-Type", "directory")
		return r
	}
	r := s.bytes(q, &o)
	r.Header.Set("X-Ms-Resource-Type", "file")
	if s.opt.Hierarchy {
		r.Header.Set("X-Ms-Owner", "$superuser")
		r.Header.Set("X-Ms-Group", "$superuser")
		r.Header.Set("X-Ms-Permissions", "rw-r-----")
	}
	return r
}

func (s *Server) fileSystems(q *Request) *Reply {
	type system struct {
		Name         string `json:"name"`
		LastModified string `json:"lastModified"`
		ETag         string `json:"etag"`
	}
	all := []system{}
	from, _ := readMarker(q.Query.Get("continuation"))
	most := s.mostPaths(q)
	next := ""
	for _, name := range s.names {
		c := s.containers[name]
		if name < from || c.Gone || !strings.HasPrefix(name, q.Query.Get("prefix")) {
			continue
		}
		if len(all) == most {
			next = marker(name, 0)
			break
		}
		all = append(all, system{name, c.Modified.UTC().Format(http.TimeFormat), c.etagOf(-1)})
	}
	return s.page(q, map[string]any{"filesystems": all}, next)
}

func (s *Server) mostPaths(q *Request) int {
	n, err := strconv.Atoi(q.Query.Get("maxResults"))
	if err != nil || n < 1 {
		return s.opt.Page
	}
	return min(n, s.opt.Page)
}

func (s *Server) page(q *Request, what any, next string) *Reply {
	body, err := json.Marshal(what)
	if err != nil {
		return s.refuse(q, &InternalError)
	}
	r := s.ok(q, "application/json;charset=utf-8", body)
	if next != "" {
		r.Header.Set("X-Ms-Continuation", next)
	}
	return r
}

// path is one line of a Path List. Numbers and truth values are strings there.
type path struct {
	Name          string `json:"name"`
	IsDirectory   string `json:"isDirectory,omitempty"`
	ContentLength string `json:"contentLength"`
	ETag          string `json:"etag"`
	LastModified  string `json:"lastModified"`
	CreationTime  string `json:"creationTime"` // ticks of 100 ns since 1601
	Owner         string `json:"owner"`
	Group         string `json:"group"`
	Permissions   string `json:"permissions"`
}

func (s *Server) paths(q *Request, c *container) *Reply {
	dir := strings.Trim(q.Query.Get("directory"), "/")
	if dir != "" {
		if !c.isFolder(dir) {
			return s.refuse(q, &Denial{Status: 404, Code: "PathNotFound", Message: "The specified path does not exist."})
		}
		dir += "/"
	}
	children, next := c.children(dir, q.Query.Get("continuation"), s.mostPaths(q), q.Query.Get("recursive") == "true")
	all := make([]path, len(children))
	for i, child := range children {
		o := &child.file
		all[i] = path{
			Name: child.name, ContentLength: strconv.FormatInt(o.Size, 10), ETag: o.ETag, LastModified: o.Modified.UTC().Format(http.TimeFormat),
			CreationTime: ticks(o.Created), Owner: "$superuser", Group: "$superuser", Permissions: "rw-r-----",
		}
		if child.folder {
			when := time.Unix(newest, 0).UTC()
			all[i].IsDirectory, all[i].ContentLength, all[i].Permissions = "true", "0", "rwxr-x---"
			all[i].LastModified, all[i].CreationTime, all[i].ETag = when.Format(http.TimeFormat), ticks(when), c.etagOf(-2)
		}
	}
	return s.page(q, map[string]any{"paths": all}, next)
}

// ticks counts from 1601, as Windows does.
func ticks(t time.Time) string {
	const unix = 116444736000000000 // ticks from 1601 to 1970
	return strconv.FormatInt(t.UnixNano()/100+unix, 10)
}

// hasPath reports whether a file or directory exists.
func (s *Server) hasPath(system, name string) bool {
	c := s.containers[system]
	if c == nil || name == "" {
		return c != nil
	}
	_, ok := c.find(name, "")
	return ok || c.isFolder(strings.Trim(name, "/"))
}
