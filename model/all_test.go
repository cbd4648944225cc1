package model_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

var update = flag.Bool("update", false, "rewrite the page doc/models.md")

func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range model.All {
		if f.Name == "" || f.Doc == "" || seen[f.Name] {
			t.Errorf("format %q: needs a name of its own and a Doc", f.Name)
		}
		seen[f.Name] = true
	}
	listed, made := formatVariables(t)
	if len(listed) != len(model.All) {
		t.Errorf("%d formats stand in the list as it is written; want %d", len(listed), len(model.All))
	}
	for name := range made {
		if !listed[name] {
			t.Errorf("the format %s is not in the list All", name)
		}
	}
}

// formatVariables reads the package's files: the names that stand in the list
// All, and the variables that hold a Format.
func formatVariables(t *testing.T) (listed, made map[string]bool) {
	t.Helper()
	listed, made = map[string]bool{}, map[string]bool{}
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files of the package: %v", err)
	}
	set := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				note(s.(*ast.ValueSpec), listed, made)
			}
		}
	}
	return listed, made
}

// note takes down what one declaration says of formats.
func note(v *ast.ValueSpec, listed, made map[string]bool) {
	for i, value := range v.Values {
		c, ok := value.(*ast.CompositeLit)
		if !ok || i >= len(v.Names) {
			continue
		}
		if typ, ok := c.Type.(*ast.Ident); ok && typ.Name == "Format" {
			made[v.Names[i].Name] = true
		}
		if v.Names[i].Name != "All" {
			continue
		}
		for _, e := range c.Elts {
			if name, ok := e.(*ast.Ident); ok {
				listed[name.Name] = true
			}
		}
	}
}

func TestDoc_is_fresh(t *testing.T) {
	intro, err := os.ReadFile("testdata/models.md")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.Write(intro)
	b.WriteString("\n## Formats\n\nThis table is made from the list in `model/format.go` by `go test ./model -run Doc -update`.\n\n")
	b.WriteString("| format | what is read of it |\n|---|---|\n")
	for _, f := range model.All {
		doc := strings.TrimSuffix(strings.ReplaceAll(f.Doc, "|", `\|`), ".")
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, strings.ToUpper(doc[:1])+doc[1:])
	}
	path := filepath.Join("..", "doc", "models.md")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), fs.FileMode(0o644)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is stale; run go test ./model -run Doc -update", path)
	}
}

// TestEveryFieldIsDocumented: the page names each field of a line of jsonl.
func TestEveryFieldIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../doc/models.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(`schema path format verdict severity size bytes_read findings globals loads_under unread
		rule what why offset opcode member torch_weights_only keras_safe_mode numpy_allow_pickle_false`) {
		if !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("doc/models.md does not name the field %s", name)
		}
	}
	for _, v := range []model.Verdict{model.Dangerous, model.Suspicious, model.UnsafeFormat, model.Clean, model.Unreadable, model.NotAModel} {
		if !bytes.Contains(page, []byte("`"+string(v)+"`")) {
			t.Errorf("doc/models.md does not name the verdict %s", v)
		}
	}
}
