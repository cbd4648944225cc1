package fake

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// Queue is a queue with its messages, which stay where they are.
type Queue struct {
	Name     string
	Messages []string
}

func (s *Server) queueIndex(name string) int {
	return slices.IndexFunc(s.opt.Queues, func(q Queue) bool { return q.Name == name })
}

// queue answers for the queue service.
func (s *Server) queue(q *Request) *Reply {
	comp := q.Query.Get("comp")
	switch {
	case q.Query.Get("restype") == "service" && comp == "properties":
		return s.serviceProperties(q)
	case q.Query.Get("restype") == "service" && comp == "stats":
		return s.serviceStats(q)
	case q.Path == "/":
		names := make([]string, len(s.opt.Queues))
		for i, at := range s.opt.Queues {
			names[i] = at.Name
		}
		return s.list(q, "Queues", "Queue", names, func(dst []byte, _ string) []byte { return dst })
	}
	i := s.queueIndex(q.top())
	if i < 0 {
		return s.refuse(q, &Denial{Status: 404, Code: "QueueNotFound", Message: "The specified queue does not exist."})
	}
	at := &s.opt.Queues[i]
	switch {
	case strings.HasSuffix(q.Path, "/messages"):
		return s.peek(q, at)
	case comp == "acl":
		return s.acl(q, at.Name)
	}
	r := s.ok(q, "", nil)
	r.Header.Set("X-Ms-Approximate-Messages-Count", strconv.Itoa(len(at.Messages)))
	return r
}

// peek answers Peek Messages.
func (s *Server) peek(q *Request, at *Queue) *Reply {
	n, err := strconv.Atoi(q.Query.Get("numofmessages"))
	if err != nil {
		n = 1
	}
	body := append([]byte(declaration), "<QueueMessagesList>"...)
	for i, m := range at.Messages[:min(max(n, 0), 32, len(at.Messages))] {
		body = append(body, "<QueueMessage>"...)
		body = element(body, "MessageId", "00000000-0000-4000-8000-"+string(appendDigits(nil, int64(i), 12)))
		body = append(body, "<InsertionTime>Tue, 20 Jun 2023 18:00:00 GMT</InsertionTime><ExpirationTime>Tue, 27 Jun 2023 18:00:00 GMT</ExpirationTime><DequeueCount>0</DequeueCount>"...)
		body = element(body, "MessageText", base64.StdEncoding.EncodeToString([]byte(m)))
		body = append(body, "</QueueMessage>"...)
	}
	return s.ok(q, xml, append(body, "</QueueMessagesList>"...))
}

// acl answers with the stored access policies of a container, share, queue or
// table.
func (s *Server) acl(q *Request, name string) *Reply {
	body := append([]byte(declaration), "<SignedIdentifiers>"...)
	for _, p := range s.opt.Policies {
		if p.Service != q.Service || p.Container != name {
			continue
		}
		body = append(body, "<SignedIdentifier>"...)
		body = element(body, "Id", p.ID)
		body = append(body, "<AccessPolicy>"...)
		for _, e := range [...]struct{ name, value string }{{"Start", p.Start}, {"Expiry", p.Expiry}, {"Permission", p.Permissions}} {
			if e.value != "" {
				body = element(body, e.name, e.value)
			}
		}
		body = append(body, "</AccessPolicy></SignedIdentifier>"...)
	}
	r := s.ok(q, xml, append(body, "</SignedIdentifiers>"...))
	if c := s.containers[name]; c != nil && c.Public != "" {
		r.Header.Set("X-Ms-Blob-Public-Access", c.Public)
	}
	return r
}
