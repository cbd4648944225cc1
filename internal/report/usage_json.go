package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"

	"github.com/overgrant/overgrant"
)

// usageLines writes one token a line, and after them the trail of a case, if one
// was asked for. What the logs cover is in the summary and in events.
func usageLines(w *bufio.Writer, _ *outcome, l *logs) error {
	for _, v := range l.values() {
		line, err := encode(v)
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// usageArray writes the lines as one array.
func usageArray(w *bufio.Writer, _ *outcome, l *logs) error {
	_ = w.WriteByte('[')
	for i, v := range l.values() {
		line, err := encode(v)
		if err != nil {
			return err
		}
		if i > 0 {
			_ = w.WriteByte(',')
		}
		_ = w.WriteByte('\n')
		_, _ = w.Write(bytes.TrimRight(line, "\n"))
	}
	_, err := w.WriteString("\n]\n") // a bufio.Writer keeps its first error
	return err
}

func (l *logs) values() []any {
	var all []any
	for _, u := range l.used {
		all = append(all, u)
	}
	for _, t := range l.trails {
		all = append(all, t)
	}
	return all
}

// usageColumns are the columns of a token.
var usageColumns = []struct {
	name  string
	value func(u *overgrant.Used) string
}{
	{"token", func(u *overgrant.Used) string { return u.Token }},
	{"severity", func(u *overgrant.Used) string { return u.Worst().String() }},
	{"over_provisioned", func(u *overgrant.Used) string { return strconv.FormatBool(u.Verdict.OverProvisioned) }},
	{"known_case", func(u *overgrant.Used) string { return u.Match.Known }},
	{"ledger", func(u *overgrant.Used) string { return u.Match.Ledger }},
	{"matched_by", func(u *overgrant.Used) string { return u.Match.By }},
	{"key_case", func(u *overgrant.Used) string { return u.Match.LeakedBy }},
	{"kind", func(u *overgrant.Used) string { return u.Kind }},
	{"status", func(u *overgrant.Used) string { return string(u.Status) }},
	{"account", func(u *overgrant.Used) string { return u.Account }},
	{"container", func(u *overgrant.Used) string { return cmp.Or(u.Grant.Container, u.Grant.Table) }},
	{"object", func(u *overgrant.Used) string { return u.Grant.Path }},
	{"scope", func(u *overgrant.Used) string { return u.Grant.Scope }},
	{"permissions", func(u *overgrant.Used) string { return u.Permissions }},
	{"start", func(u *overgrant.Used) string { return stamp(u.Grant.Start) }},
	{"expiry", func(u *overgrant.Used) string { return stamp(u.Expiry) }},
	{"key", func(u *overgrant.Used) string { return u.Key }},
	{"key_hash", func(u *overgrant.Used) string { return u.KeyHash }},
	{"first", func(u *overgrant.Used) string { return stamp(u.First) }},
	{"last", func(u *overgrant.Used) string { return stamp(u.Last) }},
	{"requests", number(func(u *overgrant.Used) int64 { return u.Requests })},
	{"failed", number(func(u *overgrant.Used) int64 { return u.Failed })},
	{"reads", number(func(u *overgrant.Used) int64 { return u.Reads })},
	{"writes", number(func(u *overgrant.Used) int64 { return u.Writes })},
	{"deletes", number(func(u *overgrant.Used) int64 { return u.Deletes })},
	{"bytes_out", number(func(u *overgrant.Used) int64 { return u.BytesOut })},
	{"bytes_in", number(func(u *overgrant.Used) int64 { return u.BytesIn })},
	{"callers", number(func(u *overgrant.Used) int64 { return u.Callers })},
	{"agents", number(func(u *overgrant.Used) int64 { return u.Agents })},
	{"unblanked", number(func(u *overgrant.Used) int64 { return u.Unblanked })},
	{"rules", func(u *overgrant.Used) string {
		return rules(&overgrant.Case{Verdict: u.Verdict})
	}},
}

func number(value func(*overgrant.Used) int64) func(*overgrant.Used) string {
	return func(u *overgrant.Used) string { return strconv.FormatInt(value(u), 10) }
}

// usageCSV writes one row for each token.
func usageCSV(w *bufio.Writer, _ *outcome, l *logs) error {
	rows := csv.NewWriter(w)
	row := make([]string, 0, len(usageColumns))
	for _, c := range usageColumns {
		row = append(row, c.name)
	}
	_ = rows.Write(row) // a csv.Writer keeps its first error for Flush
	for _, u := range l.used {
		row = row[:0]
		for _, c := range usageColumns {
			row = append(row, cell(c.value(u)))
		}
		_ = rows.Write(row)
	}
	rows.Flush()
	return rows.Error()
}

// byCount sorts names by how often they occur.
func byCount(m map[string]int64) []overgrant.Counted {
	var all []overgrant.Counted
	for name, n := range m {
		all = append(all, overgrant.Counted{Name: name, Count: n})
	}
	slices.SortFunc(all, func(a, b overgrant.Counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return all
}
