package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"

	"github.com/overgrant/overgrant"
)

// usedLine writes a token as a line.
func usedLine(w *bufio.Writer, u usedRow) error { return writeLine(w, u.Used) }

// usedElement writes a token of an array.
func usedElement(w *bufio.Writer, u usedRow) error { return writeElement(w, u.Used, u.before) }

// usageLines writes, after the tokens, the trail of a case, if one was asked
// for. What the logs cover is in the summary and in events.
func usageLines(w *bufio.Writer, _ *outcome, l *logs) error {
	for _, t := range l.trails {
		if err := writeLine(w, t); err != nil {
			return err
		}
	}
	return nil
}

// usageArray ends the array of tokens in the same way.
func usageArray(w *bufio.Writer, o *outcome, l *logs) error {
	for i, t := range l.trails {
		if err := writeElement(w, t, o.streamed+i); err != nil {
			return err
		}
	}
	if o.streamed+len(l.trails) == 0 {
		_ = w.WriteByte('[')
	}
	_, err := w.WriteString("\n]\n") // a bufio.Writer keeps its first error
	return err
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

// usedCells writes a row for a token, below the head of the table.
func usedCells(w *bufio.Writer, u usedRow) error {
	if u.before == 0 {
		if err := usedHead(w); err != nil {
			return err
		}
	}
	row := make([]string, 0, len(usageColumns))
	for _, c := range usageColumns {
		row = append(row, cell(c.value(u.Used)))
	}
	return writeRow(w, row)
}

func usedHead(w *bufio.Writer) error {
	row := make([]string, 0, len(usageColumns))
	for _, c := range usageColumns {
		row = append(row, c.name)
	}
	return writeRow(w, row)
}

// writeRow writes a row of CSV into the buffer of w, which package csv uses as
// its own.
func writeRow(w *bufio.Writer, row []string) error { return csv.NewWriter(w).Write(row) }

// usageCSV writes the head where no token came.
func usageCSV(w *bufio.Writer, o *outcome, _ *logs) error {
	if o.streamed > 0 {
		return nil
	}
	return usedHead(w)
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
