package report

import (
	"bufio"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant"
)

var csvRows = Format{
	Name: "csv",
	Doc: `One row for each sighting, for spreadsheets; the columns of a case repeat in each of its rows.

A case without a sighting has one row with the columns of the place empty. The first row names the columns. Lists are
parted by spaces. ` + "`severity`" + ` is that of the case as a whole: none if the link is proven dead, else the worse of what it grants and
what was found behind it.

What a service answered stands in ` + "`proof`, `proof_cause`, `proof_checked` and `proven_actions`" + `; what was measured in
` + "`containers`, `objects`, `bytes`, `bytes_read`, `coverage_complete`, `coverage_partial`, `coverage_skipped`" + ` (shares of the bytes,
0 to 1), ` + "`classes`" + ` (such as ` + "`private_key=118`" + `, worst first), ` + "`replaceable`" + ` (objects that others run or load and the link can
replace) and ` + "`parts_pending`" + ` (still to be measured). They are empty where no service was asked, or nothing was measured.

A run about models has a table of its own: one row for each finding, and one for a file without any. One over storage logs has
one row for each token in use.

A value that a spreadsheet would take for a formula (it begins with ` + "`=` `+` `-` `@`" + `, perhaps after
spaces) gets an apostrophe before it.`,
	model: modelRows,
	token: usedCells,
	write: writeCSV,
}

// caseColumns are the columns that repeat for each sighting of a case.
var caseColumns = []struct {
	name  string
	value func(c *overgrant.Case, o Options) string
}{
	{"case", func(c *overgrant.Case, _ Options) string { return c.Link.ID }},
	{"severity", func(c *overgrant.Case, _ Options) string { return c.Worst().String() }},
	{"status", func(c *overgrant.Case, _ Options) string { return string(c.Status) }},
	{"kind", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Kind }},
	{"provider", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Provider }},
	{"account", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Account }},
	{"host", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Host }},
	{"scope", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Scope }},
	{"container", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Container }},
	{"object", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Path }},
	{"permissions", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Permissions }},
	{"actions", func(c *overgrant.Case, _ Options) string { return strings.Join(c.Link.Grant.Actions, " ") }},
	{"start", func(c *overgrant.Case, _ Options) string { return stamp(c.Link.Grant.Start) }},
	{"expiry", func(c *overgrant.Case, _ Options) string { return stamp(c.Link.Grant.Expiry) }},
	{"never_expires", func(c *overgrant.Case, _ Options) string { return strconv.FormatBool(c.Link.Grant.Endless) }},
	{"signer", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Signer }},
	{"revocation", func(c *overgrant.Case, _ Options) string { return c.Link.Grant.Revocation.Route }},
	{"over_provisioned", func(c *overgrant.Case, _ Options) string { return strconv.FormatBool(c.Verdict.OverProvisioned) }},
	{"rules", func(c *overgrant.Case, _ Options) string { return rules(c) }},
	{"opens", func(c *overgrant.Case, _ Options) string { return opens(c) }},
	{"exposed_days", func(c *overgrant.Case, _ Options) string {
		if c.Exposure.From.IsZero() {
			return ""
		}
		return strconv.Itoa(c.Exposure.Days)
	}},
	{"exposed_still", func(c *overgrant.Case, _ Options) string { return strconv.FormatBool(c.Exposure.Still) }},
	{"link", func(c *overgrant.Case, o Options) string { return linkText(&c.Link, o) }},
	{"proof", proofCell(func(p *overgrant.Proof) string { return string(p.State) })},
	{"proof_cause", proofCell(func(p *overgrant.Proof) string { return string(p.Cause) })},
	{"proof_checked", proofCell(func(p *overgrant.Proof) string { return stamp(p.CheckedAt) })},
	{"proven_actions", proofCell(provenActions)},
	{"containers", reachCell(func(c *overgrant.Case) int64 { return c.Reach.Containers })},
	{"objects", reachCell(func(c *overgrant.Case) int64 { return c.Reach.Objects })},
	{"bytes", reachCell(func(c *overgrant.Case) int64 { return c.Reach.Bytes })},
	{"bytes_read", reachCell(func(c *overgrant.Case) int64 { return c.Reach.Read })},
	{"coverage_complete", coverCell(func(j coverageJSON) float64 { return j.Complete })},
	{"coverage_partial", coverCell(func(j coverageJSON) float64 { return j.Partial })},
	{"coverage_skipped", coverCell(func(j coverageJSON) float64 { return j.Skipped })},
	{"classes", func(c *overgrant.Case, _ Options) string { return classCounts(c) }},
	{"replaceable", reachCell(func(c *overgrant.Case) int64 { return replaceable(c.Reach) })},
	{"parts_pending", reachCell(func(c *overgrant.Case) int64 { return int64(c.Pending) })},
}

// proofCell is a column that is empty where no service was asked.
func proofCell(value func(*overgrant.Proof) string) func(*overgrant.Case, Options) string {
	return func(c *overgrant.Case, _ Options) string {
		if c.Proof == nil {
			return ""
		}
		return value(c.Proof)
	}
}

