package cli_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"net/url"
	"os"
	"path/filepath"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/rogpeppe/go-internal/testscript"
)

// armed is a pickle that would print a word. Nothing here ever loads it.
const armed = "cposix\nsystem\n(S'echo this is a test'\ntR."

// harmless is a pickle of a dictionary.
const harmless = "\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s."

// weights is a safetensors file with one tensor.
func weights() []byte {
	head := `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(b, head...), make([]byte, 8)...)
}

// checkpoint is a file as torch.save writes it: a pickle, and so many bytes of
// weights that are stored as they are.
func checkpoint(ts *testscript.TestScript, pickle string, size int) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range []struct{ name, body string }{{"data.pkl", pickle}, {"byteorder", "little"}, {"data/0", string(make([]byte, size))}, {"version", "3\n"}} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: "archive/" + m.name, Method: zip.Store})
		ts.Check(err)
		_, err = f.Write([]byte(m.body))
		ts.Check(err)
	}
	ts.Check(z.Close())
	return b.Bytes()
}

// bigCheckpoint is how many bytes of weights the checkpoints behind links have.
const bigCheckpoint = 9_000_000

// models DIR writes a folder of model files, one of each sort.
func models(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: models DIR")
	}
	dir := ts.MkAbs(args[0])
	for name, body := range map[string][]byte{
		"armed.pkl":                  []byte(armed),
		"net/resnet.ckpt":            checkpoint(ts, armed, 5000),
		"net/good.pt":                checkpoint(ts, harmless, 5000),
		"net/model.safetensors":      weights(),
		"net/cut.safetensors":        weights()[:20],
		"net/README.md":              []byte("# A model\n\nIt is large.\n"),
		"net/b\x1b[31mold\u202e.pkl": []byte(armed),
	} {
		path := filepath.Join(dir, name)
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, body, 0o600))
	}
	ts.Check(os.Symlink(filepath.Join(dir, "net", "good.pt"), filepath.Join(dir, "latest.pt")))
}

// serveModels starts a storage service that holds models behind a link, and sets
// $HOST; link.txt, one.txt (one object) and dead.txt hold links. A second one,
// $OPEN, lets everybody in: $URL is there.
func serveModels(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: servemodels")
	}
	objects := []fake.Object{
		{Name: "robust/resnet18.ckpt", Body: checkpoint(ts, armed, bigCheckpoint)},
		{Name: "robust/good.pt", Body: checkpoint(ts, harmless, bigCheckpoint)},
		{Name: "robust/model.safetensors", Body: weights()},
		{Name: "notes.txt", Body: []byte(armed)},
	}
	closed := fake.New(fake.Options{Keys: []string{ts.Getenv("KEY")}, Containers: []fake.Container{{Name: "models", Objects: objects}, {Name: "empty"}}})
	open := fake.New(fake.Options{Containers: []fake.Container{{Name: "models", Objects: objects}}})
	ts.Defer(closed.Close)
	ts.Defer(open.Close)
	servers.Store(ts.Getenv("WORK"), closed)
	account := url.Values{"sv": {"2023-11-03"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rwdl"}, "se": {"2051-10-06T00:00:00Z"}}
	link := closed.URL + "?" + closed.Sign("blob", "/", account, 1)
	one := closed.URL + "/models/robust/resnet18.ckpt?" + closed.Sign("blob", "/models/robust/resnet18.ckpt", url.Values{"sv": {"2023-11-03"}, "sr": {"b"}, "sp": {"rw"}, "se": {"2051-10-06T00:00:00Z"}}, 1)
	account.Set("se", "2021-10-05T00:00:00Z")
	dead := closed.URL + "?" + closed.Sign("blob", "/", account, 1)
	for name, text := range map[string]string{"link": link, "one": one, "dead": dead} {
		ts.Check(os.WriteFile(ts.MkAbs(name+".txt"), []byte(text), 0o600))
	}
	u, err := url.Parse(link)
	ts.Check(err)
	ts.Setenv("SIG", u.Query().Get("sig"))
	ts.Setenv("HOST", closed.Host("blob"))
	ts.Setenv("OPEN", open.Host("blob"))
	ts.Setenv("URL", open.URL+"/models/robust/resnet18.ckpt")
	ts.Setenv("NOURL", open.URL+"/models/robust/none.ckpt")
}
