package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

var sarif = Format{
	Name: "sarif",
	Doc: `SARIF 2.1.0, for code scanning pages: one result for each case and file.

A rule is a kind of link at a severity (` + "`account_sas/critical`" + `), because code scanning pages read the severity from the
rule. The result's place is the first sighting in the file; the others are related locations, a hundred at most. Lines
and columns count from one, columns in bytes. ` + "`partialFingerprints`" + ` hold the case's id and stay the same as the file
changes. What a service answered and what was measured are the properties ` + "`proof` and `exposure`" + ` of the result. Suppressed cases are there with their suppression. What could not be read is a notification of the
invocation, the first thousand of them one by one. The quiet statuses are there with ` + "`--all`" + `, of the kind ` + "`notApplicable`" + `.`,
	write: writeSARIF,
}

// informationURI is where people read about the program.
const informationURI = "https://github.com/overgrant/overgrant"

// maxRelated is how many further sightings of one file a result names.
const maxRelated = 100

func writeSARIF(w *bufio.Writer, o *outcome) error {
	r := sarifRun{Results: []sarifResult{}, ColumnKind: "utf16CodeUnits"}
	r.Tool.Driver = sarifDriver{Name: "overgrant", Version: o.Version, InformationURI: informationURI, Rules: []sarifRule{}}
	index := map[string]int{}
	for _, c := range o.cases {
		if c.Status.Quiet() && !o.All {
			continue
		}
		rule := ruleOf(c)
		i, ok := index[rule.ID]
		if !ok {
			i = len(r.Tool.Driver.Rules)
			index[rule.ID] = i
			r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, rule)
		}
		r.Results = append(r.Results, resultsOf(c, rule.ID, i)...)
	}
	r.Invocations = []sarifInvocation{invocationOf(o)}
	r.Properties = map[string]any{
		"pieces": o.summary.Pieces, "objects": o.summary.Objects, "bytes": o.summary.Bytes,
		"suppressed": o.suppressed, "quiet": o.quiet,
	}
	if o.ofModels() {
		sarifModels(&r, o)
	}
	return r.write(w)
}

// write writes a run as a whole log.
func (r sarifRun) write(w *bufio.Writer) error {
	line, err := encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{r}})
	if err != nil {
		return err
	}
	_, err = w.Write(line)
	return err
}

// securitySeverity is the figure by which code scanning pages sort; above 9.0
// is critical, above 7.0 high, above 4.0 medium. Source: GitHub Docs, "SARIF
// support for code scanning".
var securitySeverity = map[overgrant.Severity]string{
	overgrant.Critical: "9.5", overgrant.High: "8.0", overgrant.Medium: "5.5", overgrant.Low: "2.5", overgrant.Info: "0.5", overgrant.None: "0.0",
}

func levelOf(c *overgrant.Case) string {
	if c.Status.Quiet() {
		return "none"
	}
	return levelAt(c.Worst())
}

// levelAt is the level of what is this bad.
func levelAt(s overgrant.Severity) string {
	switch {
	case s >= overgrant.High:
		return "error"
	case s == overgrant.Medium:
		return "warning"
	}
	return "note"
}

func ruleOf(c *overgrant.Case) sarifRule {
	g := &c.Link.Grant
	n := nameOf(g)
	word := c.Worst().String()
	if c.Status.Quiet() {
		word = string(c.Status)
	}
	help := n.about
	if !c.Status.Quiet() {
		help += " Taking it out of the text does not make it stop."
	}
	stop := revocation(c)
	if stop != "" {
		help += " To make it stop: " + stop + "."
	}
	level := levelOf(c)
	r := sarifRule{
		ID: clean(cmp.Or(g.Kind, "unread")) + "/" + word, Name: pascal(n.title) + pascal(word),
		Short:         sarifMessage{Text: n.title + " in the open (" + strings.ReplaceAll(word, "_", " ") + ")"},
		Full:          sarifMessage{Text: n.about},
		Help:          sarifMessage{Text: help, Markdown: "**" + md(n.title) + "**\n\n" + md(help) + "\n"},
		Configuration: sarifLevel{level},
		Properties:    map[string]any{"tags": []string{"security", "secret", clean(cmp.Or(g.Provider, "unknown"))}, "precision": "high"},
	}
	if level != "none" {
		r.Properties["security-severity"] = securitySeverity[c.Worst()]
		r.Properties["problem.severity"] = map[string]string{"error": "error", "warning": "warning", "note": "recommendation"}[level]
	}
	return r
}

