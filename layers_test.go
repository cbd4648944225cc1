package overgrant_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/overgrant/overgrant"

// rooms says what each folder may import of ours. A folder below a room belongs
// to the room's own row unless it has one. Every folder with Go files has a row.
var rooms = map[string][]string{
	".":                          {},
	"kind":                       {"."},
	"kind/kindtest":              {".", "kind"},
	"internal/gitpack":           {},
	"model":                      {"model/pickle"},
	"model/manifest":             {},
	"model/manifest/keyless":     {"model/manifest"},
	"model/pickle":               {},
	"internal/judge":             {"."},
	"internal/unpack":            {"."},
	"internal/unpack/disk":       {},
	"internal/classify":          {"."},
	"internal/wire":              {},
	"internal/cloud":             {".", "internal/source", "internal/wire"},
	"internal/cloud/azure":       {".", "internal/source", "internal/wire", "internal/cloud", "kind"},
	"internal/cloud/fake":        {},
	"internal/cloud/fake/arm":    {},
	"internal/remedy":            {".", "kind", "internal/cloud"},
	"internal/usage":             {".", "kind", "internal/source", "internal/cloud"},
	"internal/usage/generate":    {".", "kind", "internal/usage"},
	"internal/share":             {".", "kind", "internal/judge", "internal/cloud"},
	"internal/cloud/cloudtest":   {".", "internal/source", "internal/wire", "internal/cloud"},
	"internal/work":              {"."},
	"internal/work/local":        {".", "internal/work"},
	"internal/measure":           {"internal/measure/inventory", ".", "internal/source", "internal/unpack", "internal/unpack/disk", "internal/classify", "model"},
	"internal/measure/inventory": {".", "internal/source"},
	"internal/store":             {".", "internal/wire"},
	"internal/store/sqlite":      {".", "internal/wire", "internal/store"},
	"internal/store/storetest":   {".", "internal/store"},
	"internal/source":            {".", "internal/wire"},
	"internal/source/dir":        {".", "internal/source"},
	"internal/source/git":        {".", "internal/source", "internal/gitpack"},
	"internal/source/stdin":      {".", "internal/source"},
	"internal/source/sourcetest": {".", "internal/source"},
	"internal/find":              {".", "kind", "internal/unpack"},
	"internal/pipeline":          {".", "kind", "internal/judge", "internal/find", "internal/source", "internal/cloud", "internal/measure", "internal/work"},
	"internal/report":            {"."},
	"internal/cli":               {"*"},
	"cmd/overgrant":              {"internal/cli"},
	"bench":                      {"test/azurite", "internal/cloud/fake", "internal/usage/generate"},
	"test":                       {"*"},
	"test/azurite":               {},
}

// pure rooms think; they neither look at the world nor at the clock.
var pure = []string{".", "kind", "internal/gitpack", "internal/judge", "internal/unpack", "internal/unpack/disk", "internal/classify", "model", "model/pickle", "model/manifest"}

// worldly packages are those that a pure room may not import.
var worldly = []string{"net", "net/http", "os", "log", "log/slog", "math/rand", "math/rand/v2", "syscall", "os/exec"}

// drivers are linked in internal/cli/drivers.go and nowhere else.
var drivers = []string{"internal/source/dir", "internal/source/git", "internal/source/stdin", "internal/cloud/azure", "internal/work/local", "internal/store/sqlite"}

// revealers may call Secret.Reveal: where a link is parsed, where it is sent to
// the cloud it names, where it is sealed, and the one place of the command line
// that serves --reveal.
var revealers = []string{"secret.go", "kind", "internal/cloud/azure", "internal/store/vault.go", "internal/cli/reveal.go"}

// banned are names that say nothing about what a room holds.
var banned = []string{"util", "utils", "common", "helper", "helpers", "base", "core", "types", "models", "manager", "handler", "service", "misc"}

type file struct {
	path, room string
	tree       *ast.File
	test       bool
}

