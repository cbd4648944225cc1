package azure

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/wire"
)

// question is one request of a proof.
type question struct {
	asked string // what for, in words
	request
	action string // that an answer grants or refuses; empty if it is none of the link's
	public bool   // containers that are public answer it to everybody
	blurs  bool   // that something is not there may be told before the rights are looked at
}

// finding is what came of a question.
type finding struct {
	reply
	meaning
	header http.Header
	body   []byte // at most maxReply of it
}

// maxReply bounds what is read of an answer, in bytes. Lists are asked for one
// line.
const maxReply = 256 << 10

// said names a question that was asked, so that it is not asked again.
type said struct {
	as    *reach
	asked string
	plain bool
}

// put asks a question as the bearer of a link, notes the answer and returns it.
// What was answered before is not asked again.
func (p *prover) put(ctx context.Context, as *reach, q question) finding {
	once := said{as, q.asked, q.plain}
	if a, ok := p.answered[once]; ok {
		return a
	}
	a := p.send(ctx, as, q)
	if a.status > 0 {
		p.answered[once] = a
	}
	return a
}

// send asks a question. Where the answer has no room for its reason, it asks
// once more for it.
func (p *prover) send(ctx context.Context, as *reach, q question) finding {
	a := finding{reply: reply{service: strings.TrimSuffix(q.service, second)}}
	resp, err := as.do(ctx, q.request)
	if err != nil {
		a.meaning = readError(err, &a.reply)
		p.missing[q.service] = a.cause == overgrant.CauseAccountGone
	} else {
		a.take(resp)
		p.learn(resp)
		a.meaning = p.meaningOf(q, &a)
	}
	p.note(as, q, &a)
	if q.method == http.MethodHead && a.detail == "" && (a.sense == turned || a.status >= 400 && a.code == "") {
		again := q
		again.method, again.header = http.MethodGet, firstByte()
		again.asked += ", again with the reason"
		return p.send(ctx, as, again)
	}
	return a
}

// take reads an answer, at most maxReply of it, and closes it.
func (a *finding) take(resp *http.Response) {
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if a.status < 300 {
		return
	}
	resp.Body = io.NopCloser(bytes.NewReader(a.body))
	a.code, _, a.detail = wire.ErrorBody(resp)
	if m := parameterName.FindSubmatch(a.body); m != nil && a.detail == "" {
		a.detail = string(m[1])
	}
}

var parameterName = regexp.MustCompile(`<QueryParameterName>([A-Za-z-]{1,32})</QueryParameterName>`)

// learn takes from any answer who gives it, and what time it is there.
func (p *prover) learn(resp *http.Response) {
	if strings.HasPrefix(resp.Header.Get("Server"), "Azurite") {
		p.emulator = true
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		p.clock, p.told = at, true
	}
}

// meaningOf reads an answer to a question.
func (p *prover) meaningOf(q question, a *finding) meaning {
	var m meaning
	switch {
	case !ofService(a.header):
		return meaning{silent, overgrant.CauseUnclear, "the answer is not one of the storage service"}
	case p.grant.Kind == anonymous || q.plain:
		return withoutCredential(a.reply)
	default:
		m = readReply(a.reply)
	}
	if m.sense == absent && q.blurs {
		return meaning{silent, overgrant.CauseUnclear, "nothing of that name is there; with directories the service may say so before it looks at the user's rights"}
	}
	return m
}

// ofService reports whether an answer has what those of the service have.
func ofService(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Ms-") {
			return true
		}
	}
	return false
}

