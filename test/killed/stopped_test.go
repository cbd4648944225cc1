package killed_test

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
)

// TestStoppedMeasurementTellsHowToGoOn stops a measurement as a user does, in
// the middle of a listing: what was measured is told, and so is how to go on.
func TestStoppedMeasurementTellsHowToGoOn(t *testing.T) {
	token := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{5, 77, 201, 8}, 8))
	var hanging atomic.Bool
	hanging.Store(true)
	hung, once := make(chan struct{}), sync.Once{}
	service := fake.New(fake.Options{
		Token:      token,
		Containers: []fake.Container{{Name: "first", Blobs: 400}, {Name: "second", Blobs: 700}},
		Faults: []fake.Fault{{
			When: func(q *fake.Request) bool {
				return hanging.Load() && fake.Listing(q) && q.Path == "/second" && q.Query.Get("maxresults") != "1"
			},
			Do: func(q *fake.Request, r *fake.Reply) {
				fake.Hang(q, r)
				once.Do(func() { close(hung) })
			},
		}},
	})
	defer service.Close()
	m := measurement{
		bin: build(t), host: service.Host("blob"), folder: t.TempDir(),
		link: service.URL + "?sv=2023-11-03&ss=b&srt=sco&sp=rl&se=2051-10-06T00:00:00Z&sig=" + url.QueryEscape(token),
	}
	c := m.command(t.Context(), "stopped.db", "--jobs", "1")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-hung
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = c.Wait(); c.ProcessState.ExitCode() != 2 {
		t.Errorf("exit code %d; want 2", c.ProcessState.ExitCode())
	}
	for _, want := range []string{"stopped before its end", "--resume", "interrupt"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("a stopped measurement says\n%s\nwant %q in it", errs.String(), want)
		}
	}
	if !strings.Contains(out.String(), `"exposure"`) {
		t.Errorf("a stopped measurement prints\n%s\nwant what was measured", out.String())
	}
	hanging.Store(false)
	if got, want := m.whole(t, "stopped.db", "--resume").tally, service.Truth(); got.Objects != want.Objects || got.Bytes != want.Bytes {
		t.Errorf("resumed: %+v; want %+v", got, want)
	}
}
