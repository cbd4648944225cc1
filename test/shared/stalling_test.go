package shared_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// stalling holds one request to the emulator, before it is carried out or after.
type stalling struct {
	next http.RoundTripper

	mu    sync.Mutex
	armed *stop
}

// stop says which request is held. Reached is closed once it is; it goes on when
// release is.
type stop struct {
	method, query    string // the query holds this
	after            bool
	reached, release chan struct{}
}

// hold arms a stop for the next request of its kind.
func (s *stalling) hold(method, query string, after bool) *stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = &stop{method, query, after, make(chan struct{}), make(chan struct{})}
	return s.armed
}

func (s *stalling) take(r *http.Request) *stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.armed
	if one == nil || r.Method != one.method || !strings.Contains(r.URL.RawQuery, one.query) {
		return nil
	}
	s.armed = nil
	return one
}

func (s *stalling) RoundTrip(r *http.Request) (*http.Response, error) {
	one := s.take(r)
	if one == nil {
		return s.next.RoundTrip(r)
	}
	if one.after {
		resp, err := s.next.RoundTrip(r)
		one.wait()
		return resp, err
	}
	one.wait()
	return s.next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
}

func (o *stop) wait() {
	close(o.reached)
	<-o.release
}
