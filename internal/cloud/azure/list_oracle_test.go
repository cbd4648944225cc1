package azure

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/source"
)

// oracle reads a page with the decoder of the standard library.
type oracle struct {
	XMLName xml.Name `xml:"EnumerationResults"`
	Blobs   struct {
		Entries []oracleEntry `xml:",any"`
	}
	NextMarker string
}

type oracleEntry struct {
	XMLName xml.Name
	Name    struct {
		Encoded bool   `xml:",attr"`
		Text    string `xml:",chardata"`
	}
	Snapshot         string
	VersionID        string `xml:"VersionId"`
	IsCurrentVersion string
	Deleted          string
	Properties       struct {
		Modified string `xml:"Last-Modified"`
		Created  string `xml:"Creation-Time"`
		Etag     string
		Size     int64  `xml:"Content-Length"`
		MD5      string `xml:"Content-MD5"`
		Type     string `xml:"Content-Type"`
		BlobType string
		Tier     string `xml:"AccessTier"`
		Resource string `xml:"ResourceType"`
	}
}

func (e *oracleEntry) object() source.Object {
	p := &e.Properties
	o := source.Object{
		Name: []byte(e.Name.Text), Size: p.Size, Tag: []byte(p.Etag), Type: []byte(p.Type), Tier: []byte(p.Tier),
		Kind: map[string]byte{"BlockBlob": 'b', "PageBlob": 'p', "AppendBlob": 'a'}[p.BlobType],
	}
	if e.Name.Encoded {
		o.Name = []byte(unescape(e.Name.Text))
	}
	if t, err := time.Parse(time.RFC1123, p.Modified); err == nil {
		o.Modified = t.Unix()
	}
	if t, err := time.Parse(time.RFC1123, p.Created); err == nil {
		o.Created = t.Unix()
	}
	if sum, err := base64.StdEncoding.DecodeString(p.MD5); err == nil && len(sum) == 16 {
		o.MD5 = sum
	}
	o.Version = []byte(e.VersionID)
	if e.Snapshot != "" {
		o.Version = []byte(e.Snapshot)
	}
	switch {
	case e.Deleted == "true":
		o.State = source.Deleted
	case e.XMLName.Local == "BlobPrefix" || p.Resource == "directory":
		o.State = source.Folder
	case e.Snapshot != "":
		o.State = source.Snapshot
	case e.VersionID != "" && e.IsCurrentVersion != "true":
		o.State = source.Version
	}
	return o
}

func show(o *source.Object) string {
	return fmt.Sprintf("%q %d %d %d %q %x %q %q %q %c %d", o.Name, o.Size, o.Modified, o.Created, o.Tag, o.MD5, o.Type, o.Tier, o.Version, max(o.Kind, ' '), o.State)
}

// compare reads a page in both ways. It reports false if the oracle cannot.
func compare(t *testing.T, l *listing, page []byte) bool {
	t.Helper()
	var want oracle
	if xml.Unmarshal(page, &want) != nil {
		return false
	}
	if err := l.parse(page); err != nil {
		t.Fatalf("parse: %v\n%s", err, page)
	}
	if len(l.objects) != len(want.Blobs.Entries) || string(l.marker) != want.NextMarker {
		t.Fatalf("parse = %d objects, marker %q; want %d, %q", len(l.objects), l.marker, len(want.Blobs.Entries), want.NextMarker)
	}
	for i := range l.objects {
		o := want.Blobs.Entries[i].object()
		if got, want := show(&l.objects[i]), show(&o); got != want {
			t.Fatalf("object %d = %s; want %s", i, got, want)
		}
	}
	return true
}

