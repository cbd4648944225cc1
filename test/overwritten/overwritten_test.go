// Package overwritten_test signs models, overwrites them in the storage emulator,
// and asks the whole program what was overwritten.
package overwritten_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/test/azurite"
)

// files are those of a model.
var files = map[string]string{
	"config.json":      `{"layers":18}`,
	"weights.bin":      strings.Repeat("harmless", 100_000),
	"sub/tokens.txt":   "a b c",
	"sub/tokens-2.txt": "d e f",
}

// bench is a signed model that lies in a folder and in the emulator.
type bench struct {
	account *azurite.Account
	folder  string // of keys, signatures and the model
	link    string
}

func newBench(t *testing.T) *bench {
	b := &bench{account: azurite.Shared(t).NewAccount(t), folder: t.TempDir()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	b.write(t, "key.pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})))
	b.account.PutContainer(t, "models", "")
	for name, text := range files {
		b.write(t, "resnet/"+name, text)
		b.account.PutBlob(t, "models", "resnet/"+name, []byte(text))
	}
	b.account.PutBlob(t, "models", "other/model.bin", []byte("another model"))
	sas := b.account.BlobSAS(azurite.SAS{Container: "models", Permissions: "rl", Expiry: azurite.Stamp(time.Now().Add(20 * time.Hour))})
	b.link = b.account.Link("blob", "models", "", sas)
	return b
}

func (b *bench) at(name string) string { return filepath.Join(b.folder, filepath.FromSlash(name)) }

func (b *bench) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(b.at(name)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.at(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command on the link, and checks its exit code.
func (b *bench) run(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"manifest"}, args...)
	args = append(args, "--allow-host", strings.Join(b.account.Server().Hosts(), ","), "--prefix", "resnet", "-")
	code := cli.Main(args, cli.World{
		In: strings.NewReader(b.link), Out: &out, Err: &errs, Now: time.Now,
		Getenv: func(name string) string { return map[string]string{"HOME": b.folder, "XDG_STATE_HOME": b.folder}[name] },
	})
	if code != want {
		t.Fatalf("%s ended with %d; want %d\n%s%s", args[1], code, want, out.String(), errs.String())
	}
	return out.String()
}

// verdict is what manifest verify says, in JSON.
type verdict struct {
	Verdict  string
	Count    map[string]int
	Read     int64 `json:"bytes_read"`
	Findings []struct {
		Path, State, Why  string
		Signed, Now, Kept *struct {
			Size     int64
			Modified time.Time
			Version  string
		}
	}
}

// verify asks what is no longer as it was signed. It changes nothing.
func (b *bench) verify(t *testing.T, want int, args ...string) verdict {
	t.Helper()
	before := b.state(t)
	args = append([]string{"verify", "--format", "json", "--public-key", b.at("key.pub")}, args...)
	var v verdict
	if err := json.Unmarshal([]byte(b.run(t, want, args...)), &v); err != nil {
		t.Fatal(err)
	}
	if b.state(t) != before {
		t.Error("the account is not what it was")
	}
	return v
}

func (b *bench) state(t *testing.T) string {
	t.Helper()
	s, err := b.account.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOverwrittenModelsAreTold(t *testing.T) {
	b := newBench(t)
	here := cli.Main([]string{"manifest", "sign", "--key", b.at("key.pem"), "-o", b.at("here.sig"), b.at("resnet")}, cli.World{
		Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, In: strings.NewReader(""), Now: time.Now, Getenv: func(string) string { return "" },
	})
	if here != 0 {
		t.Fatalf("sign ended with %d", here)
	}
	b.run(t, 0, "sign", "--key", b.at("key.pem"), "-o", b.at("there.sig"))
	b.run(t, 0, "sign", "--key", b.at("key.pem"), "--shards", "100kB", "--bare", "-o", b.at("bare.sig"))

	// Nobody was there.
	if v := b.verify(t, 0, "--signature", b.at("there.sig")); v.Count["unwritten"] != 4 || v.Read != 0 {
		t.Errorf("verify = %+v; want four files that nobody has written", v)
	}
	if v := b.verify(t, 0, "--signature", b.at("here.sig"), "--full"); v.Count["same"] != 4 {
		t.Errorf("verify --full of what was signed before it was stored = %+v; want four files the same", v)
	}
	if v := b.verify(t, 3, "--signature", b.at("bare.sig")); v.Count["unproven"] != 4 || v.Read != 0 {
		t.Errorf("verify without notes = %+v; want four files unproven", v)
	}

	// Somebody was.
	snapshot := b.account.Snapshot(t, "models", "resnet/weights.bin")
	armed := strings.Replace(files["weights.bin"], "harmless", "poisoned", 1)
	b.account.PutBlob(t, "models", "resnet/weights.bin", []byte(armed))
	b.account.PutBlob(t, "models", "resnet/dropper.pkl", []byte("cos\nsystem"))
	b.account.DeleteBlob(t, "models", "resnet/sub/tokens.txt")
	b.account.PutBlob(t, "models", "resnet/sub/tokens-2.txt", []byte(files["sub/tokens-2.txt"])) // written, but the same
	for _, signature := range []string{"there.sig", "here.sig"} {
		for _, how := range []string{"", "--doubtful", "--full"} {
			t.Run(signature+how, func(t *testing.T) {
				args := []string{"--signature", b.at(signature)}
				if how != "" {
					args = append(args, how)
				}
				v := b.verify(t, 1, args...)
				if v.Verdict != "differs" || v.Count["changed"] != 1 || v.Count["added"] != 1 || v.Count["removed"] != 1 || v.Count["unproven"] > 0 && how != "" {
					t.Fatalf("verify = %+v; want one changed, one added, one removed", v)
				}
				b.told(t, v, snapshot, signature == "there.sig")
			})
		}
	}
	v := b.verify(t, 1, "--signature", b.at("bare.sig"), "--full")
	for _, f := range v.Findings {
		if f.Path == "weights.bin" && f.Why != "its bytes from 0 to 100000 have another digest" {
			t.Errorf("verify --full says of the weights %q; want the bytes that differ", f.Why)
		}
	}
}

// told checks what is said of each file, and when it was written.
func (b *bench) told(t *testing.T, v verdict, snapshot string, kept bool) {
	t.Helper()
	want := map[string]string{"weights.bin": "changed", "dropper.pkl": "added", "sub/tokens.txt": "removed"}
	for _, f := range v.Findings {
		if f.State != "unproven" && want[f.Path] != f.State {
			t.Errorf("%s is %s; want %s", f.Path, f.State, want[f.Path])
		}
		if f.Path != "weights.bin" {
			continue
		}
		if f.Now == nil || f.Now.Modified.IsZero() {
			t.Errorf("nothing says when %s was written", f.Path)
		}
		if kept && (f.Kept == nil || f.Kept.Version != snapshot) {
			t.Errorf("%s is kept as %+v; want the snapshot %s", f.Path, f.Kept, snapshot)
		}
	}
}