// pascal turns words into one word, as rule names are written.
func pascal(s string) string {
	var b strings.Builder
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) {
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return b.String()
}

// resultsOf returns a result for each file in which the case stands.
func resultsOf(c *overgrant.Case, rule string, index int) []sarifResult {
	var order []string
	byFile := map[string][]*overgrant.Sighting{}
	for i := range c.Seen {
		f := artifactURI(&c.Seen[i])
		if byFile[f] == nil {
			order = append(order, f)
		}
		byFile[f] = append(byFile[f], &c.Seen[i])
	}
	if len(order) == 0 {
		order = []string{""}
	}
	var all []sarifResult
	for _, f := range order {
		r := sarifResult{
			RuleID: rule, RuleIndex: index, Level: levelOf(c), Message: resultMessage(c),
			Locations: []sarifLocation{}, Suppressions: suppressionsOf(c), Properties: resultProperties(c),
			Partial: map[string]string{"overgrantCase/v1": clean(c.Link.ID), "primaryLocationLineHash": lineHash(c.Link.ID, f)},
		}
		if r.Level == "none" {
			r.Kind = "notApplicable"
		}
		for i, s := range byFile[f] {
			switch {
			case i == 0:
				r.Locations = append(r.Locations, locationOf(s, f))
			case i <= maxRelated:
				l := locationOf(s, f)
				l.ID = i
				r.Related = append(r.Related, l)
			}
		}
		r.Fixes = fixOf(byFile[f], f)
		all = append(all, r)
	}
	return all
}

// lineHash is stable for a case in a file, wherever in it the link moves to.
func lineHash(id, file string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + file))
	return hex.EncodeToString(sum[:8]) + ":1"
}

func resultMessage(c *overgrant.Case) sarifMessage {
	plain, marked := opens(c), "**"+md(opens(c))+"**\n"
	for _, s := range askedLines(c) {
		plain, marked = plain+"\n"+s, marked+"\n"+md(s)+"\n"
	}
	for _, r := range c.Verdict.Reasons {
		plain += "\n- " + clean(r.Why) + " (" + clean(r.Rule) + ")"
		marked += "\n- " + md(clean(r.Why)) + " (" + code(clean(r.Rule)) + ")"
	}
	for i, f := range fixes(c) {
		if i == 0 {
			plain, marked = plain+"\nWhat to do:", marked+"\n\nWhat to do:\n"
		}
		plain, marked = plain+"\n- "+f, marked+"\n- "+md(f)
	}
	return sarifMessage{Text: sarifText(plain), Markdown: strings.NewReplacer("{", "{{", "}", "}}").Replace(marked)}
}

