package git_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source/git"
)

// newSignature returns a signature in base64 as long as that of a SAS, without
// slashes, so that it fits into one name.
func newSignature() string {
	for {
		var raw [32]byte
		_, _ = rand.Read(raw[:])
		if sig := base64.StdEncoding.EncodeToString(raw[:]); !strings.Contains(sig, "/") {
			return sig
		}
	}
}

// TestRememberNoSecret puts links into names, which the memory keeps, and looks
// for what of them is in it.
func TestRememberNoSecret(t *testing.T) {
	sig := newSignature()
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	for name, test := range map[string]struct{ link, secret string }{
		"plain":              {"x?sv=2022&sig=" + sig, sig},
		"escaped":            {"x?sv=2022&sig=" + url.QueryEscape(sig), sig[:20]},
		"escaped_as_a_whole": {url.QueryEscape("x?sv=2022&sig=" + sig), sig[:20]},
		"hex":                {"x?X-Amz-Signature=" + hex.EncodeToString(raw[:]), hex.EncodeToString(raw[:])},
		"cut_up":             {"x?sv=2022&sig=" + sig[:9] + "/" + sig[9:], sig[9:30]},
		"entity":             {"x sig&#61;" + sig[:43], sig[:20]},
		"connection_string":  {"AccountName=a;AccountKey=" + sig, sig[:20]},
		"no_equals_sign":     {"x sig " + sig[:43], sig[:20]},
		"wrapped":            {base64.RawURLEncoding.EncodeToString([]byte("https://account.blob.core.windows.net/c/b?sv=2022-11-02&sp=rl&sig=" + sig)), sig[:20]},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			inName, inAuthor, inTagger := newLink(), newLink(), newLink()
			for i := range 20 {
				r.write(fmt.Sprintf("plain/f%d", i), fmt.Sprint("text ", i))
			}
			r.commit("one")
			r.write("deep/down/"+inName+" "+test.link, "text")
			r.commit("two")
			r.write("deep/more", "more")
			r.commit("three", "--author", inAuthor+" "+test.link+" <a@example.com>")
			r.git("-c", "user.name="+inTagger+" "+test.link, "tag", "-am", "tag", "v1")
			r.write("deep/last", "last")
			r.commit("four")
			r.git("repack", "-adfq", "--depth=50", "--window=50")
			cache := t.TempDir()
			opt := git.Options{Cache: cache, Rules: "1"}
			plain := scan(t, r.path, git.Options{})
			if len(plain.of(inName)) == 0 || len(plain.of(inAuthor)) == 0 {
				t.Fatalf("told %q; want the links in names", plain.told())
			}
			for when := range 3 {
				got := remembering(t, r.path, opt)
				if !slices.Equal(got.told(), plain.told()) {
					t.Errorf("scan %d told %q; want %q", when, got.told(), plain.told())
				}
				if when > 0 && got.pieces >= plain.pieces-20 {
					t.Errorf("scan %d: %d pieces of %d; want fewer", when, got.pieces, plain.pieces)
				}
				files, _ := filepath.Glob(filepath.Join(cache, "*"))
				if len(files) != 1 {
					t.Fatalf("files %q; want one", files)
				}
				data, err := os.ReadFile(files[0])
				if err != nil {
					t.Fatal(err)
				}
				text, _ := url.PathUnescape(string(data))
				for _, secret := range []string{test.link, test.secret} {
					if bytes.Contains(data, []byte(secret)) || strings.Contains(text, secret) {
						t.Errorf("after scan %d the memory holds a secret", when)
					}
				}
			}
		})
	}
}

// TestRememberLongNames remembers names that hold no secret, long as they are.
func TestRememberLongNames(t *testing.T) {
	r := newRepository(t)
	for _, name := range []string{
		"da39a3ee5e6b4b0d3255bfef95601890afd80709",
		strings.Repeat("0123456789abcdef", 8) + ".sha512",
		"AbstractSingletonProxyFactoryBeanKeyTest2.java",
		"test_that_a_signature_is_designed_and_assigned_to_1_key.py",
		"a=b.txt", "50%.txt", "key.pem",
	} {
		r.write(name, "text of "+name)
	}
	r.commit("one")
	opt := git.Options{Cache: t.TempDir(), Rules: "1"}
	remembering(t, r.path, opt)
	if n := remembering(t, r.path, opt).pieces; n != 1 {
		t.Errorf("%d pieces; want the name of the branch alone", n)
	}
}