// elements are what an entry of a random page is made of.
func randomEntry(r *rand.Rand, shape uint64) string {
	var b strings.Builder
	has := func(bit int) bool { return shape>>bit&1 == 1 || r.IntN(40) == 0 }
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	element := func(name, value string) {
		if value == "" {
			b.WriteString(pick("<"+name+" />", "<"+name+"/>", "<"+name+"></"+name+">"))
			return
		}
		b.WriteString("<" + name + ">" + value + "</" + name + ">")
	}
	date := func() string { return time.Unix(r.Int64N(4e9), 0).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
	if has(0) {
		return "<BlobPrefix><Name>" + pick("a/", "b&amp;c/", "d/e/") + "</Name></BlobPrefix>"
	}
	b.WriteString("<Blob>")
	if has(1) {
		b.WriteString(`<Name Encoded="true">` + pick("a%20b", "x%EF%BF%BEy", "p%25") + "</Name>")
	} else {
		b.WriteString("<Name>" + pick("plain", "f&lt;g&gt;", "new&#x0A;line", "&#233;t&#xE9;", "日本", "q&quot;&apos;", "a/b/c.txt") + fmt.Sprint(r.IntN(1000)) + "</Name>")
	}
	if has(2) {
		element("Snapshot", pick("2020-01-02T03:04:05.1234567Z", "2021-01-02T03:04:05.1234567Z", ""))
	}
	if has(3) {
		element("VersionId", pick("2020-01-02T03:04:05.7654321Z", ""))
		element("IsCurrentVersion", pick("true", "false", ""))
	}
	if has(4) {
		element("Deleted", pick("true", "false"))
	}
	b.WriteString("<Properties>")
	if has(5) {
		element("Creation-Time", date())
	}
	element("Last-Modified", pick(date(), date(), "", "rubbish"))
	element("Etag", pick("0x8D7AF9", `&quot;0x8D7AF9&quot;`))
	if has(6) {
		element("ResourceType", pick("file", "directory"))
	}
	element("Content-Length", fmt.Sprint(r.Int64N(1<<40)))
	element("Content-Type", pick("text/plain", "image/png", "", "a&amp;b"))
	element("Content-MD5", pick("", base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf("%016d", r.IntN(1e9)))), "bm90IHNpeHRlZW4="))
	element("Cache-Control", pick("", "max-age=1"))
	element("BlobType", pick("BlockBlob", "PageBlob", "AppendBlob", "NewBlob"))
	if has(7) {
		element("AccessTier", pick("Hot", "Cool", "Archive"))
	}
	element("LeaseStatus", pick("unlocked", "locked"))
	b.WriteString("</Properties>")
	if has(8) {
		b.WriteString("<Metadata><Name>not the name</Name><Deleted>true</Deleted><Properties><Content-Length>1</Content-Length></Properties></Metadata>")
	}
	if has(9) {
		b.WriteString("<Tags><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tags>")
	}
	b.WriteString("<OrMetadata /></Blob>" + pick("", "", "", "\n  "))
	return b.String()
}

func TestParseReadsWhatTheStandardLibraryReads(t *testing.T) {
	var l listing
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		shape := r.Uint64()
		var b strings.Builder
		b.WriteString(`<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c&quot;>"><Prefix>p&amp;</Prefix><!-- a > comment --><Blobs>`)
		for range r.IntN(200) {
			b.WriteString(randomEntry(r, shape))
		}
		b.WriteString("</Blobs>" + []string{"<NextMarker />", "<NextMarker>a&amp;b!c</NextMarker>", ""}[r.IntN(3)] + "</EnumerationResults>")
		if !compare(t, &l, []byte(b.String())) {
			t.Fatal("the oracle cannot read the page")
		}
	}
	if !compare(t, &l, realPage(3000)) {
		t.Fatal("the oracle cannot read a page of the service")
	}
}

