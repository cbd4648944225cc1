package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// contents makes what the account holds: the models that were meant to be
// shared, one of which is no longer what it was, copies of two workstations, exports, and notes with the link inner in
// them. Scratch files go to folder.
func contents(ctx context.Context, folder, inner string) (all []thing, err error) {
	folder = filepath.Join(folder, "scratch")
	if err := os.Mkdir(folder, 0o750); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	for _, network := range networks {
		for _, strength := range strengths {
			name, command := model(network, strength), ""
			if name == replaced {
				command = prank
			}
			all = append(all, thing{models, name, checkpoint(4<<10, command)})
		}
	}
	ada, err := ada(folder)
	if err != nil {
		return nil, err
	}
	all = append(all, ada...)
	all = append(all, ben()...)
	image, err := disk(ctx, folder)
	if err != nil {
		return nil, err
	}
	if image != nil {
		all = append(all, thing{"backups", "ws-ben/disk0.vhdx", image})
	}
	all = append(all,
		thing{exports, "teams/messages.json", export(240, 14)},
		thing{exports, "customers.zip", customers(500)},
		thing{"notes", "meeting.txt", []byte("Retrain with the new data before the deadline.\nAsk Ben for the link to the cluster.\n")},
		thing{"notes", "links.txt", []byte("what we exported is at " + inner + "\n")},
		thing{"web", "index.html", []byte("<!doctype html><title>Robust models</title><script src=demo.js></script>\n")},
		thing{"web", "demo.js", []byte("document.title += ' demo';\n")},
	)
	return all, nil
}

// ada is the copy of a workstation, file by file.
func ada(folder string) ([]thing, error) {
	chat, err := teams(filepath.Join(folder, "teams"))
	if err != nil {
		return nil, err
	}
	const home = "ws-ada/Users/ada/"
	all := []thing{
		{"backups", home + ".ssh/id_ed25519", privateKey()},
		{"backups", home + ".ssh/known_hosts", []byte("cluster.contoso.example ssh-ed25519 " + signature() + "\n")},
		{"backups", home + ".aws/credentials", []byte("[default]\naws_access_key_id = AKIA" + letters(16) + "\naws_secret_access_key = " + signature()[:40] + "\n")},
		{"backups", home + "AppData/Local/Google/Chrome/User Data/Default/Login Data", append([]byte("SQLite format 3\x00"), make([]byte, 4080)...)},
		{"backups", home + "Desktop/passwords.kdbx", keepass()},
		{"backups", home + "Documents/paper.tex", []byte("\\documentclass{article}\n\\begin{document}Robust models.\\end{document}\n")},
		{"backups", home + "NTUSER.DAT", append([]byte("regf"), noise(8<<10)...)},
	}
	for name, body := range chat {
		all = append(all, thing{"backups", home + "AppData/Roaming/Microsoft/Teams/IndexedDB/https_teams.microsoft.com_0.indexeddb.leveldb/" + name, body})
	}
	return all, nil
}

// ben is what else lies beside the disk of the second workstation.
func ben() []thing {
	const home = "ws-ben/Users/ben/"
	return []thing{
		{"backups", home + ".ssh/id_ed25519", privateKey()},
		{"backups", home + ".bash_history", []byte("ssh cluster\ngit push\npython train.py\n")},
		{"backups", home + "Documents/holiday.jpg", append([]byte("\xff\xd8\xff\xe0"), noise(40<<10)...)},
	}
}

// disk is a small disk with NTFS and a few files in it, as a VHDX, or nil where
// the tools that make one are missing.
func disk(ctx context.Context, dir string) ([]byte, error) {
	for _, tool := range []string{"qemu-img", "mkntfs", "ntfscp"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, nil
		}
	}
	raw, packed := filepath.Join(dir, "disk.raw"), filepath.Join(dir, "disk.vhdx")
	if err := os.WriteFile(raw, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(raw, 32<<20); err != nil {
		return nil, err
	}
	steps := [][]string{{"mkntfs", "-F", "-q", "-Q", raw}}
	for name, body := range map[string][]byte{"id_rsa": privateKey(), "passwords.kdbx": keepass(), "unattend.xml": []byte("<unattend/>\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			return nil, err
		}
		steps = append(steps, []string{"ntfscp", "-q", raw, filepath.Join(dir, name), name})
	}
	steps = append(steps, []string{"qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=dynamic,block_size=1048576", raw, packed})
	for _, s := range steps {
		if out, err := exec.CommandContext(ctx, s[0], s[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", s[0], err, out)
		}
	}
	return os.ReadFile(packed)
}

// export is a Teams export of n messages that people wrote in turn.
func export(n, people int) []byte {
	type message struct {
		ID      string `json:"id"`
		Time    string `json:"originalarrivaltime"`
		Kind    string `json:"messagetype"`
		Content string `json:"content"`
		From    string `json:"from"`
	}
	type conversation struct {
		ID       string    `json:"id"`
		Messages []message `json:"MessageList"`
	}
	c := conversation{ID: "19:general@thread.skype"}
	for i := range n {
		c.Messages = append(c.Messages, message{fmt.Sprint(1600000000000 + i), "2020-09-13T12:26:40.0Z", "Text", "made up", fmt.Sprintf("8:live:person%d", i%people)})
	}
	return encoded(map[string]any{"userId": "8:live:ada", "exportDate": "2021-01-02T03:04", "conversations": []conversation{c}})
}

// encoded is v as JSON.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // values of this program always encode
	}
	return b
}

// customers is a table of n people in an archive.
func customers(n int) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("customers.csv")
	if err != nil {
		panic(err) // a buffer takes everything
	}
	fmt.Fprintln(f, "name,email")
	for i := range n {
		fmt.Fprintf(f, "Person %d,person.%d@tailspintoys.com\n", i, i)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// privateKey is an SSH key that opens nothing.
func privateKey() []byte {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // randomness does not fail
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// keepass is a file that begins as a KeePass database does.
func keepass() []byte {
	return append([]byte{0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 0, 0, 4, 0}, noise(2<<10)...)
}

// noise returns n random bytes.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// signature returns what looks like a signature in a link and signs nothing.
func signature() string {
	return strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(base64Of(noise(32)))
}

// letters returns n capital letters and digits.
func letters(n int) string { return strings.ToUpper(hex.EncodeToString(noise(n)))[:n] }
