package judge

import (
	"fmt"
	"strings"
)

// Page returns the manual's page of all rules, in Markdown. It is kept as
// doc/rules.md.
func Page() string {
	var b strings.Builder
	b.WriteString(`# Rules

<!-- Generated from internal/judge; rewrite with: go test ./internal/judge -update -->

What makes a grant too wide. A rule that is marked *advice* is worth knowing, but does not make it so.
The worst reason gives the severity; once a link has expired it is one step lower.
[policy.md](policy.md) tells how to change a rule or switch it off.

| rule | severity | |
|---|---|---|
`)
	for _, r := range All {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.Code, r.Code, r.Severity, r.mark())
	}
	for _, r := range All {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n*What to do:* %s\n", r.Code, r.Doc, r.Fix)
	}
	return b.String()
}

func (r Rule) mark() string {
	if r.Advice {
		return "advice"
	}
	return ""
}
