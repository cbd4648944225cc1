package generate_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/usage/generate"
	"github.com/overgrant/overgrant/kind"
)

// TestSame gives the same logs for the same seed, and others for another.
func TestSame(t *testing.T) {
	write := func(seed uint64) string {
		var b []byte
		for r := range generate.New(generate.Options{Seed: seed, Tokens: 30, Requests: 200}).Records() {
			b = append(r.AppendResource(b), '\n')
		}
		return string(b)
	}
	first, again := write(1), write(1)
	if first != again {
		t.Errorf("the same seed gives other logs")
	}
	if first == write(2) {
		t.Errorf("another seed gives the same logs")
	}
}

// TestLinks makes links that are read as what they are said to be.
func TestLinks(t *testing.T) {
	kinds := map[string]int{}
	for _, tok := range generate.New(generate.Options{Seed: 1, Tokens: 200}).Tokens {
		kinds[tok.Kind]++
		if tok.Link == "" {
			continue
		}
		l, err := kind.Parse(tok.Link)
		if err != nil || l.Grant.Kind != tok.Kind || l.Grant.Account != tok.Account || l.Grant.Shape != overgrant.Whole {
			t.Errorf("Parse = %s of %s, shape %q, %v; want %s of %s", l.Grant.Kind, l.Grant.Account, l.Grant.Shape, err, tok.Kind, tok.Account)
		}
		if got := kind.LogHash(l); got != tok.Sign {
			t.Errorf("LogHash = %s; want %s", got, tok.Sign)
		}
	}
	for _, k := range []string{"account_sas", "service_sas", "policy_sas", "user_delegation_sas", "account_key", "oauth", "anonymous"} {
		if kinds[k] == 0 {
			t.Errorf("no %s among %v", k, kinds)
		}
	}
}

// TestForms writes what JSON and CSV readers take, and no signature unless it is
// asked for.
func TestForms(t *testing.T) {
	l := generate.New(generate.Options{Seed: 1, Tokens: 40, Requests: 400})
	for r := range l.Records() {
		for _, line := range [][]byte{r.AppendResource(nil), r.AppendAnalytics(nil), r.AppendRow(nil)} {
			if !json.Valid(line) {
				t.Fatalf("no JSON: %s", line)
			}
		}
		cells, err := csv.NewReader(bytes.NewReader(generate.AppendCSV(nil, r.Cells()))).Read()
		if err != nil || len(cells) != len(generate.Columns) || strings.Join(cells, "\x00") != strings.Join(r.Cells(), "\x00") {
			t.Fatalf("CSV = %q, %v; want %q", cells, err, r.Cells())
		}
		for version, fields := range map[string]int{"1.0": 30, "2.0": 38} {
			line := string(r.AppendClassic(nil, version))
			if strings.Count(line, "\n") != 0 || strings.Count(line, ";") < fields-1 {
				t.Fatalf("a line of %s has too few fields: %s", version, line)
			}
		}
		if _, sig, ok := strings.Cut(r.Token.Link, "&sig="); ok && bytes.Contains(r.AppendResource(nil), []byte(sig)) {
			t.Fatalf("a signature stands in the log")
		}
	}
	if q := string(generate.QueryHead()) + generate.QueryEnd; !json.Valid([]byte(q)) {
		t.Errorf("no JSON: %s", q)
	}
}
