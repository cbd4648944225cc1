package pickle_test

import (
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/pickle"
)

// TestAsCPython compares the machine with recordings of the C unpickler: what
// that imports and calls before it stops must be seen, in the same order.
func TestAsCPython(t *testing.T) {
	b, err := os.ReadFile("testdata/cpython.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		text, err := hex.DecodeString(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		res := scan(t, string(text), pickle.Options{})
		diff := differs(&res, fields[1:])
		if diff != "" && res.Straddles {
			framed := scan(t, string(text), pickle.Options{Frames: true})
			diff = differs(&framed, fields[1:])
		}
		if diff != "" {
			t.Errorf("Scan(%q): %s; CPython %q; findings %+v", text, diff, fields[1:], res.Findings)
		}
	}
}

// differs says what of a recording a result does not tell.
func differs(res *pickle.Result, recorded []string) string {
	var imports, calls []string
	for _, e := range recorded[1:] {
		if name, ok := strings.CutPrefix(e, "G "); ok {
			imports = append(imports, name)
		} else {
			calls = append(calls, e[len("C "):])
		}
	}
	if len(res.Globals) < len(imports) || !slices.Equal(res.Globals[:len(imports)], imports) {
		return "other imports: " + strings.Join(res.Globals, " ")
	}
	if recorded[0] == "stop" && (!res.Stopped || res.Fault != "" || len(res.Globals) > len(imports)) {
		return "no clean end: " + res.Fault
	}
	var told []string
	for _, f := range res.Findings {
		if name, _, ok := strings.Cut(f.What, "("); ok && f.Rule == "call" && !slices.Contains(told, name) {
			told = append(told, name)
			if slices.Contains(calls, name) && strings.Contains(f.Why, "CPython stops before it") {
				return "a call that is said not to happen: " + f.What
			}
		}
	}
	told = slices.DeleteFunc(told, func(n string) bool { return !slices.Contains(calls, n) })
	if !slices.Equal(told, calls) {
		return "other calls: " + strings.Join(told, " ")
	}
	return ""
}
