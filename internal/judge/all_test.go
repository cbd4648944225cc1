package judge_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/judge"
)

var update = flag.Bool("update", false, "rewrite golden files and generated pages")

var code = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

func TestAll(t *testing.T) {
	known := map[string]bool{}
	for _, r := range judge.All {
		known[r.Code] = true
	}
	if len(known) != len(judge.All) {
		t.Errorf("All has %d rules, and %d codes", len(judge.All), len(known))
	}
	for _, r := range judge.All {
		switch {
		case !code.MatchString(r.Code):
			t.Errorf("%q: the code is not small words joined by hyphens", r.Code)
		case !strings.HasSuffix(r.Doc, ".") || !strings.HasSuffix(r.Fix, "."):
			t.Errorf("%s: Doc and Fix are sentences", r.Code)
		case r.Severity < overgrant.Info || r.Severity > overgrant.Critical:
			t.Errorf("%s: severity %v", r.Code, r.Severity)
		case r.Why == nil:
			t.Errorf("%s: no Why", r.Code)
		}
		for _, c := range r.Covers {
			if c != "*" && !known[c] {
				t.Errorf("%s covers %s, which is no rule", r.Code, c)
			}
		}
	}
}

// TestEveryRuleIsListed compares All with the files of the folder: each rule is
// in a file that is named for its code.
func TestEveryRuleIsListed(t *testing.T) {
	for _, r := range judge.All {
		file := strings.ReplaceAll(r.Code, "-", "_") + ".go"
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", r.Code, err)
		} else if !strings.Contains(string(text), "= Rule{") {
			t.Errorf("%s holds no rule", file)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			rules += strings.Count(string(text), "= Rule{")
		}
	}
	if rules != len(judge.All) {
		t.Errorf("the folder holds %d rules, All has %d", rules, len(judge.All))
	}
}

func TestPage(t *testing.T) { golden(t, filepath.Join("..", "..", "doc", "rules.md"), judge.Page()) }

// golden compares got with a file, or writes it under -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is stale; run go test -update and review it. Got:\n%s", file, got)
	}
}
