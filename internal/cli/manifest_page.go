package cli

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/model/manifest"
)

// Verdicts of manifest verify.
const (
	verdictSigned  = "as_signed"
	verdictDiffers = "differs"
	verdictOpen    = "unproven"
)

// manifestPage is what manifest verify tells.
type manifestPage struct {
	Verdict string
	Model   string
	Report  *manifest.Report
	Signed  *manifest.Signed
	Gaps    []overgrant.Skipped
	Asked   bool // every file was asked for by its name, not listed
}

// settle folds the report into a verdict. Where the listing has gaps, nothing is
// said to be gone: it may be there, unless it was asked for.
func (p *manifestPage) settle() {
	r := p.Report
	if len(p.Gaps) > 0 && !p.Asked {
		neverListed(r)
	}
	switch {
	case r.Differs():
		p.Verdict = verdictDiffers
	case r.Open() || len(p.Gaps) > 0:
		p.Verdict = verdictOpen
	default:
		p.Verdict = verdictSigned
	}
}

// neverListed takes back that files are gone.
func neverListed(r *manifest.Report) {
	for i := range r.Findings {
		if f := &r.Findings[i]; f.State == manifest.Removed {
			f.State, f.Why = manifest.Unread, "part of what the link reaches could not be listed, and it is not in the rest"
		}
	}
	if n := r.Count[manifest.Removed]; n > 0 {
		r.Count[manifest.Unread] += n
		delete(r.Count, manifest.Removed)
	}
}

const manifestSchema = "overgrant.manifest/1"

// The JSON of a verification.
type (
	manifestJSON struct {
		Schema   string                 `json:"schema"`
		Model    string                 `json:"model"`
		Verdict  string                 `json:"verdict"`
		Method   string                 `json:"method"` // key, certificate, sigstore; none for a manifest that nobody signed
		Signer   string                 `json:"signer,omitempty"`
		Root     string                 `json:"root"` // digest of the whole model
		Files    int                    `json:"files"`
		Count    map[manifest.State]int `json:"count"`
		Read     int64                  `json:"bytes_read"`
		Findings []findingJSON          `json:"findings"`
		More     int                    `json:"more,omitempty"`
		Gaps     []overgrant.Skipped    `json:"gaps,omitempty"`
	}
	findingJSON struct {
		Schema string     `json:"schema,omitempty"`
		Model  string     `json:"model,omitempty"`
		Path   string     `json:"path"`
		State  string     `json:"state"`
		Why    string     `json:"why"`
		Signed *notedJSON `json:"signed,omitempty"`
		Now    *notedJSON `json:"now,omitempty"`
		Kept   *notedJSON `json:"kept,omitempty"`
	}
	notedJSON struct {
		Size     *int64    `json:"size,omitempty"`
		MD5      string    `json:"md5,omitempty"`
		ETag     string    `json:"etag,omitempty"`
		Modified time.Time `json:"modified,omitzero"`
		Version  string    `json:"version,omitempty"`
	}
)

func notedOf(n *manifest.Noted) *notedJSON {
	if n == nil {
		return nil
	}
	j := &notedJSON{MD5: hex.EncodeToString([]byte(n.MD5)), ETag: n.ETag, Modified: n.Modified, Version: n.Version}
	if n.Size >= 0 {
		j.Size = &n.Size
	}
	return j
}

func findingOf(f manifest.Finding) findingJSON {
	return findingJSON{
		Path: f.Path, State: string(f.State), Why: pipeline.Redact(f.Why),
		Signed: notedOf(f.Signed), Now: notedOf(f.Now), Kept: notedOf(f.Kept),
	}
}

