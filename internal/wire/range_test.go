package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/overgrant/overgrant/internal/wire"
)

// object serves ranges of data, as bend would have them.
func object(data []byte, bend func(n int64, rw http.ResponseWriter, r *http.Request, from, to int) bool) http.HandlerFunc {
	var n atomic.Int64
	return func(rw http.ResponseWriter, r *http.Request) {
		var from, to int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err != nil {
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		if m := r.Header.Get("If-Match"); m != "" && m != `"1"` {
			rw.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		rw.Header().Set("ETag", `"1"`)
		if from >= len(data) {
			rw.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(data)))
			rw.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		to = min(to, len(data)-1)
		if bend != nil && bend(n.Add(1), rw, r, from, to) {
			return
		}
		rw.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(data)))
		rw.Header().Set("Content-Length", fmt.Sprint(to-from+1))
		rw.WriteHeader(http.StatusPartialContent)
		_, _ = rw.Write(data[from : to+1])
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	head := func(rw http.ResponseWriter, from, to, size int) {
		rw.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, size))
	}
	abort := func() { panic(http.ErrAbortHandler) }
	tests := []struct {
		name   string
		get    wire.Get
		bend   func(n int64, rw http.ResponseWriter, r *http.Request, from, to int) bool
		want   []byte
		size   int64
		err    error
		asked  int64
		status int
	}{
		{"middle", wire.Get{Off: 5, N: 10}, nil, data[5:15], 300_000, nil, 1, 0},
		{"into_room", wire.Get{Off: 5, N: 10, Into: make([]byte, 32)}, nil, data[5:15], 300_000, nil, 1, 0},
		{"over_the_end", wire.Get{Off: 299_990, N: 100}, nil, data[299_990:], 300_000, nil, 1, 0},
		{"behind_the_end", wire.Get{Off: 300_000, N: 1}, nil, nil, 300_000, io.EOF, 1, 0},
		{"same_object", wire.Get{N: 3, ETag: `"1"`}, nil, data[:3], 300_000, nil, 1, 0},
		{"another_object", wire.Get{N: 3, ETag: `"2"`}, nil, nil, -1, wire.ErrChanged, 1, 0},
		{"nothing_asked", wire.Get{N: 0}, nil, nil, 0, wire.ErrRefused, 0, 0},
		{"cut_twice", wire.Get{N: 300_000}, func(n int64, rw http.ResponseWriter, r *http.Request, from, to int) bool {
			if (n == 1) != (r.Header.Get("If-Match") == "") {
				t.Errorf("request %d says If-Match %q", n, r.Header.Get("If-Match"))
			}
			if n > 2 {
				return false
			}
			head(rw, from, to, len(data))
			rw.Header().Set("Content-Length", fmt.Sprint(to-from+1))
			rw.WriteHeader(http.StatusPartialContent)
			_, _ = rw.Write(data[from : from+1000])
			_ = http.NewResponseController(rw).Flush()
			abort()
			return true
		}, data, 300_000, nil, 3, 0},
		{"cut_for_ever", wire.Get{N: 300_000}, func(_ int64, rw http.ResponseWriter, _ *http.Request, from, to int) bool {
			head(rw, from, to, len(data))
			rw.Header().Set("Content-Length", fmt.Sprint(to-from+1))
			rw.WriteHeader(http.StatusPartialContent)
			_, _ = rw.Write(data[from : from+10])
			_ = http.NewResponseController(rw).Flush()
			abort()
			return true
		}, nil, 300_000, wire.ErrUnreachable, 6, 0},
		{"cut_and_changed", wire.Get{N: 300_000}, func(n int64, rw http.ResponseWriter, _ *http.Request, from, to int) bool {
			if n > 1 {
				rw.Header().Set("ETag", `"2"`)
				return false
			}
			head(rw, from, to, len(data))
			rw.Header().Set("Content-Length", fmt.Sprint(to-from+1))
			rw.WriteHeader(http.StatusPartialContent)
			_, _ = rw.Write(data[:10])
			_ = http.NewResponseController(rw).Flush()
			abort()
			return true
		}, nil, 300_000, wire.ErrChanged, 2, 0},
		{"range_not_heeded", wire.Get{Off: 5, N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, _, _ int) bool {
			rw.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = rw.Write(data)
			return true
		}, data[5:15], 300_000, nil, 1, 0},
		{"range_not_heeded_and_endless", wire.Get{Off: 5, N: 10}, func(_ int64, rw http.ResponseWriter, r *http.Request, _, _ int) bool {
			for r.Context().Err() == nil {
				_, _ = rw.Write(data)
			}
			return true
		}, nil, -1, nil, 1, 0},
		{"range_not_heeded_far_in", wire.Get{Off: 2 << 20, N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, _, _ int) bool { return false }, nil, 300_000, io.EOF, 1, 0},
		{"another_range", wire.Get{Off: 5, N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, _, _ int) bool {
			head(rw, 6, 15, len(data))
			rw.WriteHeader(http.StatusPartialContent)
			return true
		}, nil, -1, wire.ErrBroken, 1, 0},
		{"shorter_range", wire.Get{Off: 5, N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, _, _ int) bool {
			head(rw, 5, 8, len(data))
			rw.WriteHeader(http.StatusPartialContent)
			return true
		}, nil, -1, wire.ErrBroken, 1, 0},
		{"no_range", wire.Get{Off: 5, N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, _, _ int) bool {
			rw.WriteHeader(http.StatusPartialContent)
			return true
		}, nil, -1, wire.ErrBroken, 1, 0},
		{"longer_body", wire.Get{Off: 5, N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, from, to int) bool {
			head(rw, from, to, len(data))
			rw.Header().Set("Content-Length", "100000")
			rw.WriteHeader(http.StatusPartialContent)
			_, _ = rw.Write(data[5:100_005])
			return true
		}, data[5:15], 300_000, nil, 1, 0},
		{"lying_length", wire.Get{N: 100}, func(_ int64, rw http.ResponseWriter, _ *http.Request, from, to int) bool {
			head(rw, from, to, len(data))
			rw.Header().Set("Content-Length", "10")
			rw.WriteHeader(http.StatusPartialContent)
			_, _ = rw.Write(data[from : from+10])
			return true
		}, nil, 300_000, wire.ErrUnreachable, 6, 0},
		{"forbidden", wire.Get{N: 10}, func(_ int64, rw http.ResponseWriter, _ *http.Request, _, _ int) bool {
			rw.Header().Set("x-ms-error-code", "AuthorizationPermissionMismatch")
			rw.WriteHeader(http.StatusForbidden)
			return true
		}, nil, -1, nil, 1, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, object(data, tt.bend))
			tt.get.URL, _ = url.Parse("https://" + account + "/c/b?sig=a")
			got, err := w.door(t, wire.Options{}).Range(t.Context(), tt.get)
			status := new(wire.StatusError)
			if tt.status != 0 {
				if !errors.As(err, &status) || status.Status != tt.status || status.Code != "AuthorizationPermissionMismatch" {
					t.Errorf("Range = %v; want status %d", err, tt.status)
				}
			} else if !errors.Is(err, tt.err) {
				t.Errorf("Range = %v; want %v", err, tt.err)
			}
			if tt.want != nil && !bytes.Equal(got.Body, tt.want) {
				t.Errorf("%d bytes; want %d others", len(got.Body), len(tt.want))
			}
			if got.Size != tt.size && err == nil || w.asked.Load() != tt.asked {
				t.Errorf("size %d, asked %d; want %d, %d", got.Size, w.asked.Load(), tt.size, tt.asked)
			}
			if tt.get.Into != nil && &got.Body[0] != &tt.get.Into[0] {
				t.Error("the room given was not used")
			}
		})
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusPartialContent)
		for r.Context().Err() == nil {
			_, _ = rw.Write(make([]byte, 1<<16))
		}
	})
	resp, err := w.door(t, wire.Options{}).Do(request(t, "GET", "https://"+account+"/c/b", "Range", "bytes=10-19"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); n != 10 || !errors.Is(err, wire.ErrBroken) {
		t.Errorf("read %d bytes, %v; want 10, ErrBroken", n, err)
	}
}

