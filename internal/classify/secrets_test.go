package classify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
)

func content(t testing.TB, name string, text []byte) []overgrant.Find {
	t.Helper()
	r, err := classify.Content(context.Background(), classify.Piece{Name: []byte(name), Size: int64(len(text)), At: bytes.NewReader(text), Salt: 7})
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 0 && !r.Complete {
		t.Fatalf("not complete: %s", r.Reason)
	}
	return r.Finds
}

func rules(t testing.TB) published {
	t.Helper()
	var from published
	if _, err := toml.DecodeFile("testdata/gitleaks/gitleaks.toml", &from); err != nil {
		t.Fatal(err)
	}
	return from
}

// made writes a text that a regular expression matches.
func made(r *rand.Rand, tree *syntax.Regexp, b *strings.Builder) {
	pick := func(ranges []rune) rune {
		for {
			i := r.IntN(len(ranges)/2) * 2
			lo, hi := ranges[i], min(ranges[i+1], '~')
			if lo > hi {
				continue
			}
			if c := lo + r.Int32N(hi-lo+1); c >= ' ' || len(ranges) == 2 {
				return c
			}
			if r.IntN(20) == 0 {
				return lo
			}
		}
	}
	switch tree.Op {
	case syntax.OpLiteral:
		for _, c := range tree.Rune {
			b.WriteRune(c)
		}
	case syntax.OpCharClass:
		b.WriteRune(pick(tree.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteRune('a' + r.Int32N(26))
	case syntax.OpCapture:
		made(r, tree.Sub[0], b)
	case syntax.OpConcat:
		for _, sub := range tree.Sub {
			made(r, sub, b)
		}
	case syntax.OpAlternate:
		made(r, tree.Sub[r.IntN(len(tree.Sub))], b)
	case syntax.OpQuest, syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		lo, hi := tree.Min, tree.Max
		switch tree.Op {
		case syntax.OpQuest:
			lo, hi = 0, 1
		case syntax.OpStar:
			lo, hi = 0, 3
		case syntax.OpPlus:
			lo, hi = 1, 4
		}
		if hi < 0 {
			hi = lo + 3
		}
		for range lo + r.IntN(min(hi-lo, 20)+1) {
			made(r, tree.Sub[0], b)
		}
	}
}

// corpus is text of many files, in which secrets of each rule stand.
func corpus(t testing.TB, r *rand.Rand) string {
	var b strings.Builder
	for _, rule := range rules(t).Rules {
		if rule.Regex == "" || ownWay[rule.ID] || rule.Path != "" {
			continue
		}
		tree, err := syntax.Parse(rule.Regex, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			b.WriteString(filler(r, 3))
			if len(rule.Keywords) > 0 && r.IntN(2) == 0 {
				b.WriteString("# " + rule.Keywords[0] + "\n")
			}
			if r.IntN(2) == 0 {
				b.WriteString("export ")
			}
			made(r, tree, &b)
			b.WriteString("\n\n\n")
		}
	}
	return b.String()
}

var prose = strings.Fields(`the access key of our storage account was in the token that author and keyboard pass to an api
the secret of auth is password handling in linear sumo tasks they say keys.are sk in disk whiskey eyes os.path
return func if err != nil config.Get("api_version") value: 12345 date 2021-07-14T12:00:00Z 3.14159 {"key":"name","id":42}`)

func filler(r *rand.Rand, lines int) string {
	var b strings.Builder
	for range lines {
		for range r.IntN(14) {
			b.WriteString(prose[r.IntN(len(prose))])
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// slowly is what a detector of gitleaks finds: each rule over all of the text.
// Its keys are rule and secret; its values say whether a keyword of the rule is
// near, for a few rules look for any word in the text of a file of any length.
func slowly(t testing.TB, name, text string) map[string]bool {
	all := map[string]bool{}
	from := rules(t)
	lower := strings.ToLower(text)
	for _, rule := range from.Rules {
		if rule.Regex == "" || ownWay[rule.ID] || rule.Path != "" && !compiled(rule.Path).MatchString(name) {
			continue
		}
		re := compiled(rule.Regex)
	matches:
		for _, at := range re.FindAllStringIndex(text, -1) {
			match := strings.Trim(text[at[0]:at[1]], "\n")
			secret := match
			groups := re.FindStringSubmatch(match)
			if rule.SecretGroup > 0 && rule.SecretGroup < len(groups) {
				secret = groups[rule.SecretGroup]
			} else if rule.SecretGroup == 0 {
				for _, g := range groups[min(1, len(groups)):] {
					if g != "" {
						secret = g
						break
					}
				}
			}
			if rule.Entropy != 0 && shannon(secret) <= rule.Entropy {
				continue
			}
			start := strings.LastIndexByte(text[:at[0]], '\n') + 1
			end := at[0] + len(match)
			if n := strings.IndexByte(text[end:], '\n'); n >= 0 {
				end += n
			}
			for _, a := range append([]allowlist{from.Allowlist}, rule.Allowlists...) {
				target := map[string]string{"": secret, "match": match, "line": text[start:end]}[a.RegexTarget]
				fits := slices.ContainsFunc(a.Regexes, func(p string) bool { return compiled(p).MatchString(target) }) ||
					slices.ContainsFunc(a.StopWords, func(w string) bool { return strings.Contains(strings.ToLower(secret), strings.ToLower(w)) })
				path := slices.ContainsFunc(a.Paths, func(p string) bool { return compiled(p).MatchString(name) })
				if a.Condition == "AND" && fits && path || a.Condition != "AND" && (fits || path) {
					continue matches
				}
			}
			near := lower[max(0, at[0]-400):min(len(text), end+400)]
			all[rule.ID+" "+secret] = len(rule.Keywords) == 0 || slices.ContainsFunc(rule.Keywords, func(k string) bool { return strings.Contains(near, k) })
		}
	}
	return all
}

var patterns = map[string]*regexp.Regexp{}

func compiled(pattern string) *regexp.Regexp {
	if patterns[pattern] == nil {
		patterns[pattern] = regexp.MustCompile(pattern)
	}
	return patterns[pattern]
}

func shannon(s string) float64 {
	counts := map[byte]float64{}
	for i := range len(s) {
		counts[s[i]]++
	}
	e := 0.0
	for _, n := range counts {
		e -= n / float64(len(s)) * math.Log2(n/float64(len(s)))
	}
	return e
}

// TestSecretsAreThoseOfEveryRuleOverAllOfTheText compares what is found around
// marks with what the rules find anywhere.
func TestSecretsAreThoseOfEveryRuleOverAllOfTheText(t *testing.T) {
	for seed := range uint64(1) {
		text := corpus(t, rand.New(rand.NewPCG(seed, 1)))
		want := slowly(t, "notes.txt", text)
		got := classify.SecretsIn([]byte("notes.txt"), []byte(text))
		t.Logf("seed %d: %d bytes, %d secrets", seed, len(text), len(want))
		compare(t, got, want)
	}
}

func compare(t *testing.T, got, want map[string]bool) {
	t.Helper()
	missed, more := map[string]int{}, map[string]int{}
	for key, near := range want {
		if !got[key] && near && !classify.Placeholder([]byte(key)) {
			id, _, _ := strings.Cut(key, " ")
			missed[id]++
			t.Logf("missed %s", key)
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			id, _, _ := strings.Cut(key, " ")
			more[id]++
			t.Logf("more %s", key)
		}
	}
	for id, n := range missed {
		t.Errorf("missed %d of %s", n, id)
	}
	if n := len(slices.Collect(maps.Keys(more))); n > 0 {
		t.Errorf("more than the rules find: %v", more)
	}
}

// TestSecretsAreThoseOfGitleaks compares with the program itself, where it is
// installed.
func TestSecretsAreThoseOfGitleaks(t *testing.T) {
	program, err := exec.LookPath("gitleaks")
	if err != nil {
		t.Skip("gitleaks is not on PATH")
	}
	dir := t.TempDir()
	text := corpus(t, rand.New(rand.NewPCG(99, 1)))
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "report.json")
	out, err := exec.Command(program, "dir", dir, "--max-decode-depth", "0", "--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", report).CombinedOutput()
	if err != nil {
		t.Fatalf("gitleaks: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var found []struct{ RuleID, Secret, File string }
	if err := json.Unmarshal(raw, &found); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, f := range found {
		if !ownWay[f.RuleID] && strings.HasSuffix(f.File, "notes.txt") {
			want[f.Secret] = true
		}
	}
	got := map[string]bool{}
	for key := range classify.SecretsIn([]byte("notes.txt"), []byte(text)) {
		_, secret, _ := strings.Cut(key, " ")
		got[secret] = true
	}
	far := map[string]bool{}
	for key, near := range slowly(t, "notes.txt", text) {
		_, secret, _ := strings.Cut(key, " ")
		far[secret] = !near
	}
	missed := 0
	for secret := range want {
		if !got[secret] && !far[secret] && !classify.Placeholder([]byte(secret)) {
			missed++
			t.Logf("missed %.80q", secret)
		}
	}
	t.Logf("gitleaks finds %d secrets, %d of them are missed", len(want), missed)
	if missed > 0 {
		t.Errorf("missed %d of %d", missed, len(want))
	}
}
