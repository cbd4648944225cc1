package kind_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/kind/kindtest"
)

var update = flag.Bool("update", false, "rewrite generated files")

func TestAll_is_complete(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kind.All {
		if k.Name == "" || seen[k.Name] {
			t.Errorf("kind %q: name is empty or stands twice", k.Name)
		}
		seen[k.Name] = true
		if k.Doc == "" || k.Find == nil || k.Parse == nil || len(k.Marks) == 0 {
			t.Errorf("kind %s: Doc, Find, Parse or Marks is missing", k.Name)
		}
		for _, m := range k.Marks {
			if len(m) < 3 {
				t.Errorf("kind %s: mark %q is shorter than three bytes", k.Name, m)
			}
		}
		if _, err := os.Stat(k.Name + ".go"); err != nil {
			t.Errorf("kind %s has no file of its own: %v", k.Name, err)
		}
	}
	for _, name := range strings.Fields(`account_sas service_sas policy_sas user_delegation_sas account_key
		connection_string s3_presigned_v2 s3_presigned_v4 gcs_v2 gcs_v4 servicebus_sas disk_export_sas
		logic_app_sas oss_presigned cos_presigned b2_authorization cloudfront_signed firebase_token`) {
		if !seen[name] {
			t.Errorf("kind %s is not in the list", name)
		}
	}
}

func TestVectors(t *testing.T) {
	for _, k := range kind.All {
		t.Run(k.Name, func(t *testing.T) {
			vectors := vectorsOf(t, k.Name, 1)
			found, left := 0, 0
			for _, v := range vectors {
				if v.Find {
					found++
				} else {
					left++
				}
				checkVector(t, k, v)
			}
			if found < 3 || left < 3 {
				t.Errorf("%d vectors to find and %d to leave alone; want three of each", found, left)
			}
		})
	}
}

// checkVector looks for the vector's link with the finder of all kinds and with
// the kind's own.
func checkVector(t *testing.T, k kind.Kind, v kindtest.Vector) {
	t.Helper()
	text := []byte(v.Text)
	var kinds []string
	for s := range kind.Find(text) {
		l, err := kind.Parse(v.Text[s.Start:s.End])
		if err == nil && l.Grant.Shape == overgrant.Whole {
			kinds = append(kinds, l.Grant.Kind)
		}
	}
	if got := strings.Join(kinds, " ") == k.Name; v.Find && !got {
		t.Errorf("Find(%q) gives live links %v; want one %s", v.Text, kinds, k.Name)
	} else if !v.Find && strings.Contains(" "+strings.Join(kinds, " ")+" ", " "+k.Name+" ") {
		t.Errorf("Find(%q) gives live links %v; want no %s", v.Text, kinds, k.Name)
	}
	if !v.Find {
		return
	}
	own := false
	for s := range k.Find(text) {
		g, err := k.Parse(v.Text[s.Start:s.End])
		own = own || err == nil && g.Kind == k.Name
	}
	if !own {
		t.Errorf("%s.Find(%q) finds nothing", k.Name, v.Text)
	}
	marked := false
	for _, m := range k.Marks {
		marked = marked || strings.Contains(strings.ToLower(v.Text), strings.ToLower(m))
	}
	if !marked {
		t.Errorf("%q has no mark of %s", v.Text, k.Name)
	}
}

func vectorsOf(t testing.TB, name string, seed uint64) []kindtest.Vector {
	t.Helper()
	vectors, err := kindtest.Vectors(name, seed)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestDoc_is_fresh(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Kinds of links\n\nWhat overgrant finds. This page is made from the list in `kind/all.go` by `go test ./kind -update`.\n\n")
	b.WriteString("| kind | what it is |\n|---|---|\n")
	for _, k := range kind.All {
		fmt.Fprintf(&b, "| `%s` | %s |\n", k.Name, k.Doc)
	}
	path := filepath.Join("..", "doc", "kinds.md")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is stale; run go test ./kind -update", path)
	}
}