func TestReaderAt(t *testing.T) {
	t.Parallel()
	data := []byte(strings.Repeat("0123456789", 100))
	w := serve(t, object(data, func(n int64, _ http.ResponseWriter, r *http.Request, _, _ int) bool {
		if n > 1 && r.Header.Get("If-Match") != `"1"` {
			t.Errorf("request %d is not pinned to the object", n)
		}
		return false
	}))
	u, _ := url.Parse("https://" + account + "/c/b?sig=a")
	r := w.door(t, wire.Options{}).ReaderAt(t.Context(), wire.Get{URL: u}, int64(len(data)))
	got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	p := make([]byte, 20)
	if n, err := r.ReadAt(p, 990); n != 10 || err != io.EOF {
		t.Errorf("ReadAt over the end = %d, %v; want 10, EOF", n, err)
	}
	if n, err := r.ReadAt(p, 5000); n != 0 || err != io.EOF {
		t.Errorf("ReadAt behind the end = %d, %v; want 0, EOF", n, err)
	}
}

// piped serves h over pipes, in a bubble whose time is its own.
func piped(t *testing.T, opt wire.Options, h http.HandlerFunc) *wire.Door {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	var busy sync.WaitGroup
	s := &http.Server{ErrorLog: quiet, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		busy.Add(1)
		defer busy.Done()
		h(rw, r)
	})}
	served := make(chan struct{})
	go func() { _ = s.Serve(l); close(served) }()
	opt.AllowHosts = []string{"127.0.0.1:10000"}
	opt.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		a, b := net.Pipe()
		select {
		case l.conns <- b:
			return a, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	c := wire.NewReadOnly(opt)
	t.Cleanup(func() { c.Close(); _ = s.Close(); <-served; busy.Wait() })
	return bind(t, c, "127.0.0.1:10000")
}