// FuzzParse changes pages. Templates must make no difference, and nothing may
// panic or take up more than the page is worth.
func FuzzParse(f *testing.F) {
	f.Add(realPage(3))
	r := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		f.Add([]byte("<EnumerationResults><Blobs>" + randomEntry(r, r.Uint64()) + randomEntry(r, 0) + "</Blobs><NextMarker>x</NextMarker></EnumerationResults>"))
	}
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><EnumerationResults>&b;</EnumerationResults>`))
	f.Add([]byte("<EnumerationResults><Containers><Container><Name>$logs</Name></Container></Containers></EnumerationResults>"))
	f.Fuzz(func(t *testing.T, page []byte) {
		var warm, cold listing
		warm.parse(realPage(2))
		twice := warm.parse(page)
		first := append([]string{}, shown(&warm)...)
		if err := warm.parse(page); (err == nil) != (twice == nil) {
			t.Fatalf("parse = %v, then %v", twice, err)
		} else if err == nil && !slices.Equal(first, shown(&warm)) {
			t.Fatal("parse gives something else the second time")
		}
		err := parseSlowly(&cold, page)
		if (err == nil) != (twice == nil) {
			t.Fatalf("by templates: %v; element by element: %v", twice, err)
		}
		if err == nil && !slices.Equal(first, shown(&cold)) {
			t.Fatalf("by templates: %q; element by element: %q", first, shown(&cold))
		}
	})
}

// parseSlowly reads a page without templates.
func parseSlowly(l *listing, page []byte) error {
	l.slow = true
	return l.parse(page)
}

func shown(l *listing) (all []string) {
	for i := range l.objects {
		all = append(all, show(&l.objects[i]))
	}
	return append(all, string(l.marker))
}

func TestParseRefuses(t *testing.T) {
	deep := "<EnumerationResults><Blobs><Blob><Name>a</Name>" + strings.Repeat("<x>", 100) + strings.Repeat("</x>", 100) + "</Blob></Blobs></EnumerationResults>"
	var many bytes.Buffer
	many.WriteString("<EnumerationResults><Blobs>")
	for range maxEntries + 1 {
		many.WriteString("<Blob><Name>a</Name></Blob>")
	}
	many.WriteString("</Blobs></EnumerationResults>")
	whole := string(realPage(3))
	for _, tt := range []struct{ name, page string }{
		{"nothing", ""},
		{"web_page", "<!DOCTYPE html><html><body>sign in</body></html>"},
		{"web_page_without_a_type", "<html><body>sign in</body></html>"},
		{"json", `{"value":[]}`},
		{"bomb", `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa">]><EnumerationResults><Blobs><Blob><Name>&a;</Name></Blob></Blobs></EnumerationResults>`},
		{"entity_of_its_own", "<EnumerationResults><Blobs><Blob><Name>&a;</Name></Blob></Blobs></EnumerationResults>"},
		{"deep", deep},
		{"many", many.String()},
		{"long_name", "<EnumerationResults><Blobs><Blob><Name>" + strings.Repeat("n", maxName+1) + "</Name></Blob></Blobs></EnumerationResults>"},
		{"no_name", "<EnumerationResults><Blobs><Blob><Properties></Properties></Blob></Blobs></EnumerationResults>"},
		{"crossed", "<EnumerationResults><Blobs><Blob><Name>a</Name></Blobs></Blob></EnumerationResults>"},
		{"error", "<Error><Code>Busy</Code></Error>"},
		{"cut", whole[:len(whole)-200]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l listing
			if err := l.parse([]byte(tt.page)); !errors.Is(err, errListing) {
				t.Errorf("parse = %v; want %v", err, errListing)
			}
		})
	}
	t.Run("cut_anywhere", func(t *testing.T) {
		var l listing
		for i := range len(whole) {
			if l.parse([]byte(whole[:i])) == nil {
				t.Fatalf("parse of the first %d bytes of %d = nil", i, len(whole))
			}
		}
	})
}

func TestParseAllocatesNothing(t *testing.T) {
	page := realPage(5000)
	var l listing
	l.parse(page)
	if n := testing.AllocsPerRun(10, func() { l.parse(page) }); n > 0 {
		t.Errorf("%v allocations for a page; want none", n)
	}
}
