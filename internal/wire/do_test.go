package wire_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/wire"
)

var quiet = log.New(io.Discard, "", 0)

func TestAnAnswerIsAnAnswer(t *testing.T) {
	t.Parallel()
	var id, agent string
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		id, agent = r.Header.Get("x-ms-client-request-id"), r.UserAgent()
		if r.Host != account || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("host %q, header %v", r.Host, r.Header)
		}
		rw.Header().Set("x-ms-error-code", "AuthenticationFailed")
		rw.WriteHeader(http.StatusForbidden)
		fmt.Fprint(rw, "<Error/>")
	})
	c := w.client(t, wire.Options{Run: "r1\r\n", Agent: "overgrant/1.0"})
	d := bind(t, c, account)
	resp, err := d.Do(request(t, "GET", "https://CONTOSO.blob.core.windows.net.:443/c?restype=container&comp=list", "User-Agent", "else", "x-ms-client-request-id", "else"))
	if err != nil || resp.StatusCode != http.StatusForbidden || read(t, resp) != "<Error/>" {
		t.Fatalf("Do = %v, %v; want 403", resp, err)
	}
	if id != "overgrant-r1-1" || agent != "overgrant/1.0 (+r1)" {
		t.Errorf("id %q, agent %q", id, agent)
	}
	if got := w.dialledTo.Load(); got != "20.60.1.1:443" {
		t.Errorf("dialled %v; want the checked address", got)
	}
	if got := c.Spent(); got != (wire.Spent{Requests: 1, Bytes: 8}) {
		t.Errorf("Spent = %+v", got)
	}
}

func TestNoConnectionForWhatIsRefused(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) {})
	d := w.door(t, wire.Options{})
	for _, req := range []*http.Request{
		request(t, "DELETE", "https://"+account+"/c/b"),
		request(t, "GET", "https://evil.example/?comp=list"),
		request(t, "GET", "http://"+account+"/?comp=list"),
	} {
		if _, err := d.Do(req); !errors.Is(err, wire.ErrRefused) && !errors.Is(err, wire.ErrForeign) { //nolint:bodyclose // closed by read, or there is none
			t.Errorf("Do(%s %s) = %v", req.Method, wire.Redact(req.URL), err)
		}
	}
	if w.dials.Load() != 0 {
		t.Errorf("%d connections; want none", w.dials.Load())
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status []int // of each answer; 0 cuts the connection
		after  string
		want   int
		err    error
		asked  int64
		least  time.Duration
	}{
		{"first", []int{200}, "", 200, nil, 1, 0},
		{"busy_then_fine", []int{503, 429, 200}, "", 200, nil, 3, 500 * time.Millisecond},
		{"asked_to_wait", []int{503, 200}, "7", 200, nil, 2, 7 * time.Second},
		{"asked_to_wait_for_ever", []int{503, 200}, "999999", 200, nil, 2, time.Minute},
		{"asked_to_wait_until", []int{503, 200}, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 200, nil, 2, time.Minute},
		{"asked_to_wait_again_and_again", []int{503}, "999999", 0, wire.ErrThrottled, 3, 2 * time.Minute},
		{"asked_nonsense", []int{503, 200}, "soon", 200, nil, 2, 250 * time.Millisecond},
		{"broken_then_fine", []int{500, 502, 504, 0, 200}, "", 200, nil, 5, time.Second},
		{"always_busy", []int{503}, "", 0, wire.ErrThrottled, 6, time.Second},
		{"always_broken", []int{500}, "", 500, nil, 6, time.Second},
		{"always_cut", []int{0}, "", 0, wire.ErrUnreachable, 6, time.Second},
		{"not_implemented", []int{501}, "", 501, nil, 1, 0},
		{"not_found", []int{404}, "", 404, nil, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
				s := tt.status[min(int(n.Add(1)), len(tt.status))-1]
				if s == 0 {
					panic(http.ErrAbortHandler)
				}
				if tt.after != "" && s == 503 {
					rw.Header().Set("Retry-After", tt.after)
				}
				rw.WriteHeader(s)
			})
			c := w.client(t, wire.Options{})
			resp, err := bind(t, c, account).Do(request(t, "GET", list))
			if !errors.Is(err, tt.err) || err == nil && resp.StatusCode != tt.want {
				t.Fatalf("Do = %v, %v; want %d, %v", resp, err, tt.want, tt.err)
			}
			if err == nil {
				read(t, resp)
			}
			if got := w.asked.Load(); got != tt.asked || c.Spent().Retries != tt.asked-1 {
				t.Errorf("asked %d times, retries %d; want %d times", got, c.Spent().Retries, tt.asked)
			}
			if slept := time.Duration(w.slept.Load()); slept < tt.least {
				t.Errorf("paused %v; want %v at least", slept, tt.least)
			}
			if throttled := new(wire.ThrottledError); tt.err == wire.ErrThrottled && (!errors.As(err, &throttled) || throttled.Status != 503) {
				t.Errorf("err = %v; want one with the last status", err)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Location", "https://evil.example/steal?"+r.URL.RawQuery)
		rw.WriteHeader(http.StatusTemporaryRedirect)
	})
	_, err := w.door(t, wire.Options{}).Do(request(t, "GET", list+"&sig=c2VjcmV0")) //nolint:bodyclose // closed by read, or there is none
	var to *wire.RedirectError
	if !errors.As(err, &to) || to.Status != 307 || to.Host != "evil.example" || !errors.Is(err, wire.ErrRedirect) {
		t.Errorf("Do = %v; want a redirect to evil.example", err)
	}
	if w.asked.Load() != 1 || strings.Contains(fmt.Sprint(err), "c2VjcmV0") {
		t.Errorf("asked %d times, err %v", w.asked.Load(), err)
	}
}