func TestLayers(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.room == "" {
			t.Errorf("%s: no room; give its folder a row in rooms and a decision note", f.path)
			continue
		}
		if slices.Contains(banned, path.Base(path.Dir(f.path))) || slices.Contains(banned, strings.TrimSuffix(path.Base(f.path), ".go")) {
			t.Errorf("%s: a name that says nothing; name it for what is in it", f.path)
		}
		if f.test {
			continue
		}
		for _, imp := range f.tree.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			checkImport(t, f, name)
		}
		checkCalls(t, f)
	}
}

func checkImport(t *testing.T, f file, name string) {
	t.Helper()
	if slices.Contains(pure, f.room) && slices.Contains(worldly, name) && !(f.room == "." && name == "log/slog") {
		t.Errorf("%s: a pure room imports %s", f.path, name)
	}
	ours, ok := strings.CutPrefix(name, module)
	if !ok {
		if f.room == "." && strings.Contains(name, ".") {
			t.Errorf("%s: the root imports the standard library only, not %s", f.path, name)
		}
		return
	}
	ours = strings.TrimPrefix(ours, "/")
	if ours == "" {
		ours = "."
	}
	if slices.Contains(drivers, ours) && f.path != "internal/cli/drivers.go" {
		t.Errorf("%s: imports the driver %s; only internal/cli/drivers.go may", f.path, ours)
	}
	to := roomOf(ours)
	allowed := rooms[f.room]
	if to == f.room || slices.Contains(allowed, to) || slices.Contains(allowed, "*") {
		return
	}
	t.Errorf("%s: room %s may not import %s", f.path, f.room, to)
}

func checkCalls(t *testing.T, f file) {
	t.Helper()
	for _, d := range f.tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			t.Errorf("%s: init runs behind the reader's back; use an explicit list", f.path)
		}
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && sel.Sel.Name == "Now" && slices.Contains(pure, f.room) {
			t.Errorf("%s: a pure room asks the clock; take the time as an argument", f.path)
		}
		if sel.Sel.Name == "Reveal" && !slices.ContainsFunc(revealers, func(r string) bool { return f.path == r || f.room == r }) {
			if call, ok := parentCall(f.tree, sel); ok && len(call.Args) == 0 {
				t.Errorf("%s: calls Secret.Reveal; only %v may", f.path, revealers)
			}
		}
		return true
	})
}

// parentCall returns the call of which sel is the function.
func parentCall(tree *ast.File, sel *ast.SelectorExpr) (call *ast.CallExpr, ok bool) {
	ast.Inspect(tree, func(n ast.Node) bool {
		if c, is := n.(*ast.CallExpr); is && c.Fun == ast.Expr(sel) {
			call, ok = c, true
		}
		return !ok
	})
	return call, ok
}

// roomOf returns the longest row that folder lies in, or "".
func roomOf(folder string) string {
	for d := folder; ; d = path.Dir(d) {
		if _, ok := rooms[d]; ok && (d != "." || folder == ".") {
			return d
		}
		if d == "." {
			return ""
		}
	}
}

func goFiles(t *testing.T) []file {
	t.Helper()
	var all []file
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || (strings.HasPrefix(d.Name(), ".") && p != ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		tree, err := parser.ParseFile(set, p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		slash := filepath.ToSlash(p)
		all = append(all, file{path: slash, room: roomOf(path.Dir(slash)), tree: tree, test: strings.HasSuffix(p, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLayersSeeAFault proves that the rules above can fail.
func TestLayersSeeAFault(t *testing.T) {
	for _, tt := range []struct{ folder, want string }{
		{"internal/source/git", "internal/source/git"},
		{"internal/source/git/deeper", "internal/source/git"},
		{"internal/source/unheard", "internal/source"},
		{"internal/unheard", ""},
		{".", "."},
	} {
		if got := roomOf(tt.folder); got != tt.want {
			t.Errorf("roomOf(%q) = %q; want %q", tt.folder, got, tt.want)
		}
	}
}
