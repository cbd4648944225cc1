package classify_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/overgrant/overgrant/internal/classify"
)

func TestNamed(t *testing.T) {
	tests := []struct {
		name  string
		size  int64
		class string
		look  classify.Look
	}{
		{"backup/jdoe/.ssh/id_rsa", 1700, "private_key", classify.Text},
		{"ID_RSA", 1700, "private_key", classify.Text},
		{"id_rsa.pub", 400, "", classify.Text},
		{"a/b/vault.KDBX", 9000, "password_store", classify.Structure},
		{`Users\bob\AppData\Roaming\Microsoft\Protect\S-1-5-21\x`, 9, "system_keychain", classify.Structure},
		{"pc.zip!Users/bob/AppData/Local/a.txt", 9, "user_profile", classify.Text},
		{"Users/bob/AppData/Local/a.jpg", 9, "user_profile", classify.Never},
		{"Users/bob/a.jpg", 9, "", classify.Never},
		{"WindowsImageBackup/PC7/Backup 2020-01-01 010101/a.vhdx", 1 << 30, "workstation_backup", classify.Disk},
		{"x/disk.img", 1 << 30, "disk_image", classify.Disk},
		{"x/disk.img", 1 << 10, "", classify.Disk},
		{"x/disk.img", -1, "disk_image", classify.Disk},
		{"lsass_2020.DMP", 1 << 25, "credential_dump", classify.Structure},
		{"robust/resnet18.ckpt", 4 << 20, "model", classify.Model},
		{"data.tar.gz", 5, "", classify.Container},
		{"readme", 5, "", classify.Text},
		{"readme", 0, "", classify.Never},
		{"folder/", 5, "", classify.Never},
		{"", 5, "", classify.Never},
		{"/", 5, "", classify.Never},
		{".env", 5, "developer_credential", classify.Text},
		{"a/.env.production", 5, "developer_credential", classify.Text},
		{"home/x/.azure/msal_token_cache.bin", 5, "cloud_credential", classify.Structure},
		{strings.Repeat("a/", 2000) + "b!id_rsa", 5, "private_key", classify.Text},
	}
	for _, tt := range tests {
		g := classify.Named([]byte(tt.name), tt.size)
		class := ""
		if g.Class != nil {
			class = g.Class.Name
		}
		if class != tt.class || g.Look != tt.look {
			t.Errorf("Named(%.60q, %d) = %q, %d; want %q, %d", tt.name, tt.size, class, g.Look, tt.class, tt.look)
		}
	}
}

func TestWritable(t *testing.T) {
	for name, want := range map[string]string{
		"models/a.SafeTensors": "model", "setup.exe": "installer", "x/install.sh": "script", "pkg-1.0.tar.gz": "package",
		"data.gz": "", "index.html": "web page", "$web/app/a.js": "web page", "$web/a.js": "web page", "src/a.js": "script",
		"a.txt": "", "": "", "a.whl": "package", "pytorch_model.bin": "model", "a\\b\\c.PS1": "script", "Dockerfile": "script",
	} {
		if got := classify.Writable([]byte(name)); got != want {
			t.Errorf("Writable(%q) = %q; want %q", name, got, want)
		}
	}
}

