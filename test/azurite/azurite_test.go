package azurite_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/test/azurite"
)

func filled(t *testing.T) *azurite.Account {
	a := azurite.Shared(t).NewAccount(t)
	a.PutContainer(t, "private", "")
	a.PutContainer(t, "open", "container")
	a.PutBlob(t, "private", "a folder/näme & more.txt", []byte("hello"))
	a.PutBlob(t, "open", "readme.md", []byte("read me"))
	a.PutAppendBlob(t, "private", "log.txt", []byte("one line"))
	a.PutPageBlob(t, "private", "disk.vhd", []byte("pages"))
	a.SetPolicies(t, "blob", "private", "", azurite.Policy{ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"})
	a.PutQueue(t, "jobs", "first", "second")
	a.SetPolicies(t, "queue", "jobs", "", azurite.Policy{ID: "peekers", Permissions: "r", Expiry: "2040-01-01T00:00:00Z"})
	a.PutTable(t, "people", map[string]any{"PartitionKey": "p", "RowKey": "1", "Name": "Ada"}, map[string]any{"PartitionKey": "p", "RowKey": "2", "Name": "Bob"})
	a.SetPolicies(t, "table", "people", "", azurite.Policy{ID: "askers", Permissions: "r", Start: "2020-01-01T00:00:00Z", Expiry: "2040-01-01T00:00:00Z"})
	return a
}

// get returns the status of a link and its body.
func get(t *testing.T, a *azurite.Account, link string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json;odata=nometadata")
	if !strings.Contains(link, "people") && !strings.Contains(link, "/Tables") {
		req.Header.Del("Accept")
	}
	resp, err := a.Server().Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestLinks(t *testing.T) {
	a := filled(t)
	snapshot := a.Snapshot(t, "private", "log.txt")
	udk := a.Delegate(t, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	const se = "2040-01-01T00:00:00Z"
	list := "&restype=container&comp=list"
	type link struct {
		name, url, holds string
	}
	links := []link{
		{"account_key_1", a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "bqt", Types: "sco", Permissions: "rl", Expiry: se})+"&comp=list"), "<Name>private</Name>"},
		{"account_key_2", a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "bqt", Types: "sco", Permissions: "rl", Expiry: se, Key: 2})+"&comp=list"), "<Name>private</Name>"},
		{"account_old", a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Version: "2019-10-10", Services: "b", Types: "sco", Permissions: "rl", Expiry: se})+"&comp=list"), "<Name>private</Name>"},
		{"account_on_queues", a.Link("queue", "", "", a.AccountSAS(azurite.SAS{Services: "bqt", Types: "sco", Permissions: "rl", Expiry: se})+"&comp=list"), "jobs"},
		{"account_on_tables", a.Link("table", "Tables", "", a.AccountSAS(azurite.SAS{Services: "bqt", Types: "sco", Permissions: "rl", Expiry: se})), "people"},
		{"policy", a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "readers"})+list), "disk.vhd"},
		{"snapshot", a.Link("blob", "private", "log.txt", a.BlobSAS(azurite.SAS{Container: "private", Blob: "log.txt", Snapshot: snapshot, Permissions: "r", Expiry: se})), "one line"},
		{"blob_odd_name", a.Link("blob", "private", "a folder/näme & more.txt", a.BlobSAS(azurite.SAS{Container: "private", Blob: "a folder/näme & more.txt", Permissions: "r", Expiry: se, Disposition: "attachment"})), "hello"},
		{"queue", a.Link("queue", "jobs", "messages", a.QueueSAS(azurite.SAS{Container: "jobs", Permissions: "r", Expiry: se})+"&peekonly=true"), "Zmlyc3Q="},
		{"queue_policy", a.Link("queue", "jobs", "messages", a.QueueSAS(azurite.SAS{Container: "jobs", Policy: "peekers"})+"&peekonly=true"), "Zmlyc3Q="},
		{"table", a.Link("table", "people()", "", a.TableSAS(azurite.SAS{Container: "people", Permissions: "r", Expiry: se})), "Ada"},
		{"table_policy", a.Link("table", "people()", "", a.TableSAS(azurite.SAS{Container: "people", Policy: "askers"})), "Ada"},
		{"public", a.URL("blob") + "/open/readme.md", "read me"},
	}
	for _, sv := range []string{"2015-04-05", "2018-11-09", "2020-12-06", "2022-11-02", "2026-06-06"} {
		links = append(links, link{"container_" + sv, a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Version: sv, Container: "private", Permissions: "rl", Expiry: se})+list), "disk.vhd"})
	}
	for _, sv := range []string{"2018-11-09", "2020-02-10", "2020-12-06", "2025-07-05", "2026-04-06"} {
		q := a.DelegationSAS(udk, azurite.SAS{Version: sv, Container: "private", Permissions: "rl", Expiry: azurite.Stamp(time.Now().Add(time.Hour))})
		links = append(links, link{"delegated_" + sv, a.Link("secure", "private", "", q+list), "disk.vhd"})
	}
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) {
			if status, body := get(t, a, l.url); status != http.StatusOK || !strings.Contains(body, l.holds) {
				t.Errorf("GET = %d %s; want 200 with %q", status, body, l.holds)
			}
		})
	}
}