func TestAddressesAreChecked(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) {})
	ask := func(opt wire.Options, answers ...string) error {
		n := 0
		opt.Tries = 1
		opt.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
			if answers[0] == "" && host != account { // names of the cloud that exist
				return []netip.Addr{netip.MustParseAddr("20.60.1.9")}, nil
			}
			a := answers[min(n, len(answers)-1)]
			n++
			if a == "" || a == "nothing" {
				return nil, &net.DNSError{Err: "no such host", Name: account, IsNotFound: true}
			}
			var all []netip.Addr
			for s := range strings.SplitSeq(a, " ") {
				all = append(all, netip.MustParseAddr(s))
			}
			return all, nil
		}
		resp, err := w.door(t, opt).Do(request(t, "GET", list))
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	tests := []struct {
		name, answer string
		allow        []string
		want         error
	}{
		{"public", "20.60.1.1", nil, nil},
		{"private", "10.0.0.1", nil, wire.ErrPrivate},
		{"one_of_two_private", "20.60.1.1 192.168.1.1", nil, wire.ErrPrivate},
		{"mapped", "::ffff:169.254.169.254", nil, wire.ErrPrivate},
		{"private_link_allowed", "10.0.0.1", []string{account}, nil},
		{"metadata_though_allowed", "169.254.169.254", []string{account}, wire.ErrPrivate},
		{"gone", "", nil, wire.ErrGone},
		{"no_name_outside_is_known", "nothing", nil, wire.ErrUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := ask(wire.Options{AllowHosts: tt.allow}, tt.answer); !errors.Is(err, tt.want) {
				t.Errorf("Do = %v; want %v", err, tt.want)
			}
		})
	}
}

