package azure_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud/azure"
)

// The texts are those of "Authorize with Shared Key" in the Azure Storage REST
// reference.
func TestSharedKey(t *testing.T) {
	now := time.Date(2015, 6, 26, 23, 39, 12, 0, time.UTC)
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a key for tests ", 4)))
	for _, tt := range []struct {
		name, address string
		header        http.Header
		want          string
	}{
		{"list", "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=list&include=snapshots&include=metadata&include=uncommittedblobs",
			http.Header{"X-Ms-Version": {"2015-02-21"}},
			"GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:list\ninclude:metadata,snapshots,uncommittedblobs\nrestype:container"},
		{"metadata", "https://myaccount.blob.core.windows.net/mycontainer?comp=metadata&restype=container&timeout=20",
			http.Header{"X-Ms-Version": {"2015-02-21"}},
			"GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"},
		{"range", "https://myaccount.blob.core.windows.net/mycontainer/my%20blob",
			http.Header{"X-Ms-Version": {"2015-02-21"}, "Range": {"bytes=0-9"}, "If-Match": {`"0x1"`}},
			"GET\n\n\n\n\n\n\n\n\"0x1\"\n\n\nbytes=0-9\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer/my%20blob"},
		{"emulator", "http://127.0.0.1:10000/myaccount/mycontainer?restype=container",
			http.Header{"X-Ms-Version": {"2015-02-21"}},
			"GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/myaccount/mycontainer\nrestype:container"},
		{"table", "https://myaccount.table.core.windows.net/Tables?$top=1000&comp=x",
			http.Header{"X-Ms-Version": {"2015-02-21"}},
			"Fri, 26 Jun 2015 23:39:12 GMT\n/myaccount/Tables?comp=x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, header := azure.SignedText("myaccount", key, "GET", tt.address, tt.header, now)
			if text != tt.want {
				t.Errorf("text = %q; want %q", text, tt.want)
			}
			scheme, signature, _ := strings.Cut(header, " myaccount:")
			raw, _ := base64.StdEncoding.DecodeString(key)
			m := hmac.New(sha256.New, raw)
			m.Write([]byte(tt.want))
			if want := base64.StdEncoding.EncodeToString(m.Sum(nil)); signature != want || scheme != "SharedKey" && scheme != "SharedKeyLite" {
				t.Errorf("Authorization = %s %s; want %s", scheme, signature, want)
			}
		})
	}
}

func TestToken(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"as_it_stands", "sv=2022-11-02&se=2051-10-06T00%3A00%3A00Z&sig=a%2Bb%2Fc%3D", "sv=2022-11-02&se=2051-10-06T00%3A00%3A00Z&sig=a%2Bb%2Fc%3D"},
		{"decoded", "sv=2022-11-02&se=2051-10-06T00:00:00Z&sig=a+b/c=", "sv=2022-11-02&se=2051-10-06T00:00:00Z&sig=a%2Bb%2Fc%3D"},
		{"lower_case", "sv=2022-11-02&sig=a%2bb%2fc%3d", "sv=2022-11-02&sig=a%2Bb%2Fc%3D"},
		{"twice_encoded", "sv=2022-11-02&se=2051-10-06T00%253A00%253A00Z&sig=a%252Bb%252Fc%253D", "sv=2022-11-02&se=2051-10-06T00%3A00%3A00Z&sig=a%2Bb%2Fc%3D"},
		{"of_another_request", "restype=container&comp=list&sv=2022-11-02&prefix=x&api-version=2011-08-18&sig=abc&utm_source=y", "sv=2022-11-02&sig=abc"},
		{"repeated", "sv=2022-11-02&sig=abc&sig=def&sv=2011-08-18", "sv=2022-11-02&sig=abc"},
		{"broken", "sv=2022-11-02&rscd=a b\"é%zz&sig=abc", "sv=2022-11-02&rscd=a%20b%22%C3%A9%25zz&sig=abc"},
		{"none", "a=b", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := azure.Token(tt.query); got != tt.want {
				t.Errorf("Token(%q) = %q; want %q", tt.query, got, tt.want)
			}
		})
	}
}

func FuzzToken(f *testing.F) {
	f.Add("sv=2022-11-02&se=2051-10-06T00%253A00&sig=a%252Bb")
	f.Add("sig=%&sp=%2&=&&SIG=x")
	f.Add("se=;")
	f.Fuzz(func(t *testing.T, query string) {
		got := azure.Token(query)
		if _, err := url.ParseQuery(got); err != nil {
			t.Fatalf("Token(%q) = %q: %v", query, got, err)
		}
	})
}

func TestEscapeName(t *testing.T) {
	for _, name := range oddNames {
		t.Run(name, func(t *testing.T) {
			got := azure.EscapeName(name)
			if back, err := url.PathUnescape(got); err != nil || back != name {
				t.Errorf("EscapeName(%q) = %q, which is %q, %v", name, got, back, err)
			}
			u := &url.URL{Scheme: "https", Host: "h", Path: "/" + name, RawPath: "/" + got}
			if u.EscapedPath() != "/"+got {
				t.Errorf("EscapeName(%q) = %q, sent as %q", name, got, u.EscapedPath())
			}
			for segment := range strings.SplitSeq(got, "/") {
				if segment == "." || segment == ".." {
					t.Errorf("EscapeName(%q) = %q; a segment of dots", name, got)
				}
			}
		})
	}
}
