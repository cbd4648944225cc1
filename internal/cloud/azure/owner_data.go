package azure

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
)

// mode is with what right the account's hosts are asked.
type mode int

const (
	byToken mode = iota + 1
	byKey
)

// storageScope is what a token for the account's hosts is for, in every cloud.
//
// Source: "Authorize access to blobs using Microsoft Entra ID".
const storageScope = "https://storage.azure.com/.default"

// maxOwnerAnswer bounds an answer that is read whole, in bytes. A page of five
// thousand containers has some two million.
const maxOwnerAnswer = 16 << 20

// command is a request to one of the account's services.
type command struct {
	method  string // empty for GET
	service string
	path    string // escaped, below the account
	query   string
	header  http.Header
	body    []byte
	right   string // what the login must be allowed
	only    mode   // 0 for either
}

// got is an answer, read whole.
type got struct {
	header http.Header
	body   []byte
}

// call sends a request with the login, and where that may not do it with an
// account key. An answer that is no success is an error.
func (o *owner) call(ctx context.Context, q command) (got, error) {
	ways := o.ways(q)
	if len(ways) == 0 {
		return got{}, fmt.Errorf("ask the %s service: %w; a login is shown to storage services over https only", q.service, cloud.ErrNotOurs)
	}
	var first error
	for _, how := range ways {
		r, err := o.callBy(ctx, q, how)
		if err == nil {
			o.mu.Lock()
			o.how[q.service] = how
			o.mu.Unlock()
			return r, nil
		}
		if first == nil {
			first = err
		}
		if !refuses(err) {
			return got{}, err
		}
	}
	if err := o.checkClock(); err != nil {
		return got{}, err
	}
	return got{}, first
}

// ways returns how a request may be sent, the first choice first: what was taken
// last, else a key that was given, else the login.
func (o *owner) ways(q command) []mode {
	var ways []mode
	token := o.credential != nil && o.door.TakesTokens(o.ends[q.service].scheme, o.ends[q.service].host)
	key := len(o.opt.Keys) > 0 || o.arm != nil
	switch {
	case q.only == byToken && token, q.only == 0 && token && !key:
		ways = []mode{byToken}
	case q.only == byToken:
	case key && !token:
		ways = []mode{byKey}
	case key && len(o.opt.Keys) > 0:
		ways = []mode{byKey, byToken}
	case key:
		ways = []mode{byToken, byKey}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if last := o.how[q.service]; len(ways) == 2 && last == ways[1] {
		ways[0], ways[1] = ways[1], ways[0]
	}
	return ways
}

// refuses reports whether an answer says that another right may do.
func refuses(err error) bool {
	s := statusOf(err)
	return s == http.StatusUnauthorized || s == http.StatusForbidden
}

// callBy sends a request with one right.
func (o *owner) callBy(ctx context.Context, q command, how mode) (got, error) {
	if how == byToken {
		token, err := o.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{storageScope}})
		if err != nil {
			return got{}, loginError(err)
		}
		return o.send(ctx, q, func(req *http.Request) error {
			req.Header.Set("X-Ms-Date", o.opt.Now().UTC().Format(http.TimeFormat))
			req.Header.Set("Authorization", "Bearer "+token.Token)
			return nil
		})
	}
	keys, err := o.known(ctx)
	if err != nil {
		return got{}, err
	}
	r, err := o.callWith(ctx, q, keys)
	if err == nil || !stale(err) || len(o.opt.Keys) > 0 {
		return r, err
	}
	if keys, err = o.readAnew(ctx); err != nil { // somebody else rotated them
		return got{}, err
	}
	return o.callWith(ctx, q, keys)
}

// callWith sends a request with the first of some keys that is taken.
func (o *owner) callWith(ctx context.Context, q command, keys []armKey) (r got, err error) {
	for _, k := range keys {
		if r, err = o.send(ctx, q, o.keySigner(q.service, k.secret)); err == nil || !stale(err) {
			return r, err
		}
	}
	return r, err
}