func TestRotateKey(t *testing.T) {
	a := filled(t)
	ask := func(n int) int {
		status, _ := get(t, a, a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "b", Types: "s", Permissions: "l", Expiry: "2040-01-01", Key: n})+"&comp=list"))
		return status
	}
	old := a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "b", Types: "s", Permissions: "l", Expiry: "2040-01-01", Key: 2})+"&comp=list")
	if got := ask(2); got != http.StatusOK {
		t.Fatalf("before: %d; want 200", got)
	}
	a.RotateKey(t, 2)
	if got, _ := get(t, a, old); got != http.StatusForbidden {
		t.Errorf("the old link: %d; want 403", got)
	}
	if got := ask(2); got != http.StatusOK {
		t.Errorf("a new link: %d; want 200", got)
	}
	if got := ask(1); got != http.StatusOK {
		t.Errorf("the other key: %d; want 200", got)
	}
}

func TestState(t *testing.T) {
	a := filled(t)
	state := func() string {
		t.Helper()
		s, err := a.State(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := state()
	for _, want := range []string{"näme &amp; more.txt", "readers", "jobs", "peekers", "Ada", `public "container"`, "by_the_test"} {
		if !strings.Contains(before, want) {
			t.Errorf("State() lacks %q:\n%s", want, before)
		}
	}
	if after := state(); after != before {
		t.Errorf("State() twice differs:\n%s\n%s", before, after)
	}
	for name, change := range map[string]func(){
		"a_blob_gone":    func() { a.DeleteBlob(t, "private", "log.txt") },
		"a_blob_again":   func() { a.PutBlob(t, "open", "readme.md", []byte("read me")) },
		"a_policy":       func() { a.SetPolicies(t, "blob", "private", "") },
		"a_queue_policy": func() { a.SetPolicies(t, "queue", "jobs", "") },
		"a_snapshot":     func() { a.Snapshot(t, "open", "readme.md") },
		"a_table":        func() { a.PutTable(t, "more") },
	} {
		last := state()
		change()
		if state() == last {
			t.Errorf("State() does not show %s", name)
		}
	}
}

// TestMedley shows that the emulator takes the signatures of links that are
// said to be alive, and no others: a refusal that names what is not covered is
// given only after the signature was found good.
func TestMedley(t *testing.T) {
	a := azurite.Shared(t).NewAccount(t)
	for _, l := range a.Medley(t, 200, 7) {
		ask := l.URL
		switch {
		case strings.HasPrefix(l.Name, "account") && l.Service == "table":
			ask = strings.Replace(l.URL, "/?", "/Tables?", 1)
		case strings.HasPrefix(l.Name, "account"):
			ask = l.URL + "&comp=list"
		case strings.HasPrefix(l.Name, "container"), strings.HasPrefix(l.Name, "policy"), strings.HasPrefix(l.Name, "delegation") && strings.Contains(l.URL, "sr=c"):
			ask = l.URL + "&restype=container&comp=list"
		case l.Service == "queue":
			ask = strings.Replace(l.URL, "?", "/messages?peekonly=true&", 1)
		case l.Service == "table":
			ask = strings.Replace(l.URL, "?", "()?", 1)
		}
		status, body := get(t, a, ask)
		taken := status < 300 || status == http.StatusNotFound || strings.Contains(body, "Mismatch")
		public := strings.Contains(l.URL, "/store-2") || strings.Contains(l.URL, "/store-3") // a bad signature is no hindrance there
		if taken != l.Alive && !(public && taken) {
			t.Errorf("%s: %d %.300s; alive %v", l.Name, status, body, l.Alive)
		}
	}
}

// TestEndsWithItsParent kills the process that started an emulator.
func TestEndsWithItsParent(t *testing.T) {
	if os.Getenv("START_AND_WAIT") != "" {
		s := azurite.Shared(t)
		os.Stdout.WriteString("up " + s.Host("blob") + "\n")
		select {}
	}
	azurite.Shared(t) // skips where there is none
	child := exec.Command(os.Args[0], "-test.run=TestEndsWithItsParent", "-test.v")
	child.Env = append(os.Environ(), "START_AND_WAIT=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	host := ""
	for lines := bufio.NewScanner(out); host == "" && lines.Scan(); {
		_, host, _ = strings.Cut(lines.Text(), "up ")
	}
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = child.Process.Kill()
	_ = child.Wait()
	// The connection ends when the emulator does; the deadline only bounds a failure.
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the emulator outlives the process that started it")
	}
}
