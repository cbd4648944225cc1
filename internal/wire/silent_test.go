package wire_test

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/overgrant/overgrant/internal/wire"
)

// TestSilentHostIsGivenUp asks hosts that fail for ever: they are not asked for
// ever. One answer in between and they are as good as new.
func TestSilentHostIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"busy": 503, "broken": 500, "hangs_up": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var well atomic.Bool
			w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
				if well.Load() {
					return
				}
				if status == 0 {
					panic(http.ErrAbortHandler)
				}
				rw.WriteHeader(status)
			})
			d := w.door(t, wire.Options{Tries: 2})
			ask := func(times int) (err error) {
				for range times {
					var resp *http.Response
					if resp, err = d.Do(request(t, "GET", list)); err == nil {
						read(t, resp)
					}
				}
				return err
			}
			if err := ask(31); errors.Is(err, wire.ErrSilent) {
				t.Fatalf("Do = %v; want more patience", err)
			}
			well.Store(true)
			if err := ask(1); err != nil {
				t.Fatal(err)
			}
			well.Store(false)
			if err := ask(32); errors.Is(err, wire.ErrSilent) {
				t.Fatalf("Do = %v after an answer; want the count to begin anew", err)
			}
			asked := w.asked.Load()
			if err := ask(3); !errors.Is(err, wire.ErrSilent) || !errors.Is(err, wire.ErrUnreachable) || w.asked.Load() != asked {
				t.Errorf("Do = %v after %d requests more; want %v and none", err, w.asked.Load()-asked, wire.ErrSilent)
			}
		})
	}
}

// TestBodiesThatAreAlwaysCutAreGivenUp asks a host whose answers begin and
// never end.
func TestBodiesThatAreAlwaysCutAreGivenUp(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "100")
		_, _ = rw.Write(make([]byte, 97))
	})
	d := w.door(t, wire.Options{Tries: 1})
	for i := range 40 {
		resp, err := d.Do(request(t, "GET", list))
		if gone := errors.Is(err, wire.ErrSilent); gone != (i >= 32) {
			t.Fatalf("request %d: %v", i, err)
		}
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}
