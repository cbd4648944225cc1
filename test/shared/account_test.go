// Package shared_test shares objects of a storage emulator end to end: what a
// link would reach is told before, what is minted opens that and nothing else,
// and the ledger knows of it whatever happens.
package shared_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/test/azurite"
)

// account is an account of the emulator behind the gate of its resource manager,
// with a store of its own.
type account struct {
	*azurite.Account
	manager *arm.Running
	gates   []string // host and port of blob, queue, table
	folder  string
	client  *http.Client
	ahead   time.Duration // that the program's clock is
	stall   *stalling
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{Account: azurite.Shared(t).NewAccount(t), folder: t.TempDir()}
	a.stall = &stalling{next: a.Server().Client.Transport}
	server := arm.New(arm.Options{})
	made := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	server.Add(arm.Account{Name: a.Name, Keys: [2]string{a.Key(1), a.Key(2)}, Made: [2]time.Time{made, made}, Public: true, Drive: a.Account})
	var err error
	if a.manager, err = arm.Start(server); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.manager.Close)
	e := a.Server()
	if a.gates, err = a.manager.Gates(a.Name, a.stall, "https://"+e.Host("secure"), "https://"+e.Host("secure queue"), "https://"+e.Host("secure table")); err != nil {
		t.Fatal(err)
	}
	a.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.manager.Roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 16}}
	t.Cleanup(a.client.CloseIdleConnections)
	a.write(t, "ca.pem", string(a.manager.PEM))
	for name, value := range map[string]string{"AZURE_TENANT_ID": arm.DefaultTenant, "AZURE_CLIENT_ID": "shared-test", "AZURE_CLIENT_SECRET": a.Key(1)[:20], "OWNER_KEY": a.Key(1)} {
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

// at returns the address of something in the account, led through the gate.
func (a *account) at(path string) string {
	return "https://" + a.gates[0] + "/" + a.Name + "/" + path
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

// keyed are those and an account key.
func (a *account) keyed() []string { return append(a.reaching(), "--key-env", "OWNER_KEY") }

// run runs the program.
func (a *account) run(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	var o, e bytes.Buffer
	var mu sync.Mutex
	code = cli.Main(args, cli.World{In: strings.NewReader(""), Out: &o, Err: &e,
		Getenv: getenv,
		Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(a.ahead)
		},
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	for _, s := range []string{a.Key(1), a.Key(2)} {
		if strings.Contains(o.String()+e.String(), s) {
			t.Errorf("%v prints a key", args[0])
		}
	}
	return code, o.String(), e.String()
}

// share runs the command with the rights given and reads what it wrote.
func (a *account) share(t *testing.T, right []string, args ...string) (code int, s report.Sharing, said string) {
	t.Helper()
	code, out, said := a.run(t, append(append([]string{"share", "--format", "json"}, right...), args...)...)
	if out != "" {
		if err := json.Unmarshal([]byte(out), &s); err != nil {
			t.Fatalf("share %v writes no JSON: %v\n%s\n%s", args, err, out, said)
		}
	}
	return code, s, said
}

// ask sends a request for a link, as anybody would who holds it.
func (a *account) ask(t *testing.T, method, link string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, link, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Ms-Version", "2022-11-02")
	if method == http.MethodPut {
		req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	}
	resp, err := a.client.Do(req)
	if err != nil {
		t.Fatalf("ask for a link: %v", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// elsewhere returns a link with its path changed.
func elsewhere(t *testing.T, link, from, to string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || !strings.Contains(u.Path, from) {
		t.Fatal("not a link to that")
	}
	u.Path = strings.Replace(u.Path, from, to, 1)
	return u.String()
}

// state is what the emulator holds.
func (a *account) state(t *testing.T) string {
	t.Helper()
	s, err := a.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ledger returns the shares on record.
func (a *account) ledger(t *testing.T, args ...string) map[string]report.LedgerEntry {
	t.Helper()
	code, out, said := a.run(t, append([]string{"share", "list", "--format", "json", "--store", a.path("store.db")}, args...)...)
	var all []report.LedgerEntry
	if code > 1 || json.Unmarshal([]byte(out), &all) != nil {
		t.Fatalf("share list = %d\n%s\n%s", code, out, said)
	}
	by := map[string]report.LedgerEntry{}
	for _, e := range all {
		by[e.Name] = e
	}
	return by
}

// lines are those of a file with links.
func (a *account) lines(t *testing.T, name string) []string {
	t.Helper()
	info, err := os.Stat(a.path(name))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s can be read by others: %v", name, info.Mode())
	}
	text, err := os.ReadFile(a.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// getenv hides the home of whoever runs the test, and who that is.
func getenv(name string) string {
	switch name {
	case "HOME", "XDG_STATE_HOME":
		return "/nowhere"
	case "USER":
		return "ada"
	}
	return os.Getenv(name)
}