type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

const emulated = "http://127.0.0.1:10000/acct?comp=list"

func TestTrickleIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := piped(t, wire.Options{}, func(rw http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = rw.Write([]byte("x"))
				_ = http.NewResponseController(rw).Flush()
				time.Sleep(time.Second)
			}
		})
		began := time.Now()
		resp, err := d.Do(request(t, "GET", emulated))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		if took := time.Since(began); !errors.Is(err, wire.ErrStalled) || took > 40*time.Second {
			t.Errorf("body = %v after %v; want ErrStalled after 30 s", err, took)
		}
	})
}

func TestSilenceIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := piped(t, wire.Options{Tries: 2, Headers: 5 * time.Second}, func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept") == "body" {
				rw.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(rw).Flush()
			}
			select {
			case <-r.Context().Done():
			case <-time.After(time.Hour):
			}
		})
		began := time.Now()
		if _, err := d.Do(request(t, "GET", emulated)); !errors.Is(err, wire.ErrUnreachable) || time.Since(began) > 11*time.Second { //nolint:bodyclose // closed by drain, or there is none
			t.Errorf("head = %v after %v; want ErrUnreachable after two tries of 5 s", err, time.Since(began))
		}
		resp, err := d.Do(request(t, "GET", emulated, "Accept", "body"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		time.Sleep(10 * time.Minute) // a slow reader is not the server's fault
		began = time.Now()
		if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, wire.ErrStalled) || time.Since(began) != 30*time.Second {
			t.Errorf("body = %v after %v; want ErrStalled after 30 s", err, time.Since(began))
		}
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := piped(t, wire.Options{Rate: 10}, func(http.ResponseWriter, *http.Request) {})
		began := time.Now()
		for range 21 {
			resp, err := d.Do(request(t, "GET", emulated))
			if err != nil {
				t.Fatal(err)
			}
			read(t, resp)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("21 requests took %v; want 2 s", took)
		}
	})
}

func TestConcurrencyFallsAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		var busy atomic.Bool
		d := piped(t, wire.Options{PerHost: 8, Tries: 1}, func(rw http.ResponseWriter, _ *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(10 * time.Millisecond)
			if busy.Load() {
				rw.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		round := func(n int) int64 {
			most.Store(0)
			done := make(chan struct{})
			for range n {
				go func() {
					if resp, err := d.Do(request(t, "GET", emulated)); err == nil {
						_, _ = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
					done <- struct{}{}
				}()
			}
			for range n {
				<-done
			}
			return most.Load()
		}
		if got := round(40); got != 8 {
			t.Errorf("%d at once; want 8", got)
		}
		busy.Store(true)
		round(8) // one storm halves once, however many it hits
		busy.Store(false)
		if got := round(12); got != 4 {
			t.Errorf("%d at once after a storm; want 4", got)
		}
		round(1000)
		if got := round(40); got != 8 {
			t.Errorf("%d at once after a long calm; want 8", got)
		}
	})
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := piped(t, wire.Options{PerHost: 1}, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Do(request(t, "GET", emulated).WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) { //nolint:bodyclose // closed by drain, or there is none
			t.Errorf("Do = %v; want the deadline", err)
		}
		if _, err := d.Do(request(t, "GET", emulated)); !errors.Is(err, wire.ErrThrottled) { //nolint:bodyclose // closed by drain, or there is none
			t.Errorf("Do = %v; want ErrThrottled: the slot was given back", err)
		}
	})
}
