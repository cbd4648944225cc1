package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// note is one line of the record: a request and what came of it. The JSON names
// are part of what users rely on.
type note struct {
	Time   time.Time `json:"time"`
	ID     string    `json:"id"` // x-ms-client-request-id, as the owner finds it in the logs
	Method string    `json:"method"`
	Host   string    `json:"host"`
	Target string    `json:"target"` // path and query, redacted
	Range  string    `json:"range,omitempty"`
	Try    int       `json:"try"`
	Status int       `json:"status"` // 0 if there was no answer
	Code   string    `json:"code,omitempty"`
	Bytes  int64     `json:"bytes"` // of the body, read
	Millis int64     `json:"ms"`    // until the body was read or let go
	Error  string    `json:"error,omitempty"`
	Sent   int64     `json:"sent,omitempty"` // how often it was written, if more than once

	sent atomic.Int64
}

// recorder writes notes, one at a time.
type recorder struct {
	mu     sync.Mutex
	to     io.Writer
	broken error
}

// note begins the line of a request that leaves now.
func (c *ReadOnly) note(req *http.Request, try int) *note {
	n := &note{Try: try}
	if c.record.to == nil {
		return n
	}
	n.Time = c.opt.Now().UTC()
	n.ID = req.Header.Get("X-Ms-Client-Request-Id")
	n.Method, n.Host = req.Method, req.URL.Host
	n.Target = target(req.URL)
	n.Range = req.Header.Get("Range")
	return n
}

func (n *note) failed(err error) *note {
	n.Error = err.Error()
	return n
}

// write puts a line out. What cannot be recorded ends the client: it would
// leave without evidence.
func (c *ReadOnly) write(n *note) {
	r := &c.record
	if r.to == nil {
		return
	}
	if sent := n.sent.Load(); sent > 1 {
		n.Sent = sent
	}
	n.Millis = c.opt.Now().Sub(n.Time).Milliseconds()
	line, err := json.Marshal(n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		_, err = r.to.Write(append(line, '\n'))
	}
	if err != nil && r.broken == nil {
		r.broken = fmt.Errorf("%w: %w", ErrRecord, err)
	}
}

func (r *recorder) err() error {
	if r.to == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken
}