// stale reports whether a key may be one that was rotated.
func stale(err error) bool {
	code := codeIn(err)
	return code == "AuthenticationFailed" || code == "AuthorizationFailure"
}

// keySigner signs a request with an account key.
func (o *owner) keySigner(service string, key overgrant.Secret) wire.Signer {
	k := sharedKey{account: o.name, key: key}
	return func(req *http.Request) error {
		if req.ContentLength > 0 {
			req.Header.Set("Content-Length", fmt.Sprint(req.ContentLength))
		}
		k.sign(req.Method, service, req.URL, req.Header, o.opt.Now())
		return nil
	}
}

// send sends a request and reads its answer.
func (o *owner) send(ctx context.Context, q command, sign wire.Signer) (got, error) {
	e, ok := o.ends[q.service]
	if !ok {
		return got{}, fmt.Errorf("ask the %s service: %w", q.service, errNoService)
	}
	req := (&http.Request{Method: cmp.Or(q.method, http.MethodGet), URL: e.at(cmp.Or(q.path, "/"), q.query), Header: q.header.Clone()}).WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("X-Ms-Version", ownerVersions[q.service])
	if q.service == tables {
		req.Header.Set("Accept", acceptTables(q.path))
	}
	if len(q.body) > 0 {
		req.Header.Set("Content-Type", "application/xml")
		req.Body = io.NopCloser(bytes.NewReader(q.body))
	}
	resp, err := o.door.Signed(sign).Do(req)
	if err != nil {
		return got{}, err
	}
	o.heardAt(resp.Header)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		f := &failure{status: resp.StatusCode}
		f.code, f.message, f.detail = wire.ErrorBody(resp)
		return got{}, o.refusal(f, q)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxOwnerAnswer+1))
	if err != nil {
		return got{}, err
	}
	if len(body) > maxOwnerAnswer {
		return got{}, fmt.Errorf("ask the %s service: an answer of more than %d bytes", q.service, maxOwnerAnswer)
	}
	return got{resp.Header, bytes.TrimPrefix(body, []byte("\uFEFF"))}, nil
}

func acceptTables(path string) string {
	if path == "/Tables" {
		return "application/json;odata=nometadata"
	}
	return "application/xml"
}

// ownerVersions are those of each service that an owner's requests are made for.
var ownerVersions = map[string]string{
	blobs: signVersion, files: "2021-12-02", queues: "2021-12-02", tables: "2021-12-02",
}

// denied is a refusal of a service with what the login lacks.
type denied struct {
	*failure
	lacks error
}

// Unwrap returns both.
func (d *denied) Unwrap() []error { return []error{d.failure, d.lacks} }

// Error says what is missing.
func (d *denied) Error() string { return d.failure.Error() + ": " + d.lacks.Error() }

// refusal gives a refusal its meaning.
//
// Source: Azure Storage REST reference, "Common REST API error codes".
func (o *owner) refusal(f *failure, q command) error {
	switch {
	case f.code == "KeyBasedAuthenticationNotPermitted":
		return &denied{f, fmt.Errorf("%w: the account takes no keys; use a login that may %s", cloud.ErrNoRights, q.right)}
	case strings.Contains(f.message+f.detail, "date header") || strings.Contains(f.message+f.detail, "Date header"):
		return &denied{f, cloud.ErrClockSkew}
	case f.code == "AuthorizationPermissionMismatch" || f.code == "InsufficientAccountPermissions":
		return &denied{f, noRights(q.right, "account "+o.name)}
	case f.status == http.StatusUnauthorized || f.status == http.StatusForbidden:
		return &denied{f, fmt.Errorf("%w: neither the login nor the key is taken, or a firewall is in the way", cloud.ErrNoRights)}
	}
	return f
}

// codeIn returns the code of an answer that err tells of.
func codeIn(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.code
	}
	return ""
}
