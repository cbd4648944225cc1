// Package unchanged_test proves and measures links of all kinds against the
// storage emulator, with every consent given, and compares all that it holds
// before and after.
package unchanged_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/test/azurite"
)

// links are so many, given to the program in batches: starting it costs more
// than a link does.
const (
	links = 200
	batch = 40
)

func TestNothingChanges(t *testing.T) {
	a := azurite.Shared(t).NewAccount(t)
	all := a.Medley(t, links, 3)
	p := program{folder: t.TempDir(), hosts: strings.Join(a.Server().Hosts(), ",")}
	p.build(t)
	p.trust(t, a.Server())
	before, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alive := 0
	for i := 0; i < len(all); i += batch {
		text, secrets := textOf(all[i : i+batch])
		proven := p.run(t, text, secrets, "verify", "--probe-writes", "--probe-conditional")
		alive += strings.Count(proven, `"state":"alive"`)
		p.run(t, text, secrets, "measure", "--save", "--store", "store.db")
	}
	p.run(t, a.ConnectionString(1), []string{a.Key(1)}, "verify", "--probe-writes", "--probe-conditional")
	p.run(t, a.ConnectionString(2), []string{a.Key(2)}, "measure")
	after, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("the emulator's state changed:\n%s", differ(before, after))
	}
	if alive < links/2 {
		t.Errorf("%d of %d links work; want at least half of them", alive, links)
	}
	p.checkRecord(t)
	p.checkSecrets(t, all)
}

// differ returns the lines that one state has and the other has not.
func differ(before, after string) string {
	var b strings.Builder
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range old {
		if !slices.Contains(now, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range now {
		if !slices.Contains(old, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}

// textOf is a text with links in it, and the secrets of that text.
func textOf(all []azurite.Minted) (text string, secrets []string) {
	var b strings.Builder
	for _, m := range all {
		b.WriteString(m.URL + "\n")
		secrets = append(secrets, secretsOf(m)...)
	}
	return b.String(), secrets
}

// secretsOf returns the signature of a link, as it stands there and undone.
func secretsOf(m azurite.Minted) []string {
	_, raw, _ := strings.Cut(m.URL, "sig=")
	raw, _, _ = strings.Cut(raw, "&")
	plain, err := url.QueryUnescape(raw)
	if err != nil || raw == "" {
		return nil
	}
	return []string{raw, plain}
}

// program is the built binary, and where it works.
type program struct {
	folder, bin, hosts string
}

func (p *program) build(t *testing.T) {
	t.Helper()
	p.bin = filepath.Join(p.folder, "overgrant")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", p.bin, "../../cmd/overgrant")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
}

// trust writes down the certificate of the emulator's https port.
func (p *program) trust(t *testing.T, s *azurite.Server) {
	t.Helper()
	c, err := tls.Dial("tcp", s.Host("secure"), &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ConnectionState().PeerCertificates[0].Raw})
	if err := os.WriteFile(filepath.Join(p.folder, "ca.pem"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run gives text to the program, and returns what it prints. Nothing of it may
// hold one of secrets.
func (p *program) run(t *testing.T, text string, secrets []string, command string, flags ...string) string {
	t.Helper()
	args := append([]string{command, "--allow-host", p.hosts, "--ca", "ca.pem", "--record", "record.jsonl", "--format", "jsonl", "--all"}, flags...)
	c := exec.CommandContext(t.Context(), p.bin, append(args, "-")...)
	c.Dir = p.folder
	c.Env = append(os.Environ(), "HOME="+p.folder, "XDG_STATE_HOME="+filepath.Join(p.folder, "state"))
	c.Stdin = strings.NewReader(text)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState.ExitCode() != 1 && c.ProcessState.ExitCode() != 3 {
		t.Fatalf("%s: %v\n%s", command, err, errs.String())
	}
	for _, s := range secrets {
		if strings.Contains(out.String(), s) || strings.Contains(errs.String(), s) {
			t.Errorf("%s %v prints a secret", command, flags)
		}
	}
	return out.String()
}

// probeKey is the key of an entity that cannot exist.
var probeKey = regexp.MustCompile(`^(?:Tables\('(\w+)'\)|\w+\(PartitionKey='([\w-]+)',RowKey='([\w-]+)'\))$`)

// checkRecord looks at every request that left: writes go to what cannot exist,
// or are of those that bear a condition that cannot hold.
func (p *program) checkRecord(t *testing.T) {
	t.Helper()
	f, err := os.Open(filepath.Join(p.folder, "record.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	count := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var n struct {
			Method, Target string
			Status         int
		}
		if err := json.Unmarshal(lines.Bytes(), &n); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(n.Target)
		if err != nil {
			t.Fatal(err)
		}
		count[n.Method]++
		if n.Method == http.MethodGet || n.Method == http.MethodHead {
			if strings.HasSuffix(u.Path, "/messages") && u.Query().Get("peekonly") != "true" {
				t.Errorf("%s %s: takes messages", n.Method, n.Target)
			}
			continue
		}
		if n.Status < 400 {
			t.Errorf("%s %s: answer %d", n.Method, n.Target, n.Status)
		}
		if n.Status == 412 || isProbe(u.Path) || u.Query().Get("comp") == "" || u.Query().Get("comp") == "metadata" {
			continue // refused by its condition, or for what does not exist
		}
		t.Errorf("%s %s: may change something", n.Method, n.Target)
	}
	if count["PUT"] == 0 || count["DELETE"] == 0 || count["GET"] < links {
		t.Errorf("requests = %v; want probes that write among them", count)
	}
	t.Logf("requests: %v", count)
}

// isProbe reports whether a path ends in a name that nothing has.
func isProbe(path string) bool {
	segments := strings.Split(strings.TrimSuffix(path, "/messages"), "/")
	last := segments[len(segments)-1]
	if m := probeKey.FindStringSubmatch(last); m != nil {
		return wire.IsProbeTableName(m[1]) || wire.IsProbeName(m[2]) && wire.IsProbeName(m[3])
	}
	return wire.IsProbeName(last)
}

// checkSecrets looks for the secrets of the links in all files that were left.
func (p *program) checkSecrets(t *testing.T, all []azurite.Minted) {
	t.Helper()
	err := filepath.WalkDir(p.folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == p.bin {
			return err
		}
		held, err := os.ReadFile(path)
		for _, m := range all {
			for _, s := range secretsOf(m) {
				if bytes.Contains(held, []byte(s)) {
					t.Errorf("%s holds the secret of %s", filepath.Base(path), m.Name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