func TestRebindingIsNoticed(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Connection", "close") })
	now, looked := time.Now(), 0
	d := w.door(t, wire.Options{
		Now: func() time.Time { return now },
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			looked++
			return []netip.Addr{netip.MustParseAddr(map[bool]string{true: "20.60.1.1", false: "127.0.0.1"}[looked == 1])}, nil
		},
	})
	for i := range 3 {
		resp, err := d.Do(request(t, "GET", list))
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		read(t, resp)
	}
	if looked != 1 {
		t.Errorf("looked up %d times; want the address pinned", looked)
	}
	now = now.Add(time.Hour)
	if _, err := d.Do(request(t, "GET", list)); !errors.Is(err, wire.ErrPrivate) { //nolint:bodyclose // closed by read, or there is none
		t.Errorf("Do after the name moved = %v; want ErrPrivate", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, a := range []string{"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "168.63.129.16", "169.254.169.254", "172.31.0.1", "192.168.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1", "4000::1"} {
		if err := wire.PublicAddress(netip.MustParseAddr(a)); !errors.Is(err, wire.ErrPrivate) {
			t.Errorf("%s = %v; want ErrPrivate", a, err)
		}
	}
	for _, a := range []string{"20.60.1.1", "168.63.129.15", "2603:1030::1", "::ffff:20.60.1.1", "64:ff9b::143c:101"} {
		if err := wire.PublicAddress(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s = %v; want none", a, err)
		}
	}
	if err := wire.AllowedAddress("emulator", netip.MustParseAddr("127.0.0.1")); err != nil {
		t.Error(err)
	}
	if err := wire.AllowedAddress("emulator", netip.MustParseAddr("64:ff9b::a9fe:a9fe")); err == nil {
		t.Error("a name that was allowed leads to the metadata service")
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	c := wire.NewReadOnly(wire.Options{AllowHosts: []string{"127.0.0.1:10000", "Data.Example."}})
	tests := []struct {
		host string
		want error
	}{
		{"contoso.blob.core.windows.net", nil},
		{"contoso-secondary.dfs.core.windows.net:443", nil},
		{"md-x.z1.blob.storage.azure.net", nil},
		{"127.0.0.1:10000", nil},
		{"data.example", nil},
		{"DATA.example:8080", nil},
		{"127.0.0.1:10001", wire.ErrPrivate},
		{"[::1]:80", wire.ErrPrivate},
		{"[::ffff:127.0.0.1]:10000", nil},
		{"169.254.169.254", wire.ErrPrivate},
		{"20.60.1.1", wire.ErrForeign},
		{"evil.example", wire.ErrForeign},
		{"contoso.blob.core.windows.net.evil.example", wire.ErrForeign},
		{"evilcore.windows.net", wire.ErrForeign},
		{"blob.core.windows.net", wire.ErrForeign},
		{"contoso.vault.core.windows.net", wire.ErrForeign},
		{"contoso.blob.core.windows.net:22", wire.ErrForeign},
		{"a@contoso.blob.core.windows.net", wire.ErrForeign},
		{"contoso.blob.core.windows.net/x", wire.ErrForeign},
		{"contoso.blob.core.windows.net..", wire.ErrForeign},
		{"", wire.ErrForeign},
	}
	for _, tt := range tests {
		if _, err := c.Bind(tt.host); !errors.Is(err, tt.want) {
			t.Errorf("Bind(%q) = %v; want %v", tt.host, err, tt.want)
		}
	}
	if _, err := c.Bind(); !errors.Is(err, wire.ErrForeign) {
		t.Errorf("Bind() = %v; want ErrForeign", err)
	}
}

func TestPlainHTTPToAnEmulator(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, r.Host, r.URL.Path) }))
	defer s.Close()
	host := s.Listener.Addr().String()
	c := wire.NewReadOnly(wire.Options{AllowHosts: []string{host}})
	defer c.Close()
	resp, err := bind(t, c, host).Do(request(t, "GET", s.URL+"/acct?comp=list"))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, resp); got != host+"/acct" {
		t.Errorf("body = %q", got)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) {})
	w.roots = x509.NewCertPool()
	if _, err := w.door(t, wire.Options{}).Do(request(t, "GET", list)); !errors.Is(err, wire.ErrUnreachable) || w.dials.Load() != 1 { //nolint:bodyclose // closed by read, or there is none
		t.Errorf("Do = %v after %d connections; want ErrUnreachable after one", err, w.dials.Load())
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(make([]byte, 1000)) })
	ask := func(opt wire.Options, n int) (err error) {
		d := w.door(t, opt)
		for range n {
			var resp *http.Response
			if resp, err = d.Do(request(t, "GET", list)); err != nil {
				return err
			}
			if _, err = io.Copy(io.Discard, resp.Body); err != nil {
				return err
			}
			resp.Body.Close()
		}
		return nil
	}
	tests := []struct {
		name   string
		budget wire.Budget
		n      int
		want   error
	}{
		{"none", wire.Budget{}, 5, nil},
		{"requests", wire.Budget{Requests: 3}, 3, nil},
		{"too_many_requests", wire.Budget{Requests: 3}, 4, wire.ErrBudget},
		{"too_many_bytes", wire.Budget{Bytes: 2500}, 4, wire.ErrBudget},
		{"too_late", wire.Budget{Until: time.Now().Add(-time.Second)}, 1, wire.ErrBudget},
	}
	for _, tt := range tests {
		if err := ask(wire.Options{Budget: tt.budget}, tt.n); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v; want %v", tt.name, err, tt.want)
		}
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	n := 0
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		if n++; n == 1 {
			rw.Header().Set("x-ms-error-code", "ServerBusy")
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(rw, "body")
	})
	var out bytes.Buffer
	d := w.door(t, wire.Options{Run: "r", Record: &out})
	d = d.Signed(func(r *http.Request) error {
		r.Header.Set("Authorization", "SharedKey contoso:c2VjcmV0")
		return nil
	})
	resp, err := d.Do(request(t, "GET", list+"&prefix=a&sv=2020-08-04&sig=c2VjcmV0"))
	if err != nil {
		t.Fatal(err)
	}
	read(t, resp)
	if strings.Contains(out.String(), "c2VjcmV0") {
		t.Errorf("the record holds a secret: %s", out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("record of %d lines; want 2:\n%s", len(lines), out.String())
	}
	var got [2]struct {
		ID, Method, Host, Target, Code string
		Status, Try                    int
		Bytes                          int64
	}
	for i, l := range lines {
		if err := json.Unmarshal([]byte(l), &got[i]); err != nil {
			t.Fatal(err)
		}
	}
	if got[0].Status != 503 || got[0].Code != "ServerBusy" || got[1].Try != 2 || got[1].Bytes != 4 || got[1].ID != "overgrant-r-2" ||
		got[1].Target != "/c?restype=container&comp=list&prefix=…&sv=2020-08-04&sig=…" || got[1].Host != account+":443" {
		t.Errorf("record = %+v", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestWithoutARecordNothingLeaves(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) {})
	d := w.door(t, wire.Options{Record: full{}})
	resp, err := d.Do(request(t, "GET", list))
	if err != nil {
		t.Fatal(err)
	}
	read(t, resp)
	if _, err := d.Do(request(t, "GET", list)); !errors.Is(err, wire.ErrRecord) || w.asked.Load() != 1 { //nolint:bodyclose // closed by read, or there is none
		t.Errorf("Do = %v; want ErrRecord", err)
	}
}

func TestBodiesAreSentAgain(t *testing.T) {
	t.Parallel()
	n := 0
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if string(raw) != "x" || r.ContentLength != 1 {
			t.Errorf("body %q, length %d", raw, r.ContentLength)
		}
		if n++; n < 3 {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		rw.WriteHeader(http.StatusNotFound)
	})
	d := w.door(t, wire.Options{Probes: wire.Probes{Writes: true}})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://"+account+"/c/"+wire.ProbeName()+"?comp=appendblock", strings.NewReader("x"))
	resp, err := d.Do(req)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Fatalf("Do = %v, %v", resp, err)
	}
	read(t, resp)
}

