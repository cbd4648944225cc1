package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/overgrant/overgrant/internal/usage/generate"
)

// logForm is a schema of storage logs.
type logForm struct {
	name    string
	head    []byte
	write   func(b []byte, r *generate.Record) []byte
	between string // two records
	end     string
}

// logForms are the schemas.
var logForms = []logForm{
	{name: "resource", write: func(b []byte, r *generate.Record) []byte { return r.AppendResource(b) }, between: "\n"},
	{name: "event_hub", head: []byte(`{"records":[`), write: func(b []byte, r *generate.Record) []byte { return r.AppendResource(b) }, between: ",", end: "]}"},
	{name: "analytics_csv", head: generate.AppendCSV(nil, generate.Columns), write: func(b []byte, r *generate.Record) []byte {
		return bytes.TrimSuffix(generate.AppendCSV(b, r.Cells()), []byte("\n"))
	}, between: "\n"},
	{name: "analytics_json", write: func(b []byte, r *generate.Record) []byte { return r.AppendAnalytics(b) }, between: "\n"},
	{name: "analytics_query", head: generate.QueryHead(), write: func(b []byte, r *generate.Record) []byte { return r.AppendRow(b) }, between: ",", end: generate.QueryEnd},
	{name: "classic_1.0", write: func(b []byte, r *generate.Record) []byte { return r.AppendClassic(b, "1.0") }, between: "\n"},
	{name: "classic_2.0", write: func(b []byte, r *generate.Record) []byte { return r.AppendClassic(b, "2.0") }, between: "\n"},
}

// loggedRequests are those of each log that is made.
const loggedRequests = 400_000

// logs counts who used what in logs of every schema, on one processor.
func (b *bench) logs() error {
	dir := absolute(filepath.Join(b.out, "logs"))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make the logs: %w", err)
	}
	for _, f := range logForms {
		name := filepath.Join(dir, f.name)
		if err := f.make(name); err != nil {
			return fmt.Errorf("make the logs: %w", err)
		}
		size, err := sizeOf(name)
		if err != nil {
			return err
		}
		r, err := b.middle(command{line: []string{b.bin, "usage", "--quiet", "--format", "csv", name}, env: append(b.state(), "GOMAXPROCS=1")})
		if err != nil {
			return err
		}
		b.rated("logs", "overgrant usage "+f.name, r, r, rate{size, "MB"}, "300 MB a CPU s")
	}
	return nil
}

// make writes a log, unless it is there.
func (f *logForm) make(name string) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	file, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	_, _ = w.Write(f.head) // a bufio.Writer keeps its first error
	n := 0
	var text []byte
	for r := range generate.New(generate.Options{Seed: 3, Tokens: 300, Requests: loggedRequests}).Records() {
		if n++; n > 1 {
			_, _ = w.WriteString(f.between)
		}
		text = f.write(text[:0], r)
		_, _ = w.Write(text)
	}
	_, _ = w.WriteString(f.end)
	if err := w.Flush(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}