// write writes the page in the format that was asked for.
func (v *verifying) write(w World, p manifestPage) error {
	var out bytes.Buffer
	switch v.format {
	case "json":
		j := manifestJSON{
			Schema: manifestSchema, Model: p.Model, Verdict: p.Verdict, Method: "none", Signer: p.Signed.Signer, Root: p.Signed.RootHex(),
			Files: p.Signed.Files(), Count: p.Report.Count, Read: p.Report.Read, Findings: []findingJSON{}, More: p.Report.More, Gaps: p.Gaps,
		}
		if p.Signed.Method != "" {
			j.Method = string(p.Signed.Method)
		}
		for _, f := range p.Report.Findings {
			j.Findings = append(j.Findings, findingOf(f))
		}
		e := json.NewEncoder(&out)
		e.SetIndent("", " ")
		if err := e.Encode(j); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
	case "jsonl":
		e := json.NewEncoder(&out)
		for _, f := range p.Report.Findings {
			j := findingOf(f)
			j.Schema, j.Model = manifestSchema, p.Model
			if err := e.Encode(j); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
		}
		p.summary(w.Err)
	default:
		for _, f := range p.Report.Findings {
			writeFinding(&out, f)
		}
		p.summary(&out)
	}
	return writeNew(w, v.out, out.Bytes())
}

// shownName returns the name of a file as a terminal may show it.
func shownName(name string) string {
	if quoted := strconv.QuoteToGraphic(name); quoted != `"`+name+`"` {
		name = quoted
	}
	return pipeline.Redact(name)
}

// shownText returns words as a terminal may show them.
func shownText(text string) string {
	return pipeline.Redact(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, text))
}

func writeFinding(out io.Writer, f manifest.Finding) {
	fmt.Fprintf(out, "%-9s %s\n          %s\n", f.State, shownName(f.Path), shownText(f.Why))
	for _, part := range []struct {
		name string
		at   *manifest.Noted
	}{{"signed", f.Signed}, {"now", f.Now}, {"kept", f.Kept}} {
		if part.at != nil {
			fmt.Fprintf(out, "          %-6s  %s\n", part.name, notedText(part.at))
		}
	}
}

// notedText says in words what is known of a file.
func notedText(n *manifest.Noted) string {
	var all []string
	if n.Size >= 0 {
		all = append(all, count(n.Size)+" bytes")
	}
	if !n.Modified.IsZero() {
		all = append(all, "written "+n.Modified.UTC().Format(time.RFC3339))
	}
	if n.Version != "" {
		all = append(all, "version "+shownName(n.Version))
	}
	if n.MD5 != "" {
		all = append(all, "MD5 "+hex.EncodeToString([]byte(n.MD5)))
	}
	return strings.Join(all, ", ")
}

// states in the order in which they are told.
var states = []manifest.State{
	manifest.Same, manifest.Sampled, manifest.Unwritten, manifest.Alike, manifest.Unproven,
	manifest.Changed, manifest.Added, manifest.Removed, manifest.Unread,
}

// summary says in two or three lines what came of it.
func (p manifestPage) summary(out io.Writer) {
	var all []string
	for _, s := range states {
		if n := p.Report.Count[s]; n > 0 {
			all = append(all, fmt.Sprintf("%s %s", count(int64(n)), s))
		}
	}
	signer := "nobody signed the manifest"
	if p.Signed.Method != "" {
		signer = "signed by " + shownName(p.Signed.Signer)
	}
	verdict := map[string]string{verdictSigned: "as signed", verdictDiffers: "differs from what was signed", verdictOpen: "not proven to be as signed"}[p.Verdict]
	if p.Verdict == verdictSigned && p.Report.Sampled {
		verdict += ", as far as it was read"
	}
	fmt.Fprintf(out, "%s: %s\n%s: %s; %s bytes read\n", shownName(p.Model), signer, verdict, strings.Join(all, ", "), count(p.Report.Read))
	if p.Report.More > 0 {
		fmt.Fprintf(out, "%s more files are counted only\n", count(int64(p.Report.More)))
	}
	if n := p.Report.Count[manifest.Removed]; n > 0 && n == p.Signed.Files() && p.Report.Count[manifest.Added] > 0 {
		fmt.Fprintln(out, "not one file has the name of one that was signed: give the folder, or the --prefix, that was signed")
	}
	if p.Report.Count[manifest.Unproven] > 0 && !p.Report.Sampled {
		fmt.Fprintln(out, "--doubtful reads the files that are unproven, --full everything")
	}
}
