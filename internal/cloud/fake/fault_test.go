package fake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud/fake"
)

// spoilt fetches a page of 20 blobs, or the bytes of one, from a server with a
// fault.
func spoilt(t *testing.T, f fake.Fault, path string) (head, []byte, error) {
	t.Helper()
	s := serve(t, fake.Options{Faults: []fake.Fault{f}, Containers: []fake.Container{{Name: "c", Kind: fake.Keys, Blobs: 100, Objects: []fake.Object{{Name: "ten", Body: []byte("0123456789")}}}}})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, "ten") {
		req.Header.Set("Range", "bytes=2-5")
	}
	client := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	resp, err := client.Do(req)
	if err != nil {
		return head{}, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return head{resp.StatusCode, resp.Header}, body, err
}

func TestFaults(t *testing.T) {
	const list, ten = "/c?restype=container&comp=list&maxresults=20", "/c/ten"
	for _, tt := range []struct {
		name, path string
		do         fake.Change
		status     int
		want       string // part of the body
		broken     bool   // the body ends too soon
	}{
		{"fail", list, fake.Fail(&fake.ServerBusy), 503, "ServerBusy", false},
		{"cut", list, fake.Cut(100), 200, "", true},
		{"cut_half", list, fake.CutHalf, 200, "", true},
		{"trickle", list, fake.Trickle(4000, time.Microsecond), 200, "</EnumerationResults>", false},
		{"claims_more", ten, fake.ClaimMore(3), 206, "2345", true},
		{"claims_less", ten, fake.ClaimLess(1), 206, "234", false},
		{"wrong_range", ten, fake.WrongRange, 206, "2345", false},
		{"no_range", ten, fake.IgnoreRange, 200, "0123", false},
		{"changed", ten, fake.Changed, 206, "2345", false},
		{"html", list, fake.HTML, 200, "<html>", false},
		{"bomb", list, fake.Bomb, 200, "<!ENTITY", false},
		{"huge", list, fake.Huge(1000), 200, strings.Repeat("n", 1000), false},
		{"redirect", list, fake.Redirect("http://127.0.0.1:1/"), 307, "", false},
		{"repeat", list, fake.Repeat, 200, "<NextMarker>2!0!cmVwZWF0</NextMarker></EnumerationResults>", false},
		{"endless", list, fake.Endless, 200, "<NextMarker>endless-1</NextMarker></EnumerationResults>", false},
		{"empty", list, fake.Empty, 200, "<Blobs></Blobs><NextMarker>2!", false},
		{"sizes", list, fake.Sizes("-5"), 200, "<Content-Length>-5</Content-Length>", false},
		{"backwards", list, fake.Backwards, 200, "<Blobs><Blob><Name>home/u00000002/.ssh/id_rsa<", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, body, err := spoilt(t, fake.Fault{Do: tt.do}, tt.path)
			if resp.StatusCode == 0 {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || !bytes.Contains(body, []byte(tt.want)) || (err != nil) != tt.broken {
				t.Errorf("%d, %v, %.300s; want %d with %q", resp.StatusCode, err, body, tt.status, tt.want)
			}
		})
	}
	t.Run("hang", func(t *testing.T) {
		s := serve(t, fake.Options{Faults: []fake.Fault{{Do: fake.Hang}}})
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/?comp=list", nil)
		go func() {
			for s.Serving() == 0 {
			}
			cancel()
		}()
		resp, err := http.DefaultClient.Do(req)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v; want that it was cancelled", err)
		}
		if err == nil {
			resp.Body.Close()
		}
	})
}

func TestHowOften(t *testing.T) {
	s := serve(t, fake.Options{Faults: []fake.Fault{
		{When: func(q *fake.Request) bool { return q.Query.Get("prefix") == "x" }, Every: 3, After: 1, Times: 2, Do: fake.Fail(&fake.InternalError)},
	}})
	got := ""
	for range 12 {
		resp, _ := fetch(t, s.URL+"/?comp=list&prefix=x")
		got += map[int]string{200: ".", 500: "!"}[resp.StatusCode]
	}
	if want := "...!..!....."; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	if resp, _ := fetch(t, s.URL+"/?comp=list"); resp.StatusCode != http.StatusOK || s.Count() != 13 || len(s.Requests()) != 13 {
		t.Errorf("%d, %d requests", resp.StatusCode, s.Count())
	}
}

func TestAbove(t *testing.T) {
	clock := noon
	busy := fake.Above(2, func() time.Time { return clock })
	got := ""
	for i := range 8 {
		if i == 4 {
			clock = clock.Add(time.Second)
		}
		got += map[bool]string{false: ".", true: "!"}[busy(nil)]
	}
	if want := "..!!..!!"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}