// oracle is Named of classes done slowly: each glob against each name.
func oracle(name string, size int64) string {
	if size == 0 || name == "" {
		return ""
	}
	name = strings.ToLower(strings.NewReplacer(`\`, "/", "!", "/").Replace(name))
	parts := strings.Split(name, "/")
	worst, at := "", -1
	for i, c := range classify.All {
		for _, s := range c.Names {
			for _, g := range s.Globs {
				if (size < 0 || size >= s.Least) && anywhere(strings.Split(strings.ToLower(g), "/"), parts) {
					if at < 0 || c.Severity > classify.All[at].Severity {
						worst, at = c.Name, i
					}
				}
			}
		}
	}
	return worst
}

func anywhere(glob, parts []string) bool {
	for i := range parts {
		if slow(glob, parts[i:]) {
			return true
		}
	}
	return false
}

func slow(glob, parts []string) bool {
	switch {
	case len(glob) == 0:
		return len(parts) == 0
	case glob[0] == "**" && len(glob) == 1:
		return len(parts) > 1 || len(parts) == 1 && parts[0] != ""
	case glob[0] == "**":
		return slow(glob[1:], parts) || len(parts) > 0 && slow(glob, parts[1:])
	case len(parts) == 0:
		return false
	}
	ok, _ := path.Match(glob[0], parts[0])
	return ok && slow(glob[1:], parts[1:])
}

// words are the parts that the globs speak of, so that made names come near.
func words() []string {
	var all []string
	for _, c := range classify.All {
		for _, s := range c.Names {
			for _, g := range s.Globs {
				all = append(all, strings.Split(g, "/")...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestNamedEqualsTheOracle(t *testing.T) {
	all := words()
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		for range rapid.IntRange(1, 7).Draw(t, "parts") {
			w := rapid.SampledFrom(all).Draw(t, "word")
			fill := rapid.SampledFrom([]string{"", "x", "ab.c", "2020", "é"}).Draw(t, "fill")
			w = strings.ReplaceAll(w, "**", "*")
			w = strings.ReplaceAll(w, "*", fill)
			if rapid.Bool().Draw(t, "upper") {
				w = strings.Map(func(r rune) rune {
					if 'a' <= r && r <= 'z' {
						return r - 32
					}
					return r
				}, w)
			}
			parts = append(parts, w)
		}
		name := strings.Join(parts, rapid.SampledFrom([]string{"/", "/", `\`, "!"}).Draw(t, "separator"))
		if rapid.IntRange(0, 9).Draw(t, "as_a_glob") == 0 {
			c := rapid.SampledFrom(classify.All).Draw(t, "class")
			if len(c.Names) > 0 {
				name = "x/" + strings.ReplaceAll(rapid.SampledFrom(rapid.SampledFrom(c.Names).Draw(t, "shape").Globs).Draw(t, "glob"), "*", "y")
			}
		}
		size := rapid.SampledFrom([]int64{-1, 0, 1, 1 << 16, 1 << 30}).Draw(t, "size")
		got := ""
		if g := classify.Named([]byte(name), size); g.Class != nil {
			got = g.Class.Name
		}
		if want := oracle(name, size); got != want {
			t.Fatalf("Named(%q, %d) = %q; want %q", name, size, got, want)
		}
	})
}

func FuzzNamed(f *testing.F) {
	for _, w := range words() {
		f.Add([]byte("a/"+w), int64(5))
	}
	f.Fuzz(func(t *testing.T, name []byte, size int64) {
		if len(name) > 1000 || slices.ContainsFunc(name, func(c byte) bool { return c >= 0x80 }) {
			return
		}
		got := ""
		if g := classify.Named(name, size); g.Class != nil {
			got = g.Class.Name
		}
		if want := oracle(string(name), size); got != want {
			t.Errorf("Named(%q, %d) = %q; want %q", name, size, got, want)
		}
		classify.Writable(name)
	})
}

func TestNamedAllocatesNothing(t *testing.T) {
	names := [][]byte{[]byte("a/b/c/id_rsa"), []byte(`Users\x\AppData\Roaming\a.txt`), []byte("public/train/000123.tar.gz")}
	if n := testing.AllocsPerRun(100, func() {
		for _, name := range names {
			classify.Named(name, 10)
			classify.Writable(name)
		}
	}); n != 0 {
		t.Errorf("%v allocations; want none", n)
	}
}

// listed are names as containers have them: most of them plain, some in the
// profile of a copied machine.
func listed() [][]byte {
	var all [][]byte
	for i := range 256 {
		for _, form := range []string{
			"datasets/imagenet/train/n%08d/n01440764_10026.JPEG", "robust-models/2020/resnet18/checkpoint_%03d.pt", "logs/2021/07/14/app-%05d.log.gz",
			"backup/pc7/Users/jdoe%d/AppData/Local/Google/Chrome/User Data/Default/Cache/f_00a3b1", "results/run-%d/metrics/loss.csv", "docs/%d/readme.md",
			"blob/%d/part-00017-c000.snappy.parquet", "Photos/2019/IMG_%d.heic",
		} {
			all = append(all, fmt.Appendf(nil, form, i*7919))
		}
	}
	return all
}

func BenchmarkNamed(b *testing.B) {
	all := listed()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		classify.Named(all[i%len(all)], 4096)
	}
}

func BenchmarkWritable(b *testing.B) {
	all := listed()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		classify.Writable(all[i%len(all)])
	}
}
