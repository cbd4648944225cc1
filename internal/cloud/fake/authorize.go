package fake

import (
	"bytes"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// authorize says why a request is refused; nil if it is not. The order of the
// questions is that of the emulator: signature, time, address, protocol,
// service, resource type, permission.
func (s *Server) authorize(q *Request) *Denial {
	d := s.authentic(q)
	if d == nil && s.opt.Deny != nil {
		d = s.opt.Deny
	}
	return d
}

func (s *Server) authentic(q *Request) *Denial {
	sig := q.Query.Get("sig")
	switch {
	case s.opt.Token != "":
		if sig != s.opt.Token {
			return &SignatureMismatch
		}
		return nil
	case len(s.opt.Keys) == 0 && s.opt.Delegation == nil:
		return nil
	case sig == "" && q.Header.Get("Authorization") == "":
		return s.anonymous(q)
	case sig == "":
		return s.sharedKey(q)
	}
	return s.signature(q)
}

// anonymous lets in whom public access lets in.
func (s *Server) anonymous(q *Request) *Denial {
	c := s.containers[q.top()]
	op := operationOf(q)
	if q.Service != "blob" || c == nil || !q.reads() || op.types == "s" {
		return &NoSuchResource
	}
	if c.Public == "container" && op.anonymous || c.Public == "blob" && op.types == "o" {
		return nil
	}
	return &NoSuchResource
}

// sharedKey checks a request that the account key signs.
func (s *Server) sharedKey(q *Request) *Denial {
	scheme, rest, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	account, sig, _ := strings.Cut(rest, ":")
	if account != s.opt.Account {
		return &SignatureMismatch
	}
	text := q.sharedKeyText(scheme, account)
	for _, key := range s.opt.Keys {
		if mac(key, text) == sig {
			return nil
		}
	}
	d := unauthentic("The MAC signature found in the HTTP request '...' is not the same as any computed signature. Server used following string to sign: '" + text + "'.")
	return &d
}

// sharedKeyText is what the account key signs.
//
// Source: Azure Storage REST reference, "Authorize with Shared Key".
func (q *Request) sharedKeyText(scheme, account string) string {
	h := q.Header
	var text strings.Builder
	path := "/" + account + q.escaped
	if q.Service == "table" {
		if comp := q.Query.Get("comp"); comp != "" {
			path += "?comp=" + comp
		}
		date := h.Get("X-Ms-Date")
		if date == "" {
			date = h.Get("Date")
		}
		if scheme == "SharedKeyLite" {
			return date + "\n" + path
		}
		return q.Method + "\n" + h.Get("Content-Md5") + "\n" + h.Get("Content-Type") + "\n" + date + "\n" + path
	}
	length := ""
	if q.length > 0 {
		length = fmt.Sprint(q.length)
	}
	for _, part := range []string{q.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length, h.Get("Content-Md5"), h.Get("Content-Type"),
		h.Get("Date"), h.Get("If-Modified-Since"), h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Unmodified-Since"), h.Get("Range")} {
		text.WriteString(part + "\n")
	}
	var lines []string
	for name := range h {
		if strings.HasPrefix(name, "X-Ms-") {
			lines = append(lines, strings.ToLower(name)+":"+h.Get(name)+"\n")
		}
	}
	slices.Sort(lines)
	text.WriteString(strings.Join(lines, "") + path)
	lines = lines[:0]
	for name, values := range q.Query {
		lines = append(lines, "\n"+strings.ToLower(name)+":"+strings.Join(values, ","))
	}
	slices.Sort(lines)
	text.WriteString(strings.Join(lines, ""))
	return text.String()
}

// signature checks a link.
func (s *Server) signature(q *Request) *Denial {
	p := q.Query
	keys := s.opt.Keys
	if p.Get("skoid") != "" {
		keys = nil
		if d := s.opt.Delegation; d != nil && p.Get("skoid") == d.Object && p.Get("ske") == d.Expiry {
			keys = []string{d.Key}
		}
	}
	text := stringToSign(s.opt.Account, q.Service, q.Path, p)
	if !slices.ContainsFunc(keys, func(key string) bool { return mac(key, text) == p.Get("sig") }) {
		d := unauthentic("Signature did not match. String to sign used was " + text)
		return &d
	}
	start, expiry, permissions, denied := s.terms(q)
	if denied != nil {
		return denied
	}
	if denied := s.inTime(start, expiry); denied != nil {
		return denied
	}
	if d := s.opt.Delegation; d != nil && p.Get("skoid") != "" {
		if denied := s.inTime(d.Start, d.Expiry); denied != nil {
			return denied
		}
	}
	return s.covers(q, permissions)
}

// terms returns what link and stored policy say together.
func (s *Server) terms(q *Request) (start, expiry, permissions string, denied *Denial) {
	p := q.Query
	start, expiry, permissions = p.Get("st"), p.Get("se"), p.Get("sp")
	if p.Get("si") == "" {
		return start, expiry, permissions, nil
	}
	container := q.top()
	if q.Service == "table" {
		container = p.Get("tn")
	}
	for _, policy := range s.opt.Policies {
		if policy.ID != p.Get("si") || policy.Container != container || policy.Service != q.Service && !(policy.Service == "blob" && q.Service == "dfs") {
			continue
		}
		if policy.Expiry != "" && expiry != "" || policy.Permissions != "" && permissions != "" || policy.Start != "" && start != "" {
			return "", "", "", &Malformed
		}
		return start + policy.Start, expiry + policy.Expiry, permissions + policy.Permissions, nil
	}
	return "", "", "", &PolicyGone
}

// inTime compares with the clock.
func (s *Server) inTime(start, expiry string) *Denial {
	now := s.opt.Now().UTC()
	from, ok1 := readTime(start)
	until, ok2 := readTime(expiry)
	if !ok1 || !ok2 || expiry == "" {
		return &Malformed
	}
	if now.After(until) || now.Before(from) {
		d := unauthentic(fmt.Sprintf("Signature not valid in the specified time frame: Start [%s] - Expiry [%s] - Current [%s]",
			from.Format(http.TimeFormat), until.Format(http.TimeFormat), now.Format(http.TimeFormat)))
		return &d
	}
	return nil
}

// readTime reads the forms of time that links have; empty is the zero time.
func readTime(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	for _, form := range []string{"2006-01-02", "2006-01-02T15:04Z", time.RFC3339Nano} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// covers asks whether the link is good for this request, from where it comes.
func (s *Server) covers(q *Request, permissions string) *Denial {
	p := q.Query
	op := operationOf(q)
	client := s.opt.Client
	if !client.IsValid() {
		remote, _ := netip.ParseAddrPort(q.Remote)
		client = remote.Addr()
	}
	switch {
	case !inRange(client, p.Get("sip")):
		d := IPMismatch
		d.Message = "This request is not authorized to perform this operation using this source IP " + client.String() + "."
		return &d
	case p.Get("spr") == "https" && !q.Secure:
		return &ProtocolMismatch
	case p.Get("ss") != "" && !strings.Contains(p.Get("ss"), serviceLetter(q.Service)):
		return &ServiceMismatch
	case op.any:
		return nil
	case op.never || p.Get("srt") == "" && op.types == "s":
		return &Firewall
	case p.Get("srt") != "" && !strings.Contains(p.Get("srt"), op.types):
		return &ResourceTypeMismatch
	case !strings.ContainsAny(permissions, op.letters):
		return &PermissionMismatch
	}
	return nil
}

func serviceLetter(service string) string {
	if service == "dfs" {
		return "b"
	}
	return service[:1]
}

// inRange reports whether a is the address, or in the range, that sip gives.
func inRange(a netip.Addr, sip string) bool {
	if sip == "" {
		return true
	}
	first, last, two := strings.Cut(sip, "-")
	lo, err1 := netip.ParseAddr(first)
	hi := lo
	var err2 error
	if two {
		hi, err2 = netip.ParseAddr(last)
	}
	if err1 != nil || err2 != nil {
		return false
	}
	raw := a.Unmap().AsSlice()
	return len(raw) == len(lo.AsSlice()) && bytes.Compare(raw, lo.AsSlice()) >= 0 && bytes.Compare(raw, hi.AsSlice()) <= 0
}
