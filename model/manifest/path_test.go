package manifest_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/manifest"
)

func TestCleanPath(t *testing.T) {
	tests := []struct{ path, want string }{ // "" if it is refused
		{"a", "a"},
		{"a/b.bin", "a/b.bin"},
		{"./config.json", "config.json"},
		{"subdir/./weights.bin", "subdir/weights.bin"},
		{"subdir//file", "subdir/file"},
		{"subdir/", "subdir"},
		{"..a/b..", "..a/b.."},
		{`a\b`, `a\b`},
		{"模型", "模型"},
		{"", ""},
		{"/a", ""},
		{"../a", ""},
		{"a/../b", ""},
		{"a/..", ""},
		{"a\xff", ""},
		{"a\x00", ""},
		{strings.Repeat("a/", 5000), ""},
	}
	for _, tt := range tests {
		if got, err := manifest.CleanPath(tt.path); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("CleanPath(%.40q) = %q, %v; want %q", tt.path, got, err, tt.want)
		}
	}
}

func TestIgnores(t *testing.T) {
	ignored := []string{"cache", "a/b"}
	for path, want := range map[string]bool{
		"cache": true, "cache/x": true, "cache2": false, "sub/cache": false, "a": false, "a/b": true, "a/b/c": true, "a/bc": false,
		".git": true, ".git/config": true, ".gitignore": true, ".github/x": true, ".gitattributes": true, ".gitmodules": false, "sub/.git": false, "sub/.git/x": false,
	} {
		if got := manifest.Ignores(ignored, path); got != want {
			t.Errorf("Ignores(%q) = %v; want %v", path, got, want)
		}
	}
	for path, want := range map[string]string{"a/": "a", "./a/b": "a/b", "a*": "", "a?": "", "[a]": "", "/a": "", "../a": "", "": ""} {
		if got, err := manifest.CheckIgnored(path); got != want || (err != nil) != (want == "") {
			t.Errorf("CheckIgnored(%q) = %q, %v; want %q", path, got, err, want)
		}
	}
}
