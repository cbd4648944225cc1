// Package closed_test closes links end to end: what leaked is scanned, proven
// to work, revoked by each route through a resource manager that drives the
// storage emulator, and confirmed dead; and whatever a plan said would survive
// or die is asked for.
package closed_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// account is an account of the emulator behind the gate of its resource manager,
// with a store of its own.
type account struct {
	*azurite.Account
	manager *arm.Running
	drive   *drive
	gates   []string // host and port of blob, queue, table
	folder  string
	client  *http.Client

	mu    sync.Mutex
	ahead time.Duration // how far waits have brought the clock of the program
}

// drive rotates keys of the emulator. A test may stop it before or after.
type drive struct {
	of            *azurite.Account
	before, after func()
}

func (d *drive) Rotate(n int) (string, error) {
	if d.before != nil {
		d.before()
	}
	key, err := d.of.Rotate(n)
	if d.after != nil {
		d.after()
	}
	return key, err
}

// keysMade is when both keys of an account were made.
var keysMade = time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{Account: azurite.Shared(t).NewAccount(t), folder: t.TempDir()}
	a.drive = &drive{of: a.Account}
	server := arm.New(arm.Options{})
	server.Add(arm.Account{Name: a.Name, Keys: [2]string{a.Key(1), a.Key(2)}, Made: [2]time.Time{keysMade, keysMade}, Public: true, Drive: a.drive})
	var err error
	if a.manager, err = arm.Start(server); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.manager.Close)
	e := a.Server()
	if a.gates, err = a.manager.Gates(a.Name, e.Client.Transport, "https://"+e.Host("secure"), "https://"+e.Host("secure queue"), "https://"+e.Host("secure table")); err != nil {
		t.Fatal(err)
	}
	a.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.manager.Roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 16}}
	t.Cleanup(a.client.CloseIdleConnections)
	a.write(t, "ca.pem", string(a.manager.PEM))
	for name, value := range map[string]string{"AZURE_TENANT_ID": arm.DefaultTenant, "AZURE_CLIENT_ID": "closed-test", "AZURE_CLIENT_SECRET": a.Key(1)[:20]} {
		t.Setenv(name, value)
	}
	if code, _, said := a.run(t, "cases", "key", a.path("key.txt")); code != 0 {
		t.Fatal(said)
	}
	return a
}

func (a *account) path(name string) string { return filepath.Join(a.folder, name) }

func (a *account) write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(a.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return a.path(name)
}

// link returns a link to a blob, led through the gate.
func (a *account) link(container, blob, query string) string {
	u, _ := url.Parse(a.Link("secure", container, blob, query))
	u.Host = a.gates[0]
	return u.String()
}

// reaching are the flags that lead a command to the account.
func (a *account) reaching() []string {
	return []string{"--allow-host", strings.Join(append(a.manager.Hosts(), a.gates...), ","), "--ca", a.path("ca.pem"),
		"--store", a.path("store.db"), "--vault-key", a.path("key.txt")}
}

// owning are those and the right of the owner.
func (a *account) owning() []string {
	return append(a.reaching(), "--login", "--manager", a.manager.URL(), "--authority", a.manager.Authority())
}

// world is that of a program whose waits pass at once.
func (a *account) world(out, said *bytes.Buffer) cli.World {
	return cli.World{In: strings.NewReader(""), Out: out, Err: said, Getenv: getenv,
		Now: func() time.Time {
			a.mu.Lock()
			defer a.mu.Unlock()
			return time.Now().Add(a.ahead)
		},
		Wait: func(ctx context.Context, d time.Duration) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.ahead += d
			return ctx.Err()
		}}
}

// getenv hides the home of whoever runs the test.
func getenv(name string) string {
	if name == "HOME" || name == "XDG_STATE_HOME" {
		return "/nowhere"
	}
	return os.Getenv(name)
}

// run runs the program.
func (a *account) run(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	return a.with(t, func(*cli.World) {}, args...)
}

// with runs the program in a world that differs.
func (a *account) with(t *testing.T, change func(*cli.World), args ...string) (code int, out, said string) {
	t.Helper()
	var o, e bytes.Buffer
	w := a.world(&o, &e)
	change(&w)
	code = cli.Main(args, w)
	for _, s := range []string{a.Key(1), a.Key(2)} {
		if strings.Contains(o.String()+e.String(), s) {
			t.Errorf("%v prints a key", args[0])
		}
	}
	return code, o.String(), e.String()
}

// revoke runs the command and reads what it wrote.
func (a *account) revoke(t *testing.T, args ...string) (code int, c report.Closing, said string) {
	t.Helper()
	code, out, said := a.run(t, append(append([]string{"revoke", "--format", "json"}, a.owning()...), args...)...)
	if out != "" {
		if err := json.Unmarshal([]byte(out), &c); err != nil {
			t.Fatalf("revoke %v writes no JSON: %v\n%s\n%s", args, err, out, said)
		}
	}
	return code, c, said
}

// leak writes links into a file, scans it and returns their ids, in order.
func (a *account) leak(t *testing.T, links ...string) []string {
	t.Helper()
	file := a.write(t, "leak.txt", strings.Join(links, "\n")+"\n")
	code, out, said := a.run(t, "scan", "--save", "--no-cache", "--store", a.path("store.db"), "--vault-key", a.path("key.txt"), "--format", "jsonl", file)
	if code > 1 {
		t.Fatalf("scan = %d\n%s", code, said)
	}
	ids := make([]string, len(links))
	for i, text := range links {
		l, err := kind.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if ids[i] = l.ID; !strings.Contains(out, l.ID) {
			t.Fatalf("the scan does not find link %d", i)
		}
	}
	return ids
}

// opens asks the service for what a link leads to.
func (a *account) opens(t *testing.T, link string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Ms-Version", "2022-11-02")
	resp, err := a.client.Do(req)
	if err != nil {
		t.Errorf("ask for a link: %v", err)
		return false
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return true
	case http.StatusForbidden, http.StatusConflict, http.StatusNotFound:
		return false
	}
	t.Errorf("a link is answered %s", resp.Status)
	return false
}

// rotations are the keys that were replaced, one after the other.
func (a *account) rotations() (keys []string) {
	for _, c := range a.manager.Calls() {
		if c.Name == "regenerateKey" && c.Detail != "" {
			keys = append(keys, c.Detail)
		}
	}
	return keys
}

// verified proves a case and returns its state.
func (a *account) verified(t *testing.T, id string) overgrant.State {
	t.Helper()
	code, out, said := a.run(t, append(append([]string{"verify", "--save", "--format", "jsonl"}, a.reaching()...), id)...)
	var c struct{ Proof *overgrant.Proof }
	if code > 1 || json.Unmarshal([]byte(out), &c) != nil || c.Proof == nil {
		t.Fatalf("verify = %d\n%s\n%s", code, out, said)
	}
	return c.Proof.State
}

func stamp(t time.Time) string { return azurite.Stamp(t) }

// longSAS is a link of key 1 that lasts.
func longSAS() azurite.SAS {
	return azurite.SAS{Permissions: "r", Start: stamp(time.Now().Add(-time.Hour)), Expiry: stamp(time.Now().Add(1000 * time.Hour)), Container: "models", Blob: "weights.bin"}
}

// cutBefore ends so many attempts to replace a key before anything is done that
// the client gives up.
var cutBefore = arm.Fault{Name: "regenerateKey", Times: 100, How: arm.CutBefore}

// hashOf names a key as storage logs do.
func hashOf(t *testing.T, key string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
