// Package generate writes logs of storage accounts that never were, together
// with the truth about them: which tokens were used, by whom, how often. The
// same seed gives the same logs. Its secrets are made up as it goes and open
// nothing.
package generate

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"
)

// Options says what is generated. The zero value is 200 tokens of 3 accounts in
// 10,000 requests over 30 days.
type Options struct {
	Seed     uint64
	Tokens   int
	Accounts int
	Requests int
	Days     int
	Start    time.Time // of the first request; zero is 2026-01-01
}

// Logs is a made-up history of requests.
type Logs struct {
	Tokens   []*Token
	accounts []account
	opt      Options
}

// account is a made-up storage account with its two keys.
type account struct {
	name string
	keys [2][]byte
}

// Token is a made-up way to use an account, and the truth about its use once
// Records has been run through.
type Token struct {
	Kind    string // account_sas, service_sas, policy_sas, user_delegation_sas, account_key, oauth, anonymous
	Account string
	Service string
	Link    string // whole, with its signature; empty for what is no signature
	Key     string // key1, key2, user-delegation
	KeyHash string // SHA-256 of the decoded key, hex
	Sign    string // hash by which the service logs the signature, hex
	Sp      string

	Requests, Failed, BytesOut, BytesIn int64
	Operations                          map[string]int64
	Callers, Agents                     map[string]bool
	First, Last                         time.Time

	query  string // with the signature
	path   string // what the signature is for, with a leading slash
	object bool   // path is an object
	app    string
	weight int
}

// New makes up accounts and tokens. Records makes up their use.
func New(opt Options) *Logs {
	opt.Tokens = orElse(opt.Tokens, 200)
	opt.Accounts = orElse(opt.Accounts, 3)
	opt.Requests = orElse(opt.Requests, 10_000)
	opt.Days = orElse(opt.Days, 30)
	if opt.Start.IsZero() {
		opt.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	l := &Logs{opt: opt}
	r := rand.New(rand.NewPCG(opt.Seed, 1)) //nolint:gosec // the same seed has to give the same logs
	for i := range opt.Accounts {
		a := account{name: fmt.Sprintf("madeup%dacct", i)}
		for k := range a.keys {
			a.keys[k] = random(r, 64)
		}
		l.accounts = append(l.accounts, a)
	}
	for i := range opt.Tokens {
		l.Tokens = append(l.Tokens, l.token(r, i))
	}
	return l
}

func orElse(n, other int) int {
	if n > 0 {
		return n
	}
	return other
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// token makes up one token. Every kind occurs.
func (l *Logs) token(r *rand.Rand, i int) *Token {
	a := l.accounts[r.IntN(len(l.accounts))]
	n := r.IntN(2)
	key := sha256.Sum256(a.keys[n])
	t := &Token{
		Account: a.name, Service: "blob", Key: fmt.Sprintf("key%d", n+1), KeyHash: hex.EncodeToString(key[:]),
		Operations: map[string]int64{}, Callers: map[string]bool{}, Agents: map[string]bool{}, weight: 1 + r.IntN(20),
	}
	start := l.opt.Start.AddDate(0, 0, -r.IntN(300))
	st, se := start.Format(time.RFC3339), start.AddDate(0, 0, 1+r.IntN(4000)).Format(time.RFC3339)
	container := fmt.Sprintf("box-%d", i)
	t.Sp = pick(r, "r", "rl", "rwdl", "racwdl", "rwdlac")
	switch i % 10 {
	case 0, 1, 2:
		t.Kind, t.query = "account_sas", fmt.Sprintf("sv=2022-11-02&ss=%s&srt=%s&sp=%s&se=%s&st=%s&spr=%s", pick(r, "b", "bf", "bfqt"), pick(r, "o", "co", "sco"), t.Sp, se, st, pick(r, "https", "https,http"))
		t.path = "/" + container
	case 3, 4:
		t.Kind, t.path = "service_sas", "/"+container
		t.query = fmt.Sprintf("sp=%s&st=%s&se=%s&sv=2021-06-08&sr=c", t.Sp, st, se)
	case 5:
		t.Kind, t.path, t.object = "service_sas", fmt.Sprintf("/%s/folder/file %d.bin", container, i), true
		t.Sp = "r"
		t.query = fmt.Sprintf("sp=r&st=%s&se=%s&spr=https&sv=2021-06-08&sr=b", st, se)
	case 6:
		t.Kind, t.path = "policy_sas", "/"+container
		t.query = fmt.Sprintf("sv=2020-08-04&si=policy-%d&sr=c", i)
	case 7:
		t.Kind, t.Key, t.path = "user_delegation_sas", "user-delegation", "/"+container
		delegated := sha256.Sum256(random(r, 32))
		t.KeyHash = hex.EncodeToString(delegated[:])
		t.query = fmt.Sprintf("sp=%s&st=%s&se=%s&skoid=%s&sktid=%s&skt=%s&ske=%s&sks=b&skv=2022-11-02&spr=https&sv=2022-11-02&sr=c", t.Sp, st, se, guid(r), guid(r), st, se)
	case 8:
		t.Kind, t.path = "account_key", "/"+container
	default:
		t.Kind, t.app, t.path = pick(r, "oauth", "anonymous"), guid(r), "/"+container
		t.Key, t.KeyHash = "", ""
	}
	if t.query != "" {
		sig := base64.StdEncoding.EncodeToString(random(r, 32))
		sign := sha256.Sum256([]byte(sig))
		t.Sign = hex.EncodeToString(sign[:])
		t.query = strings.ReplaceAll(t.query, ":", "%3A") + "&sig=" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(sig)
		t.Link = "https://" + a.name + ".blob.core.windows.net" + strings.ReplaceAll(t.path, " ", "%20") + "?" + t.query
	}
	return t
}

func guid(r *rand.Rand) string {
	b := random(r, 16)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Records yields the requests, in order of time, and counts them into the truth
// of their tokens. Run through it once.
func (l *Logs) Records() iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		r := rand.New(rand.NewPCG(l.opt.Seed, 2)) //nolint:gosec // as above
		var wheel []*Token
		for _, t := range l.Tokens {
			for range t.weight {
				wheel = append(wheel, t)
			}
		}
		step := time.Duration(l.opt.Days) * 24 * time.Hour / time.Duration(l.opt.Requests)
		for i := range l.opt.Requests {
			t := wheel[r.IntN(len(wheel))]
			if i < len(l.Tokens) {
				t = l.Tokens[i]
			}
			at := l.opt.Start.Add(time.Duration(i) * step).Add(time.Duration(r.IntN(1000)) * time.Microsecond).Truncate(100 * time.Nanosecond)
			rec := t.request(r, at)
			t.learn(rec)
			if !yield(rec) {
				return
			}
		}
	}
}

// learn counts a request into the truth.
func (t *Token) learn(r *Record) {
	t.Requests++
	if r.Code >= 400 {
		t.Failed++
	}
	t.BytesOut += r.Out
	t.BytesIn += r.In
	t.Operations[r.Operation]++
	t.Callers[r.Caller] = true
	t.Agents[r.Agent] = true
	if t.First.IsZero() {
		t.First = r.Time
	}
	t.Last = r.Time
}
