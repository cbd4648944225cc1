package report

import (
	"bufio"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant"
)

// modelColumns are the columns that repeat for each finding of a model.
var modelColumns = []struct {
	name  string
	value func(m *overgrant.Model) string
}{
	{"path", func(m *overgrant.Model) string { return m.Path }},
	{"format", func(m *overgrant.Model) string { return m.Format }},
	{"verdict", func(m *overgrant.Model) string { return m.Verdict }},
	{"severity", func(m *overgrant.Model) string { return m.Severity.String() }},
	{"size", func(m *overgrant.Model) string { return strconv.FormatInt(m.Size, 10) }},
	{"bytes_read", func(m *overgrant.Model) string { return strconv.FormatInt(m.BytesRead, 10) }},
	{"globals", func(m *overgrant.Model) string { return strings.Join(m.Globals, " ") }},
	{"torch_weights_only", func(m *overgrant.Model) string { return m.LoadsUnder["torch_weights_only"] }},
	{"keras_safe_mode", func(m *overgrant.Model) string { return m.LoadsUnder["keras_safe_mode"] }},
	{"numpy_allow_pickle_false", func(m *overgrant.Model) string { return m.LoadsUnder["numpy_allow_pickle_false"] }},
	{"unread", func(m *overgrant.Model) string { return m.Unread }},
}

// findingColumns are the columns of one finding.
var findingColumns = []struct {
	name  string
	value func(f *overgrant.ModelFinding) string
}{
	{"finding_severity", func(f *overgrant.ModelFinding) string { return f.Severity.String() }},
	{"rule", func(f *overgrant.ModelFinding) string { return f.Rule }},
	{"what", func(f *overgrant.ModelFinding) string { return f.What }},
	{"why", func(f *overgrant.ModelFinding) string { return f.Why }},
	{"offset", func(f *overgrant.ModelFinding) string { return strconv.FormatInt(f.Offset, 10) }},
	{"opcode", func(f *overgrant.ModelFinding) string { return f.Opcode }},
	{"member", func(f *overgrant.ModelFinding) string { return f.Member }},
}

// modelHead names the columns.
func modelHead(w *bufio.Writer) error {
	head := make([]string, 0, len(modelColumns)+len(findingColumns))
	for _, c := range modelColumns {
		head = append(head, c.name)
	}
	for _, c := range findingColumns {
		head = append(head, c.name)
	}
	rows := csv.NewWriter(w)
	_ = rows.Write(head) // a csv.Writer keeps its first error for Flush
	rows.Flush()
	return rows.Error()
}

// modelRows writes a row for each finding of a model, or one for a model without
// any.
func modelRows(w *bufio.Writer, m row) error {
	if m.before == 0 {
		if err := modelHead(w); err != nil {
			return err
		}
	}
	rows := csv.NewWriter(w)
	line := make([]string, 0, len(modelColumns)+len(findingColumns))
	for _, c := range modelColumns {
		line = append(line, cell(c.value(m.Model)))
	}
	if len(m.Findings) == 0 {
		_ = rows.Write(append(line, make([]string, len(findingColumns))...))
	}
	for i := range m.Findings {
		full := line
		for _, c := range findingColumns {
			full = append(full, cell(c.value(&m.Findings[i])))
		}
		_ = rows.Write(full)
	}
	rows.Flush()
	return rows.Error()
}
