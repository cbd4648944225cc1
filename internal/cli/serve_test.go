package cli_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"sync"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/rogpeppe/go-internal/testscript"
)

// servers are those that scripts have started, by their folder.
var servers sync.Map

// serve starts a storage service that holds a little of everything and sets
// $HOST, $LINK (an account SAS), $POLICY (bound to a stored access policy), $DEAD
// (expired), $FORGED (its signature is made up) and $KEY1 to what belongs to it.
// The files link.txt, policy.txt, dead.txt and forged.txt hold the links.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: serve")
	}
	key, note := ts.Getenv("KEY"), &late{}
	s := fake.New(fake.Options{
		Keys:       []string{key},
		Policies:   []fake.Policy{{Service: "blob", Container: "shared", ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"}},
		Containers: contents(ts, note),
	})
	ts.Defer(s.Close)
	servers.Store(ts.Getenv("WORK"), s)
	until := "2051-10-06T00:00:00Z"
	account := url.Values{"sv": {"2023-11-03"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rwdl"}, "se": {until}}
	write := func(name, link string) {
		ts.Check(os.WriteFile(ts.MkAbs(name+".txt"), []byte(link), 0o600))
	}
	link := s.URL + "?" + s.Sign("blob", "/", account, 1)
	write("link", link)
	write("policy", s.URL+"/shared?"+s.Sign("blob", "/shared", url.Values{"sv": {"2023-11-03"}, "sr": {"c"}, "si": {"readers"}}, 1))
	account.Set("se", "2021-10-05T00:00:00Z")
	write("dead", s.URL+"?"+s.Sign("blob", "/", account, 1))
	write("forged", s.URL+"?sv=2023-11-03&ss=b&srt=sco&sp=rl&se="+until+"&sig="+ts.Getenv("SIG2"))
	inner := s.URL + "/inner?" + s.Sign("blob", "/inner", url.Values{"sv": {"2023-11-03"}, "sr": {"c"}, "sp": {"rl"}, "se": {until}}, 1)
	note.write("the rest is at " + inner)
	ts.Setenv("HOST", s.Host("blob"))
	u, err := url.Parse(link)
	ts.Check(err)
	ts.Setenv("SIG", u.Query().Get("sig"))
}

// late is a text that is written after its size was told.
type late struct{ *bytes.Reader }

const lateSize = 600

func (l *late) write(text string) {
	l.Reader = bytes.NewReader(fmt.Appendf(nil, "%-*s", lateSize, text))
}

// contents is what the service holds: models, a copied profile with a key, an
// archive with a table of people, and a note.
func contents(ts *testscript.TestScript, note *late) []fake.Container {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	ts.Check(err)
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	f, err := z.Create("export/customers.csv")
	ts.Check(err)
	fmt.Fprintln(f, "name,email")
	for i := range 200 {
		fmt.Fprintf(f, "Person %d,person.%d@tailspintoys.com\n", i, i)
	}
	ts.Check(z.Close())
	return []fake.Container{
		{Name: "public-models", Kind: fake.Models, Blobs: 300},
		{Name: "backups", Objects: []fake.Object{
			{Name: "ws-1/Users/ada/.ssh/id_ed25519", Body: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})},
			{Name: "ws-1/Users/ada/Documents/customers.zip", Body: packed.Bytes()},
			{Name: "ws-1/Users/ada/Desktop/notes.txt", At: note, Size: lateSize},
			{Name: "ws-1/Users/ada/holiday.jpg", Body: []byte("\xff\xd8\xff\xe0 a picture")},
		}},
		{Name: "shared", Objects: []fake.Object{{Name: "read.me.txt", Body: []byte("hello")}}},
		{Name: "inner", Objects: []fake.Object{{Name: "deeper.txt", Body: []byte("nothing to see")}}},
	}
}

// reads checks that the service was asked nothing that could change it; ! reads,
// that it was.
func reads(ts *testscript.TestScript, neg bool, _ []string) {
	v, ok := servers.Load(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("nothing is served")
	}
	s := v.(*fake.Server)
	if bad := s.Violations(); len(bad) > 0 {
		ts.Fatalf("%d requests could have changed something, such as %s %s", len(bad), bad[0].Method, bad[0].Path)
	}
	if writes := len(s.Writes()); (writes > 0) != neg {
		ts.Fatalf("%d requests were no reads", writes)
	}
	if s.Count() == 0 {
		ts.Fatalf("nothing was asked")
	}
}
