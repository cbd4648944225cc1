package cli_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"overgrant": func() { os.Exit(cli.Main(os.Args[1:], cli.System())) },
	})
}

// TestScript runs the program as users do, on real files and repositories.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			e.Setenv("GIT_AUTHOR_NAME", "Ada Researcher")
			e.Setenv("GIT_AUTHOR_EMAIL", "ada@contoso.example")
			e.Setenv("GIT_COMMITTER_NAME", "Ada Researcher")
			e.Setenv("GIT_COMMITTER_EMAIL", "ada@contoso.example")
			e.Setenv("GIT_AUTHOR_DATE", "2020-07-20T17:12:00Z")
			e.Setenv("GIT_COMMITTER_DATE", "2020-07-20T17:12:00Z")
			for _, name := range []string{"SIG", "SIG2", "SIG3"} {
				e.Setenv(name, signature())
			}
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("KEY", base64.StdEncoding.EncodeToString(random(64)))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fill":        fill,
			"hidden":      hidden,
			"truncate":    truncate,
			"caseid":      caseID,
			"serve":       serve,
			"logs":        madeUpLogs,
			"models":      models,
			"servemodels": serveModels,
			"reads":       reads,
			"signingkey":  signingKey,
			"modelstore":  modelStore,
		},
	})
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func signature() string {
	return url.QueryEscape(base64.StdEncoding.EncodeToString(random(32)))
}

// fill FILE... replaces $SIG, $SIG2, $SIG3 and $KEY in files by this run's
// secrets.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fill FILE...")
	}
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), func(v string) string {
			switch v {
			case "SIG", "SIG2", "SIG3", "KEY":
				return ts.Getenv(v)
			}
			return "$" + v
		})
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// hidden FILE... checks that neither stdout nor stderr of the last command, nor
// one of the files, holds one of this run's secrets; ! hidden, that one of them
// does.
func hidden(ts *testscript.TestScript, neg bool, args []string) {
	shown := false
	for _, stream := range append([]string{"stdout", "stderr"}, args...) {
		text := ts.ReadFile(stream)
		for _, v := range []string{"SIG", "SIG2", "SIG3", "KEY"} {
			secret := ts.Getenv(v)
			plain, _ := url.QueryUnescape(secret)
			if bytes.Contains([]byte(text), []byte(secret)) || bytes.Contains([]byte(text), []byte(plain)) {
				if !neg {
					ts.Fatalf("%s holds the secret $%s", stream, v)
				}
				shown = true
			}
		}
	}
	if neg && !shown {
		ts.Fatalf("no secret is shown")
	}
}

// caseID FILE sets $CASE to the first digits of the id of the first case in
// JSON lines.
func caseID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: caseid FILE")
	}
	_, id, ok := strings.Cut(ts.ReadFile(args[0]), `"id":"`)
	if !ok || len(id) < 10 {
		ts.Fatalf("%s holds no case", args[0])
	}
	ts.Setenv("CASE", id[:10])
}

// truncate FILE BYTES cuts a file.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	var n int64
	for _, c := range args[1] {
		n = n*10 + int64(c-'0')
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}
