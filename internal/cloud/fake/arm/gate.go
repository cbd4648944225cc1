package arm

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gate returns a handler that stands before a storage emulator and enforces the
// settings of one account that the emulator does not know: keys and what they
// signed refused, public access refused, signatures refused that last longer
// than the account's policy, delegation keys revoked, rights that the login
// lacks; and it lets tokens change policies of containers, which the emulator
// lets keys do alone. All else goes on to the
// emulator and comes back as it is. to is the emulator's address without the
// account, transport reaches it.
//
// The account stands first in the path. What a refused signature is told for
// being too long-lived, or signed with a revoked delegation key, is documented
// nowhere; a code that is is used, with words that fit.
func (s *Server) Gate(account string, to *url.URL, transport http.RoundTripper) http.Handler {
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = to.Scheme, to.Host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
			p.Out.Host = to.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		st := s.accounts[account]
		s.mu.Unlock()
		if first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); st == nil || first != account {
			refuse(w, http.StatusNotFound, "ResourceNotFound", "The specified resource does not exist.", "")
			return
		}
		if s.denies(w, r, st) {
			return
		}
		if r.Method == http.MethodPost && r.URL.Query().Get("comp") == "userdelegationkey" {
			if !s.fresh(r, st) {
				refuse(w, http.StatusBadRequest, "InvalidXmlDocument", "XML specified is not syntactically valid.", "")
				return
			}
		}
		if action := dataAction(r); strings.HasSuffix(action, "Acl/action") && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			if !s.mayAsk(r, Storage) {
				refuse(w, http.StatusUnauthorized, "InvalidAuthenticationInfo", unauthentic, "")
				return
			}
			s.sign(r, st)
		}
		proxy.ServeHTTP(w, r)
	})
}