// failures are what becomes of a request that gets no answer.
var failures = []struct {
	err error
	meaning
}{
	{wire.ErrGone, meaning{silent, overgrant.CauseAccountGone, "no host of that name exists"}},
	{wire.ErrThrottled, meaning{silent, overgrant.CauseThrottled, "the service is busy and did not look at the request"}},
	{wire.ErrForeign, meaning{silent, overgrant.CauseForeign, "not sent: the host is none that the link names"}},
	{wire.ErrPrivate, meaning{silent, overgrant.CauseForeign, "not sent: the host has a private address"}},
	{wire.ErrRedirect, meaning{silent, overgrant.CauseUnclear, "the request is sent elsewhere, where it was not followed"}},
	{wire.ErrRefused, meaning{silent, overgrant.CauseUnclear, "not sent: it is not among the requests that may leave"}},
	{wire.ErrBudget, meaning{silent, overgrant.CauseUnclear, "not sent: what may be spent is spent"}},
	{wire.ErrUnknown, meaning{silent, overgrant.CauseUnreachable, "the name is not found, and no other name of the cloud is either"}},
	{wire.ErrUnreachable, meaning{silent, overgrant.CauseUnreachable, "the host cannot be reached"}},
	{context.Canceled, meaning{silent, overgrant.CauseUnclear, "broken off"}},
	{context.DeadlineExceeded, meaning{silent, overgrant.CauseUnclear, "broken off"}},
	{errNoService, meaning{silent, overgrant.CauseForeign, "not sent: no host is known for the service"}},
}

// readError reads what became of a request that got no answer.
func readError(err error, r *reply) meaning {
	var busy *wire.ThrottledError
	if errors.As(err, &busy) {
		r.status, r.code = busy.Status, busy.Code
	}
	var redirect *wire.RedirectError
	if errors.As(err, &redirect) {
		r.status = redirect.Status
	}
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return f.meaning
		}
	}
	return meaning{silent, overgrant.CauseUnclear, "the answer makes no sense"}
}

// note writes down a request and what came of it.
func (p *prover) note(as *reach, q question, a *finding) {
	asked := q.asked
	switch {
	case q.plain && p.grant.Kind != anonymous:
		asked += ", without the link"
	case as == p.forged:
		asked += ", with a signature that is wrong on purpose"
	}
	n := overgrant.Answer{Asked: asked, Method: q.method, Status: a.status, Code: a.code, Shows: a.shows}
	if n.Method == "" {
		n.Method = http.MethodGet
	}
	if u, err := as.url(q.request, ""); err == nil {
		n.Host = u.Host
		n.Target = wire.Redact(&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery})
	}
	p.proof.Answers = append(p.proof.Answers, n)
}

// forger returns the same account with a signature that no key made: what it is
// told, everybody is told.
func (p *prover) forger() *reach {
	if p.forged != nil {
		return p.forged
	}
	a := *p.account
	f := &reach{account: &a, link: p.link, opt: p.opt, opened: p.opened, door: p.door.Signed(nil)}
	if a.key != nil {
		a.key = &sharedKey{account: a.key.account, key: overgrant.NewSecret(noise(64))}
		f.door = p.door.Signed(f.sign)
	} else {
		a.token = overgrant.NewSecret(forge(a.token.Reveal()))
	}
	p.forged = f
	return f
}

// forge puts noise where the signature is.
func forge(token string) string {
	parts := strings.Split(token, "&")
	for i, part := range parts {
		if strings.HasPrefix(part, "sig=") {
			parts[i] = "sig=" + url.QueryEscape(noise(32))
		}
	}
	return strings.Join(parts, "&")
}

// noise returns random bytes in base64.
func noise(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b) // it never fails
	return base64.StdEncoding.EncodeToString(b)
}

// firstByte asks for as little of an object as can be asked for.
func firstByte() http.Header { return http.Header{"Range": {"bytes=0-0"}} }

// outOfTime tells a link that is over from one that has not begun, by what the
// service says of its own clock, else by what the link says.
func (p *prover) outOfTime(detail string) overgrant.Cause {
	if m := timeFrame.FindStringSubmatch(detail); m != nil {
		start, err1 := http.ParseTime(m[1])
		now, err2 := http.ParseTime(m[3])
		if err1 == nil && err2 == nil && now.Before(start) {
			return overgrant.CauseNotYet
		}
		return overgrant.CauseExpired
	}
	if end := p.grant.End(); p.grant.Start.After(p.clock) && (end.IsZero() || end.After(p.clock)) {
		return overgrant.CauseNotYet
	}
	return overgrant.CauseExpired
}

var timeFrame = regexp.MustCompile(`Start \[([^\]]*)\] - Expiry \[([^\]]*)\] - Current \[([^\]]*)\]`)

// day writes a moment for people.
func day(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