// sarifText makes text plain in a SARIF message, where braces stand for
// arguments and brackets for links.
func sarifText(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`).Replace(s)
}

func resultProperties(c *overgrant.Case) map[string]any {
	p := map[string]any{
		"case": clean(c.Link.ID), "kind": clean(c.Link.Grant.Kind), "status": c.Status, "severity": c.Worst(),
		"redacted": clean(c.Link.Redacted),
	}
	for k, v := range map[string]string{
		"account": c.Link.Grant.Account, "permissions": c.Link.Grant.Permissions, "rules": rules(c),
		"expiry": stamp(c.Link.Grant.Expiry), "firstSeen": stamp(c.First), "revocation": c.Link.Grant.Revocation.Route,
	} {
		if v != "" {
			p[k] = clean(v)
		}
	}
	if c.Proof != nil {
		p["proof"] = sarifProof(c.Proof)
	}
	if c.Reach != nil {
		p["exposure"] = sarifReach(c)
	}
	return p
}

func suppressionsOf(c *overgrant.Case) []sarifSuppression {
	if c.Hushed == nil {
		return []sarifSuppression{}
	}
	s := sarifSuppression{Kind: "external", Status: "accepted", Justification: clean(c.Hushed.Why) + " (" + clean(c.Hushed.By) + ", until " + day(c.Hushed.Until) + ")"}
	if !c.Hidden() {
		s.Status = "rejected"
		s.Justification += "; no longer holds: " + clean(c.Hushed.Broken)
	}
	return []sarifSuppression{s}
}

func locationOf(s *overgrant.Sighting, uri string) sarifLocation {
	l := sarifLocation{Physical: &sarifPhysical{Artifact: sarifArtifact{uri}}}
	note := historyOf(s)
	if e := encodingText(s); e != "" {
		note = strings.TrimPrefix(note+"; ", "; ") + e
	}
	inside := strings.Contains(s.Path, "!")
	if plainFile(s) && !inside {
		l.Physical.Region = regionOf(s)
	} else {
		kind := "member"
		if !inside {
			kind = "gitObject"
		}
		l.Logical = []sarifLogical{{Name: placeText(s), Kind: kind}}
	}
	if note != "" {
		l.Message = &sarifMessage{Text: sarifText(note)}
	}
	return l
}

// plainFile reports whether the sighting is in the content of a file.
func plainFile(s *overgrant.Sighting) bool {
	return s.Path != "" && (s.Part == "" || s.Part == "blob")
}

func regionOf(s *overgrant.Sighting) *sarifRegion {
	r := &sarifRegion{StartLine: s.Line}
	if s.Line > 0 {
		r.StartColumn = s.Column
	}
	if n := s.Span[1] - s.Span[0]; n > 0 && s.Span[0] >= 0 {
		r.ByteOffset, r.ByteLength = &s.Span[0], &n
	}
	if r.StartLine == 0 && r.ByteOffset == nil {
		return nil
	}
	return r
}

// fixOf proposes to take the link out of a file of the worktree. It is left
// out where the bytes of the file are not those of the sighting.
func fixOf(seen []*overgrant.Sighting, uri string) []sarifFix {
	change := sarifChange{Artifact: sarifArtifact{uri}}
	for _, s := range seen {
		region := regionOf(s)
		if s.Source != "dir" || s.Commit != "" || !plainFile(s) || strings.Contains(s.Path, "!") || region == nil || region.ByteOffset == nil {
			return nil
		}
		change.Replacements = append(change.Replacements, sarifReplacement{
			Deleted: sarifRegion{ByteOffset: region.ByteOffset, ByteLength: region.ByteLength}, Inserted: sarifContent{"REMOVED"},
		})
		if len(change.Replacements) == maxRelated {
			break
		}
	}
	if len(change.Replacements) == 0 {
		return nil
	}
	return []sarifFix{{sarifMessage{Text: "Take the link out of the file. It keeps working until it is revoked."}, []sarifChange{change}}}
}

// artifactURI names the file in which the sighting is, the outermost one for
// members of archives. What is in no file is named by its git object.
func artifactURI(s *overgrant.Sighting) string {
	path, _, _ := strings.Cut(s.Path, "!")
	if path == "" || !plainFile(s) {
		if id := cmp.Or(s.Object, s.Commit); id != "" {
			return ".git/objects/" + url.PathEscape(clean(id))
		}
		return url.PathEscape(clean(cmp.Or(path, s.Ref, s.Source, "unknown")))
	}
	return fileURI(path)
}

// fileURI names a file by its path.
func fileURI(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	path = strings.Join(parts, "/")
	switch {
	case strings.HasPrefix(path, "/"):
		return "file://" + path
	case strings.Contains(parts[0], ":"):
		return "./" + path
	}
	return path
}

func invocationOf(o *outcome) sarifInvocation {
	real, _ := o.gaps.total()
	v := sarifInvocation{Successful: real == 0 && o.cutLine() == ""}
	if !o.run.Started.IsZero() {
		v.Start = o.run.Started.Format(time.RFC3339)
		v.End = o.run.Started.Add(o.summary.Elapsed).Format(time.RFC3339)
	}
	for _, s := range o.gaps.notes {
		n := sarifNotification{Level: "warning", Message: sarifMessage{Text: "Could not be read: " + clean(s.Reason)}}
		if s.Benign {
			n.Level, n.Message.Text = "note", "Passed over on purpose: "+clean(s.Reason)
		}
		if s.Detail != "" {
			n.Message.Text += ": " + clean(s.Detail)
		}
		n.Message.Text = sarifText(n.Message.Text)
		if name := skippedPlace(&s); name != "" {
			at := overgrant.Sighting{Place: s.Place}
			n.Locations = []sarifLocation{{Physical: &sarifPhysical{Artifact: sarifArtifact{artifactURI(&at)}}, Message: &sarifMessage{Text: name}}}
		}
		v.Notifications = append(v.Notifications, n)
	}
	if all := countGaps(o); all > len(o.gaps.notes) {
		v.Notifications = append(v.Notifications, sarifNotification{Level: "warning",
			Message: sarifMessage{Text: plural(int64(all-len(o.gaps.notes)), "item") + " more were not read and are not named here."}})
	}
	if s := o.cutLine(); s != "" {
		v.Notifications = append(v.Notifications, sarifNotification{Level: "error", Message: sarifMessage{Text: s}})
	}
	return v
}

func countGaps(o *outcome) int {
	real, benign := o.gaps.total()
	return real + benign
}
