package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/overgrant/overgrant/internal/wire"
)

// page is as large as a list of 5,000 blobs.
var page = bytes.Repeat([]byte("<Blob><Name>a</Name></Blob>"), 3_400_000/27)

func local(b *testing.B) (*wire.Door, string) {
	b.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			rw.Header().Set("ETag", `"1"`)
			rw.Header().Set("Content-Range", "bytes 0-4095/1000000")
			rw.WriteHeader(http.StatusPartialContent)
			_, _ = rw.Write(page[:4096])
			return
		}
		rw.Header().Set("Content-Length", fmt.Sprint(len(page)))
		_, _ = rw.Write(page)
	}))
	b.Cleanup(s.Close)
	host := s.Listener.Addr().String()
	c := wire.NewReadOnly(wire.Options{AllowHosts: []string{host}})
	b.Cleanup(c.Close)
	d, err := c.BindHosts(wire.Host{Name: host, Service: wire.Blob})
	if err != nil {
		b.Fatal(err)
	}
	return d, s.URL
}

func BenchmarkPage(b *testing.B) {
	d, base := local(b)
	buf := make([]byte, 256<<10)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		resp, err := d.Do(request(b, "GET", base+"/acct/c?restype=container&comp=list&sig=a")) //nolint:bodyclose // closed by drain, or there is none
		if err != nil {
			b.Fatal(err)
		}
		drain(b, resp.Body, buf)
	}
}

// BenchmarkPageBare is the same by net/http alone.
func BenchmarkPageBare(b *testing.B) {
	_, base := local(b)
	buf := make([]byte, 256<<10)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, ReadBufferSize: 64 << 10}}
	defer client.CloseIdleConnections()
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Do(request(b, "GET", base+"/acct/c?restype=container&comp=list&sig=a")) //nolint:bodyclose // closed by drain, or there is none
		if err != nil {
			b.Fatal(err)
		}
		drain(b, resp.Body, buf)
	}
}

func drain(b *testing.B, body io.ReadCloser, buf []byte) {
	for {
		_, err := body.Read(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	body.Close()
}

func BenchmarkRange(b *testing.B) {
	d, base := local(b)
	u, _ := url.Parse(base + "/acct/c/b?sig=a")
	room := make([]byte, 4096)
	b.SetBytes(4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Range(b.Context(), wire.Get{URL: u, N: 4096, Into: room}); err != nil {
			b.Fatal(err)
		}
	}
}
