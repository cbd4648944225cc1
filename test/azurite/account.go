package azurite

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// version is the newest version of the service that the emulator knows.
const version = "2026-06-06"

// Account is one account of an emulator. Its methods may be called by several
// goroutines at once, except while RotateKey or Rotate runs.
type Account struct {
	Name   string
	server *Server
	keys   [2]string // base64
}

func newAccount(s *Server) *Account {
	var name [8]byte
	rand.Read(name[:])
	return &Account{Name: "og" + hex.EncodeToString(name[:]), server: s, keys: [2]string{NewKey(), NewKey()}}
}

// Server returns the emulator that the account is on.
func (a *Account) Server() *Server { return a.server }

// Key returns key 1 or 2 in base64.
func (a *Account) Key(n int) string { return a.keys[n-1] }

// URL returns the address of the account on a service: blob, queue, table or
// secure. It has no slash at its end.
func (a *Account) URL(service string) string {
	scheme := "http"
	if strings.HasPrefix(service, "secure") {
		scheme = "https"
	}
	return scheme + "://" + a.server.Host(service) + "/" + a.Name
}

// ConnectionString returns a connection string with key 1 or 2.
func (a *Account) ConnectionString(n int) string {
	return "DefaultEndpointsProtocol=http;AccountName=" + a.Name + ";AccountKey=" + a.Key(n) +
		";BlobEndpoint=" + a.URL("blob") + ";QueueEndpoint=" + a.URL("queue") + ";TableEndpoint=" + a.URL("table") + ";"
}

// RotateKey replaces key 1 or 2 by a new one. When it returns, every service
// refuses what the old one signed.
func (a *Account) RotateKey(t testing.TB, n int) {
	t.Helper()
	if _, err := a.Rotate(n); err != nil {
		t.Fatal(err)
	}
}

// Rotate is RotateKey for a program that is no test. It returns the new key.
func (a *Account) Rotate(n int) (string, error) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.keys[n-1] = NewKey()
	if err := a.server.say(map[string]string{"accounts": a.server.accountList()}, &struct{}{}); err != nil {
		return "", fmt.Errorf("rotate key %d: %w", n, err)
	}
	return a.keys[n-1], nil
}

// call is a request that the account's own key signs.
type call struct {
	method, service string
	path            string // below the account, escaped, with its slash
	query           url.Values
	header          map[string]string
	body            []byte
}

// do sends a call and returns the body of the answer.
func (a *Account) do(ctx context.Context, c call) ([]byte, http.Header, error) {
	address := a.URL(c.service) + c.path
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, c.method, address, bytes.NewReader(c.body))
	if err != nil {
		return nil, nil, err
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	a.sign(req, c)
	resp, err := a.server.Client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, nil, fmt.Errorf("%s %s%s: %s: %s", c.method, c.service, c.path, resp.Status, body)
	}
	return body, resp.Header, nil
}

// sign adds the date, the version and the Shared Key signature, for tables the
// Lite one.
//
// Source: Azure Storage REST reference, "Authorize with Shared Key".
func (a *Account) sign(req *http.Request, c call) {
	req.Header.Set("x-ms-date", time.Now().UTC().Format(http.TimeFormat))
	if req.Header.Get("x-ms-version") == "" {
		req.Header.Set("x-ms-version", version)
	}
	if c.service == "table" {
		req.Header.Set("x-ms-version", "2019-02-02")
		text := req.Header.Get("x-ms-date") + "\n/" + a.Name + req.URL.EscapedPath()
		if comp := c.query.Get("comp"); comp != "" {
			text += "?comp=" + comp
		}
		req.Header.Set("Authorization", "SharedKeyLite "+a.Name+":"+mac(a.keys[0], text))
		return
	}
	length := ""
	if len(c.body) > 0 {
		length = strconv.Itoa(len(c.body))
	}
	h := req.Header
	text := strings.Join([]string{req.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length, h.Get("Content-MD5"),
		h.Get("Content-Type"), "", h.Get("If-Modified-Since"), h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Unmodified-Since"), h.Get("Range")}, "\n") + "\n"
	text += canonicalHeaders(h) + "/" + a.Name + req.URL.EscapedPath() + canonicalQuery(c.query)
	req.Header.Set("Authorization", "SharedKey "+a.Name+":"+mac(a.keys[0], text))
}

func canonicalHeaders(h http.Header) string {
	var lines []string
	for name, values := range h {
		if low := strings.ToLower(name); strings.HasPrefix(low, "x-ms-") {
			lines = append(lines, low+":"+values[0]+"\n")
		}
	}
	slices.SortFunc(lines, func(x, y string) int {
		nx, _, _ := strings.Cut(x, ":")
		ny, _, _ := strings.Cut(y, ":")
		return cmp.Compare(nx, ny)
	})
	return strings.Join(lines, "")
}

func canonicalQuery(q url.Values) string {
	var lines []string
	for name, values := range q {
		lines = append(lines, "\n"+strings.ToLower(name)+":"+strings.Join(values, ","))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// mac returns the base64 of the HMAC-SHA256 of text under a key in base64.
func mac(key, text string) string {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		panic("azurite: a key that is no base64")
	}
	h := hmac.New(sha256.New, raw)
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
