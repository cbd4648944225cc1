package usage_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/usage"
	"github.com/overgrant/overgrant/internal/usage/generate"
)

// forms are the ways in which the generator writes logs.
var forms = map[string]func(*generate.Logs) []byte{
	"resource": func(l *generate.Logs) []byte {
		var b []byte
		for r := range l.Records() {
			b = append(r.AppendResource(b), '\n')
		}
		return b
	},
	"event_hub": func(l *generate.Logs) []byte {
		var b []byte
		n := 0
		for r := range l.Records() {
			if n%7 == 0 {
				b = append(b, `{"count":7,"records":[`...)
			} else {
				b = append(b, ",\n "...)
			}
			b = r.AppendResource(b)
			if n++; n%7 == 0 {
				b = append(b, "],\"last\":{\"x\":[1]}}\n"...)
			}
		}
		if n%7 != 0 {
			b = append(b, "]}"...)
		}
		return b
	},
	"analytics_csv": func(l *generate.Logs) []byte {
		b := generate.AppendCSV([]byte("\xef\xbb\xbf"), generate.Columns)
		for r := range l.Records() {
			b = generate.AppendCSV(b, r.Cells())
		}
		return b
	},
	"analytics_json": func(l *generate.Logs) []byte {
		b := []byte("[\n")
		for r := range l.Records() {
			if len(b) > 2 {
				b = append(b, ",\n"...)
			}
			b = r.AppendAnalytics(b)
		}
		return append(b, "]\n"...)
	},
	"analytics_query": func(l *generate.Logs) []byte {
		b := generate.QueryHead()
		first := true
		for r := range l.Records() {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = r.AppendRow(b)
		}
		return append(b, generate.QueryEnd...)
	},
	"classic_1.0": func(l *generate.Logs) []byte { return classic(l, "1.0") },
	"classic_2.0": func(l *generate.Logs) []byte { return classic(l, "2.0") },
}

func classic(l *generate.Logs, version string) []byte {
	var b []byte
	for r := range l.Records() {
		b = append(r.AppendClassic(b, version), '\n')
	}
	return b
}

