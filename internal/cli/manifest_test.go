package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/rogpeppe/go-internal/testscript"
)

// signingkey NAME makes NAME.pem and NAME.pub.
func signingKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: signingkey NAME")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	ts.Check(err)
	for name, block := range map[string]*pem.Block{".pem": {Type: "PRIVATE KEY", Bytes: private}, ".pub": {Type: "PUBLIC KEY", Bytes: public}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+name), pem.EncodeToMemory(block), 0o600))
	}
}

// kept is an object as the storage has it, or had it.
func kept(name, text, etag, stamp, month string) fake.Object {
	at, _ := time.Parse(time.DateOnly, "2024-"+month+"-01")
	sum := md5.Sum([]byte(text))
	return fake.Object{Name: name, Body: []byte(text), ETag: etag, Stamp: stamp, Modified: at, MD5: sum[:]}
}

// modelstore STATE serves an account with two models, as they were or as they are
// after somebody was there, and writes links to it into files: link.txt opens the
// container, account.txt the account, one.txt one object; unlistable.txt,
// blindone.txt (with the address of one object) and blindaccount.txt read, but do
// not list.
func modelStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: modelstore was|now|forged")
	}
	config := kept("resnet/config.json", `{"layers":18}`, "0x8DC0000000000A1", "2024-01-01T00:00:00.0000001Z", "01")
	weights := kept("resnet/weights.bin", "harmless weights", "0x8DC0000000000A2", "2024-01-01T00:00:00.0000002Z", "01")
	notes := kept("resnet/notes.txt", "how it was trained", "0x8DC0000000000A3", "", "01")
	other := kept("other/model.bin", "another model", "0x8DC0000000000A4", "", "01")
	objects := []fake.Object{config, weights, notes, other}
	if args[0] != "was" {
		past := weights
		past.State = fake.Version
		armed := kept("resnet/weights.bin", "poisoned weights", "0x8DC0000000000B2", "2024-03-01T00:00:00.0000000Z", "03")
		if args[0] == "forged" { // who may write may set the MD5
			armed.MD5 = weights.MD5
		}
		objects = []fake.Object{config, past, armed, kept("resnet/dropper.pkl", "cos\nsystem", "0x8DC0000000000B3", "", "03"), other}
	}
	s := fake.New(fake.Options{Keys: []string{ts.Getenv("KEY")}, Containers: []fake.Container{{Name: "models", Objects: objects}, {Name: "empty"}}})
	ts.Defer(s.Close)
	servers.Store(ts.Getenv("WORK"), s)
	until := "2051-10-06T00:00:00Z"
	link := s.URL + "/models?" + s.Sign("blob", "/models", url.Values{"sv": {"2023-11-03"}, "sr": {"c"}, "sp": {"rl"}, "se": {until}}, 1)
	account := s.URL + "?" + s.Sign("blob", "/", url.Values{"sv": {"2023-11-03"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rl"}, "se": {until}}, 1)
	one := s.URL + "/models/resnet/weights.bin?" + s.Sign("blob", "/models/resnet/weights.bin", url.Values{"sv": {"2023-11-03"}, "sr": {"b"}, "sp": {"r"}, "se": {until}}, 1)
	blind := s.URL + "/models?" + s.Sign("blob", "/models", url.Values{"sv": {"2023-11-03"}, "sr": {"c"}, "sp": {"r"}, "se": {until}}, 1)
	mute := s.URL + "/models/resnet/weights.bin?" + s.Sign("blob", "/", url.Values{"sv": {"2023-11-03"}, "ss": {"b"}, "srt": {"o"}, "sp": {"r"}, "se": {until}}, 1)
	for name, text := range map[string]string{"link.txt": link, "account.txt": account, "one.txt": one, "unlistable.txt": blind, "blindone.txt": strings.Replace(blind, "/models?", "/models/resnet/weights.bin?", 1), "blindaccount.txt": mute} {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
	u, err := url.Parse(strings.TrimSpace(link))
	ts.Check(err)
	ts.Setenv("SIG", u.Query().Get("sig"))
	ts.Setenv("HOST", s.Host("blob"))
}