func TestEmptyPutsSayTheirLength(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Length") != "0" || len(r.TransferEncoding) > 0 {
			t.Errorf("length %q", r.Header.Get("Content-Length"))
		}
		rw.WriteHeader(http.StatusPreconditionFailed)
	})
	d := w.door(t, wire.Options{Probes: wire.Probes{Conditional: true}})
	resp, err := d.Do(request(t, "PUT", "https://"+account+"/c/b", "If-Match", `"0x0"`, "x-ms-blob-type", "BlockBlob"))
	if err != nil || resp.StatusCode != http.StatusPreconditionFailed {
		t.Fatalf("Do = %v, %v", resp, err)
	}
	read(t, resp)
}

func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	d := w.door(t, wire.Options{Probes: everything})
	for _, req := range []*http.Request{
		request(t, "GET", list+"&sig=c2VjcmV0"),
		request(t, "GET", list+"&sig=c2VjcmV0;"),
		request(t, "GET", list+"&sig=c2VjcmV0&sig=c2VjcmV0"),
		request(t, "PUT", list+"&sig=c2VjcmV0"),
		request(t, "GET", list, "X-C2VjcmV0-C2VjcmV0-C2VjcmV0-C2VjcmV0-C2VjcmV0", "c2VjcmV0"),
		request(t, "GET", "https://c2VjcmV0@"+account+"/?comp=list"),
	} {
		if _, err := d.Do(req); err == nil || strings.Contains(strings.ToLower(err.Error()), "c2vjcmv0") { //nolint:bodyclose // closed by read, or there is none
			t.Errorf("Do = %v; want an error without the secret", err)
		}
	}
}

func TestAnswersWithoutABodyHoldNothing(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) {})
	d := w.door(t, wire.Options{PerHost: 1})
	for range 3 {
		if _, err := d.Do(request(t, "HEAD", "https://"+account+"/c/b")); err != nil { //nolint:bodyclose // what is tested
			t.Fatal(err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 10 {
		case 0:
			rw.WriteHeader(http.StatusServiceUnavailable)
		case 5:
			rw.Header().Set("Content-Length", "100")
			panic(http.ErrAbortHandler)
		default:
			_, _ = rw.Write(make([]byte, 10_000))
		}
	})
	var out bytes.Buffer
	c := w.client(t, wire.Options{Tries: 20, Record: &out})
	d := bind(t, c, account)
	done := make(chan error)
	for range 20 {
		go func() {
			for range 20 {
				resp, err := d.Do(request(t, "GET", list))
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s := c.Spent()
	if s.Requests != w.asked.Load() || s.Bytes < 400*10_000 || s.Throttled == 0 || s.Retries != s.Requests-400 {
		t.Errorf("Spent = %+v; the server was asked %d times", s, w.asked.Load())
	}
}

func TestCheckHost(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{"localhost", "127.0.0.1:10000", "[::1]:10000", "Data.Example."} {
		if err := wire.CheckHost(ok); err != nil {
			t.Errorf("CheckHost(%q) = %v", ok, err)
		}
	}
	for _, bad := range []string{"", "http://localhost", "a/b", "a:b", "a:0", "ä.example", "a b", "[fe80::1%eth0]:1"} {
		if err := wire.CheckHost(bad); err == nil {
			t.Errorf("CheckHost(%q) passed", bad)
		}
	}
}