// read counts logs, failing the test for what cannot be read.
func read(t *testing.T, opt usage.Options, logs ...[]byte) *usage.Census {
	t.Helper()
	opt.Skipped = func(s overgrant.Skipped) error {
		t.Errorf("skipped: %s: %s", s.Reason, s.Detail)
		return nil
	}
	c := usage.New(opt)
	for _, b := range logs {
		if err := c.Read(context.Background(), overgrant.Place{Path: "log"}, bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// TestCensus finds every token of the truth and none besides, with all that is
// true of it, in every schema.
func TestCensus(t *testing.T) {
	for form, write := range forms {
		t.Run(form, func(t *testing.T) {
			l := generate.New(generate.Options{Seed: 7, Tokens: 300, Requests: 5000})
			c := read(t, usage.Options{}, write(l))
			compare(t, l, slices.Collect(c.Used()), form)
			if got := c.Logged(); got.Records != 5000 || got.Doubles != 0 || len(got.Folded) != 0 {
				t.Errorf("Logged() = %d records, %d doubles, folded %v; want 5000, 0, none", got.Records, got.Doubles, got.Folded)
			}
		})
	}
}

// TestCensusTwice reads the same requests from several exports, in another order
// and schema, and counts each once.
func TestCensusTwice(t *testing.T) {
	opt := generate.Options{Seed: 9, Tokens: 100, Requests: 1000}
	l := generate.New(opt)
	var logs [][]byte
	for _, form := range []string{"resource", "classic_1.0", "analytics_csv", "classic_2.0", "event_hub", "analytics_query"} {
		logs = append(logs, forms[form](generate.New(opt)))
	}
	logs = append(logs, pack(t, logs[0]), reversed(logs[0]))
	forms["resource"](l)
	for range logs { // whichever comes first: those without hashes learn them from the copies
		c := read(t, usage.Options{}, logs...)
		compare(t, l, slices.Collect(c.Used()), "resource")
		if got := c.Logged(); got.Records != 1000 || got.Doubles != 7*1000 {
			t.Errorf("Logged() = %d records, %d doubles; want 1000, 7000", got.Records, got.Doubles)
		}
		logs = append(logs[1:], logs[0])
	}
}

// TestCensusHalves reads half of the requests with hashes and half without: a
// token that stands in both is one.
func TestCensusHalves(t *testing.T) {
	l := generate.New(generate.Options{Seed: 11, Tokens: 80, Requests: 2000})
	var with, without []byte
	hashed := map[*generate.Token]bool{}
	n := 0
	for r := range l.Records() {
		if n++; n%2 == 0 {
			with = append(r.AppendResource(with), '\n')
			hashed[r.Token] = true
		} else {
			without = append(r.AppendClassic(without, "1.0"), '\n')
		}
	}
	for _, logs := range [][][]byte{{with, without}, {without, with}, {append(append([]byte(nil), with...), without...)}} {
		got := map[string]overgrant.Used{}
		for u := range read(t, usage.Options{}, logs...).Used() {
			got[u.Token] = u
		}
		for _, want := range l.Tokens {
			if want.Sign == "" || !hashed[want] {
				continue
			}
			if u := got[want.Sign]; u.Requests != want.Requests || u.BytesOut != want.BytesOut || u.Callers != int64(len(want.Callers)) {
				t.Errorf("%s: %d requests, %d bytes, %d callers; want %d, %d, %d", want.Kind, u.Requests, u.BytesOut, u.Callers, want.Requests, want.BytesOut, len(want.Callers))
			}
		}
	}
}

// compare holds what was counted against the truth.
func compare(t *testing.T, l *generate.Logs, used []overgrant.Used, form string) {
	t.Helper()
	hashed := form[:7] != "classic"
	got := map[string]overgrant.Used{}
	for _, u := range used {
		key := u.Token
		if u.Signed() && !hashed {
			key = fmt.Sprint(u.Account, u.Grant.Container, u.Grant.Path, u.Permissions, u.Grant.ExpiryRaw, u.Grant.StartRaw, u.Grant.PolicyID, u.Grant.Resource, u.Grant.Services, u.Grant.ResourceTypes, u.Grant.Protocols)
		}
		if !u.Signed() {
			key = u.Kind + u.Account + u.KeyHash + u.Token
		}
		if _, twice := got[key]; twice {
			t.Errorf("token %s is there twice", key)
		}
		got[key] = u
	}
	signatures := 0
	for _, want := range l.Tokens {
		if want.Link == "" {
			continue
		}
		signatures++
		var u overgrant.Used
		if hashed {
			u = got[want.Sign]
		} else {
			for _, x := range got {
				if x.Signed() && x.Requests == want.Requests && x.First.Equal(want.First) && x.Last.Equal(want.Last) {
					u = x
				}
			}
		}
		check(t, want, u, hashed)
	}
	n := 0
	for _, u := range used {
		if u.Signed() {
			n++
		}
	}
	if n != signatures {
		t.Errorf("%d signatures in use; want %d", n, signatures)
	}
}

func check(t *testing.T, want *generate.Token, u overgrant.Used, hashed bool) {
	t.Helper()
	if u.Requests == 0 {
		t.Errorf("%s with %d requests is not there", want.Kind, want.Requests)
		return
	}
	if u.Kind != want.Kind || u.Account != want.Account || u.Requests != want.Requests || u.Failed != want.Failed || u.BytesOut != want.BytesOut || u.BytesIn != want.BytesIn {
		t.Errorf("got %s of %s, %d requests, %d failed, %d out, %d in; want %s of %s, %d, %d, %d, %d", u.Kind, u.Account, u.Requests, u.Failed, u.BytesOut, u.BytesIn, want.Kind, want.Account, want.Requests, want.Failed, want.BytesOut, want.BytesIn)
	}
	if u.Callers != int64(len(want.Callers)) || u.Agents != int64(len(want.Agents)) || u.About {
		t.Errorf("%s: %d callers, %d agents, about %v; want %d, %d, exact", want.Kind, u.Callers, u.Agents, u.About, len(want.Callers), len(want.Agents))
	}
	if !maps.Equal(u.Operations, want.Operations) {
		t.Errorf("%s: operations %v; want %v", want.Kind, u.Operations, want.Operations)
	}
	if !u.First.Equal(want.First) || !u.Last.Equal(want.Last) {
		t.Errorf("%s: used %v to %v; want %v to %v", want.Kind, u.First, u.Last, want.First, want.Last)
	}
	if hashed && (u.Key != want.Key || u.KeyHash != want.KeyHash) {
		t.Errorf("%s: key %s %s; want %s %s", want.Kind, u.Key, u.KeyHash, want.Key, want.KeyHash)
	}
	if want.Kind != "policy_sas" && u.Permissions != want.Sp {
		t.Errorf("%s: permissions %q; want %q", want.Kind, u.Permissions, want.Sp)
	}
}

func pack(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// reversed returns the lines in the opposite order.
func reversed(b []byte) []byte {
	var out []byte
	lines := bytes.SplitAfter(b, []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		out = append(out, lines[i]...)
	}
	return out
}
