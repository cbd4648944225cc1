package cli_test

import (
	"bytes"
	"compress/gzip"
	"net/url"
	"os"
	"strings"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/usage/generate"
	"github.com/rogpeppe/go-internal/testscript"
)

// madeUpLogs writes logs of made-up use: logs/ has each request twice, in two
// schemas, and leaked.txt the link of one of the tokens, whose signature is
// $SIG2. It starts a storage service that keeps the same logs, which opens with
// the link in container.txt, and sets $HOST to it.
func madeUpLogs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: logs")
	}
	l := generate.New(generate.Options{Seed: 42, Tokens: 30, Requests: 900})
	var resource, classic, sheet []byte
	sheet = generate.AppendCSV(sheet, generate.Columns)
	for r := range l.Records() {
		resource = append(r.AppendResource(resource), '\n')
		classic = append(r.AppendClassic(classic, "2.0"), '\n')
		sheet = generate.AppendCSV(sheet, r.Cells())
	}
	write := func(name string, b []byte) {
		ts.Check(os.WriteFile(ts.MkAbs(name), b, 0o600))
	}
	ts.Check(os.MkdirAll(ts.MkAbs("logs/y=2026"), 0o700))
	write("logs/y=2026/PT1H.json", resource)
	write("logs/000000.log.gz", packed(ts, classic))
	write("sheet.csv", sheet)
	write("cut.json", resource[:len(resource)-200])
	leaked := l.Tokens[1]
	write("leaked.txt", []byte(leaked.Link+"\n"))
	_, sig, _ := strings.Cut(leaked.Link, "&sig=")
	ts.Setenv("SIG2", sig)
	serveLogs(ts, resource, classic)
}

func packed(ts *testscript.TestScript, b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(b)
	ts.Check(err)
	ts.Check(z.Close())
	return out.Bytes()
}

// serveLogs starts a storage service that keeps logs beside other things.
func serveLogs(ts *testscript.TestScript, resource, classic []byte) {
	s := fake.New(fake.Options{
		Keys: []string{ts.Getenv("KEY")},
		Containers: []fake.Container{
			{Name: "$logs", Objects: []fake.Object{{Name: "blob/2026/01/01/0000/000000.log", Body: classic}}},
			{Name: "insights-logs-storageread", Objects: []fake.Object{{Name: "resourceId=/x/y=2026/m=01/d=01/h=00/m=00/PT1H.json", Body: resource}}},
			{Name: "backups", Objects: []fake.Object{{Name: "not-a-log.json", Body: []byte("nothing")}}},
		},
	})
	ts.Defer(s.Close)
	servers.Store(ts.Getenv("WORK"), s)
	sas := url.Values{"sv": {"2023-11-03"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rl"}, "se": {"2051-10-06T00:00:00Z"}}
	link := s.URL + "?" + s.Sign("blob", "/", sas, 1)
	ts.Check(os.WriteFile(ts.MkAbs("container.txt"), []byte(link), 0o600))
	u, err := url.Parse(link)
	ts.Check(err)
	ts.Setenv("SIG", u.Query().Get("sig"))
	ts.Setenv("HOST", s.Host("blob"))
}