// reachCell is a column that is empty where nothing was measured.
func reachCell(value func(*overgrant.Case) int64) func(*overgrant.Case, Options) string {
	return func(c *overgrant.Case, _ Options) string {
		if c.Reach == nil {
			return ""
		}
		return strconv.FormatInt(value(c), 10)
	}
}

// coverCell is a column with a share of the bytes.
func coverCell(value func(coverageJSON) float64) func(*overgrant.Case, Options) string {
	return func(c *overgrant.Case, _ Options) string {
		if c.Reach == nil {
			return ""
		}
		return strconv.FormatFloat(value(coverageOf(c.Reach)), 'f', -1, 64)
	}
}

// provenActions lists what the link was shown to allow.
func provenActions(p *overgrant.Proof) string {
	var all []string
	for action, s := range p.Permissions {
		if s == overgrant.Granted || s == overgrant.ProvenBySignature {
			all = append(all, action)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// classCounts lists the classes of data with how much there is of each, worst
// first: "private_key=118 chat_message=31402".
func classCounts(c *overgrant.Case) string {
	if c.Reach == nil {
		return ""
	}
	var all []string
	for _, h := range classesOf(c.Reach) {
		all = append(all, h.name+"="+strconv.FormatInt(h.amount(), 10))
	}
	return strings.Join(all, " ")
}

// replaceable counts what others run or load, and the bearer could replace.
func replaceable(e *overgrant.Exposure) int64 {
	n := int64(0)
	for _, t := range e.Writable {
		n += t.Objects
	}
	return n
}

// sightingColumns are the columns of one sighting.
var sightingColumns = []struct {
	name  string
	value func(s *overgrant.Sighting) string
}{
	{"source", func(s *overgrant.Sighting) string { return s.Source }},
	{"repository", func(s *overgrant.Sighting) string { return s.Repository }},
	{"part", func(s *overgrant.Sighting) string { return s.Part }},
	{"path", func(s *overgrant.Sighting) string { return s.Path }},
	{"line", func(s *overgrant.Sighting) string { return positive(int64(s.Line)) }},
	{"column", func(s *overgrant.Sighting) string { return positive(int64(s.Column)) }},
	{"from_byte", func(s *overgrant.Sighting) string { return strconv.FormatInt(s.Span[0], 10) }},
	{"to_byte", func(s *overgrant.Sighting) string { return strconv.FormatInt(s.Span[1], 10) }},
	{"encoding", func(s *overgrant.Sighting) string { return strings.Join(s.Encoding, " ") }},
	{"commit", func(s *overgrant.Sighting) string { return s.Commit }},
	{"author", func(s *overgrant.Sighting) string { return s.Author }},
	{"time", func(s *overgrant.Sighting) string { return stamp(s.Time) }},
	{"last_commit", func(s *overgrant.Sighting) string { return s.LastCommit }},
	{"removed", func(s *overgrant.Sighting) string { return stamp(s.Removed) }},
	{"in_head", func(s *overgrant.Sighting) string {
		if s.InHead == nil {
			return ""
		}
		return strconv.FormatBool(*s.InHead)
	}},
}

func writeCSV(w *bufio.Writer, o *outcome) error {
	if o.ofModels() {
		if o.streamed == 0 {
			if err := modelHead(w); err != nil {
				return err
			}
		}
		if len(o.cases) == 0 {
			return nil
		}
		_ = w.WriteByte('\n') // the cases are a table of their own
	} else if o.streamed > 0 {
		_ = w.WriteByte('\n') // as above, below that of tokens
	}
	rows := csv.NewWriter(w)
	row := make([]string, 0, len(caseColumns)+len(sightingColumns))
	for _, c := range caseColumns {
		row = append(row, c.name)
	}
	for _, c := range sightingColumns {
		row = append(row, c.name)
	}
	_ = rows.Write(row) // a csv.Writer keeps its first error for Flush
	for _, c := range o.shown {
		row = row[:0]
		for _, col := range caseColumns {
			row = append(row, cell(col.value(c, o.Options)))
		}
		if len(c.Seen) == 0 {
			_ = rows.Write(append(row, make([]string, len(sightingColumns))...))
		}
		for i := range c.Seen {
			full := row
			for _, col := range sightingColumns {
				full = append(full, cell(col.value(&c.Seen[i])))
			}
			_ = rows.Write(full)
		}
	}
	rows.Flush()
	return rows.Error()
}

// cell makes a value harmless for spreadsheets, which run what looks like a
// formula. Source: OWASP, "CSV Injection".
func cell(s string) string {
	s = clean(s)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

func positive(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// rules lists the codes of the reasons, parted by spaces.
func rules(c *overgrant.Case) string {
	var codes []string
	for _, r := range c.Verdict.Reasons {
		codes = append(codes, r.Rule)
	}
	return strings.Join(codes, " ")
}