// denies answers a request that the settings forbid.
func (s *Server) denies(w http.ResponseWriter, r *http.Request, st *state) bool {
	s.mu.Lock()
	a := st.Account
	s.mu.Unlock()
	q, authorization := r.URL.Query(), r.Header.Get("Authorization")
	signed, delegated := q.Get("sig") != "", q.Get("skoid") != ""
	byKey := signed && !delegated || strings.HasPrefix(authorization, "SharedKey")
	switch {
	case byKey && a.KeysOff:
		refuse(w, http.StatusForbidden, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.", "")
	case signed && !delegated && a.Action == "Block" && !short(q, a.Period):
		refuse(w, http.StatusForbidden, "AuthenticationFailed", unauthentic, "Sas policy on the account does not permit the signature: its validity is longer than the expiration period.")
	case delegated && s.revoked(q, st):
		refuse(w, http.StatusForbidden, "AuthenticationFailed", unauthentic, "Signature did not match. The user delegation key was revoked.")
	case strings.HasPrefix(authorization, "Bearer ") && s.lacks(dataAction(r)):
		refuse(w, http.StatusForbidden, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.", "")
	case !signed && authorization == "" && !a.Public && r.Method != http.MethodOptions:
		refuse(w, http.StatusConflict, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.", "")
	default:
		return false
	}
	return true
}

// sign signs a request with the account's first key in place of its token. The
// service takes tokens for the policies of containers, the emulator does not.
//
// Source: Azure Storage REST reference, "Authorize with Shared Key".
func (s *Server) sign(r *http.Request, st *state) {
	s.mu.Lock()
	key, _ := base64.StdEncoding.DecodeString(st.Keys[0])
	s.mu.Unlock()
	h := r.Header
	length := ""
	if r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	lines := []string{r.Method, "", "", length, "", h.Get("Content-Type"), "", h.Get("If-Modified-Since"), "", "", h.Get("If-Unmodified-Since"), ""}
	var own []string
	for name, values := range h {
		if low := strings.ToLower(name); strings.HasPrefix(low, "x-ms-") {
			own = append(own, low+":"+strings.Join(values, ","))
		}
	}
	slices.Sort(own)
	lines = append(append(lines, own...), "/"+st.Name+r.URL.EscapedPath())
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		lines = append(lines, strings.ToLower(name)+":"+strings.Join(query[name], ","))
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.Join(lines, "\n")))
	h.Set("Authorization", "SharedKey "+st.Name+":"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

// lacks reports whether a right was taken away.
func (s *Server) lacks(action string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.denied[strings.ToLower(action)]
}

// dataAction returns the right that a request of an owner to the blob service
// needs; empty for others.
//
// Source: Azure Storage REST reference, "Authorization" of each operation.
func dataAction(r *http.Request) string {
	const blobs = accountType + "/blobServices/"
	q := r.URL.Query()
	switch comp := q.Get("comp"); {
	case comp == "userdelegationkey":
		return blobs + "generateUserDelegationKey/action"
	case comp == "acl" && q.Get("restype") == "container" && r.Method == http.MethodPut:
		return blobs + "containers/setAcl/action"
	case comp == "acl" && q.Get("restype") == "container":
		return blobs + "containers/getAcl/action"
	case comp == "list" && q.Get("restype") == "":
		return blobs + "containers/read"
	}
	return ""
}

const unauthentic = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."

// short reports whether a signature lasts no longer than a period. One that is
// bound to a stored access policy and leaves its end to it says nothing of that.
//
// Source: "Configure an expiration policy for shared access signatures": one
// without a start is out of policy.
func short(q url.Values, period string) bool {
	if q.Get("si") != "" && q.Get("se") == "" {
		return true
	}
	from, ok1 := moment(q.Get("st"))
	until, ok2 := moment(q.Get("se"))
	return ok1 && ok2 && until.Sub(from) <= length(period)
}

func moment(text string) (time.Time, bool) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// length reads DD.HH:MM:SS.
func length(period string) time.Duration {
	var d, h, m, s time.Duration
	_, _ = fmt.Sscanf(period, "%d.%d:%d:%d", &d, &h, &m, &s)
	return d*24*time.Hour + h*time.Hour + m*time.Minute + s*time.Second
}

// revoked reports whether the delegation key of a signature was handed out
// before the last revocation.
func (s *Server) revoked(q url.Values, st *state) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return st.issued[q.Get("skt")+" "+q.Get("ske")] < st.generation
}

// keyInfo is the request for a delegation key.
type keyInfo struct {
	XMLName xml.Name `xml:"KeyInfo"`
	Start   string   `xml:"Start"`
	Expiry  string   `xml:"Expiry"`
}

// fresh notes a delegation key that is asked for. The emulator makes the same key
// for the same times: if one for them was revoked, later ones are asked for, a
// second at a time, so that what is revoked stays so.
func (s *Server) fresh(r *http.Request, st *state) bool {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 4<<10))
	var k keyInfo
	if err != nil || xml.Unmarshal(raw, &k) != nil {
		return false
	}
	s.mu.Lock()
	for {
		if made, known := st.issued[k.Start+" "+k.Expiry]; !known || made == st.generation {
			break
		}
		start, ok := moment(k.Start)
		if !ok {
			s.mu.Unlock()
			return false
		}
		k.Start = start.UTC().Add(time.Second).Format("2006-01-02T15:04:05Z")
	}
	st.issued[k.Start+" "+k.Expiry] = st.generation
	s.mu.Unlock()
	body, err := xml.Marshal(k)
	if err != nil {
		return false
	}
	body = append([]byte(xml.Header), body...)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return true
}

// refuse writes an error of the storage service.
func refuse(w http.ResponseWriter, status int, code, message, detail string) {
	body := xml.Header + "<Error><Code>" + code + "</Code><Message>" + message + "</Message>"
	if detail != "" {
		body += "<AuthenticationErrorDetail>" + detail + "</AuthenticationErrorDetail>"
	}
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("X-Ms-Error-Code", code)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body+"</Error>")
}
