package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// Timelines are the formats that WriteTimelines writes.
var Timelines = []string{"markdown", "json", "text"}

// WriteTimelines writes the timelines of cases in a format of Timelines.
func WriteTimelines(w io.Writer, format string, all []overgrant.Timeline, o Options) error {
	b := bufio.NewWriter(w)
	switch format {
	case "json":
		if err := timelinesJSON(b, all); err != nil {
			return fmt.Errorf("write timeline: %w", err)
		}
	case "markdown":
		for i := range all {
			if i > 0 {
				fmt.Fprintln(b)
			}
			timelineMarkdown(b, &all[i])
		}
	case "text":
		for i := range all {
			timelineText(newPage(b, o), &all[i])
		}
	default:
		return fmt.Errorf("write timeline: no format %q; want one of %s", format, strings.Join(Timelines, ", "))
	}
	return b.Flush()
}

func timelinesJSON(b *bufio.Writer, all []overgrant.Timeline) error {
	for i := range all {
		text, err := json.MarshalIndent(&all[i], "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s\n", cleanJSON(text))
	}
	return nil
}

// happenings names the moments of a timeline in words.
var happenings = map[overgrant.Happening]string{
	overgrant.Opened: "opened", overgrant.Published: "published", overgrant.UsedFirst: "first used", overgrant.UsedLast: "last used",
	overgrant.FoundOut: "found", overgrant.ProvenOut: "proven to work", overgrant.SizedUp: "measured", overgrant.Shut: "revoked",
	overgrant.Confirmed: "confirmed dead", overgrant.Reopened: "WORKS AGAIN", overgrant.RanOut: "expired", overgrant.WillEnd: "expires",
}

// momentWhen says when a moment was, or between what.
func momentWhen(m *overgrant.Moment) string {
	const form = "2006-01-02 15:04:05"
	at := func(t time.Time) string { return t.UTC().Format(form) }
	switch {
	case !m.At.IsZero():
		return at(m.At)
	case m.NotBefore.IsZero() && m.NotAfter.IsZero():
		return "not known"
	case m.NotBefore.IsZero():
		return "not after " + at(m.NotAfter)
	case m.NotAfter.IsZero():
		return "not before " + at(m.NotBefore)
	}
	return at(m.NotBefore) + " to " + at(m.NotAfter)
}

func timelineMarkdown(b *bufio.Writer, t *overgrant.Timeline) {
	fmt.Fprintf(b, "## Exposure timeline of case %s\n\n", shortID(t.ID))
	fmt.Fprintf(b, "%s, %s\n\n", md(clean(strings.ReplaceAll(t.Kind, "_", " "))), code(clean(t.Text)))
	fmt.Fprint(b, "| When (UTC) | What | Detail |\n|---|---|---|\n")
	for i := range t.Moments {
		m := &t.Moments[i]
		fmt.Fprintf(b, "| %s | **%s** | %s |\n", momentWhen(m), happenings[m.What], markdownCell(clean(m.Detail)))
	}
	fmt.Fprintln(b)
	if t.Exposed != (overgrant.Exposed{}) {
		fmt.Fprintf(b, "In the open and working: %s.\n\n", md(exposedFor(t.Exposed)))
	}
	for _, u := range t.Unknown {
		fmt.Fprintf(b, "- Not known: %s.\n", md(clean(u)))
	}
}

func timelineText(p *page, t *overgrant.Timeline) {
	p.rule()
	p.paragraph(1, bold, clean(fmt.Sprintf("Exposure timeline of case %s · %s", shortID(t.ID), t.Text)))
	p.rule()
	wide := 0
	for i := range t.Moments {
		wide = max(wide, columns(momentWhen(&t.Moments[i])))
	}
	wide = min(wide, 43)
	for i := range t.Moments {
		m := &t.Moments[i]
		text := happenings[m.What]
		if m.Detail != "" {
			text += ": " + clean(m.Detail)
		}
		p.item(" "+momentWhen(m), wide+3, "", text)
	}
	if len(t.Moments) > 0 && len(t.Unknown) > 0 {
		p.line()
	}
	for _, u := range t.Unknown {
		p.paragraph(1, faint, "Not known: "+clean(u)+".")
	}
	p.line()
}

// htmlHistory is the timeline of a case as the page shows it.
type htmlHistory struct {
	Closed  bool
	Moments []htmlMoment
	Unknown []string
	Journal []htmlMoment // steps and checks of closing it
}

type htmlMoment struct{ When, What, Detail, Class string }

// storied reports whether more happened to a case than that it was found, proven
// and measured.
func storied(c *overgrant.Case) bool {
	return len(c.Remedies) > 0 || len(c.Used) > 0 || len(c.Minted) > 0
}

// mostJournal is how many entries of a journal the page names.
const mostJournal = 200

// htmlHistoryOf returns what the page shows of a case that somebody closed,
// minted or used; nil for others, whose bar tells all.
func htmlHistoryOf(c *overgrant.Case, now time.Time) *htmlHistory {
	if !storied(c) {
		return nil
	}
	t := c.Timeline(now)
	h := &htmlHistory{Closed: t.Closed, Unknown: t.Unknown}
	for i := range t.Moments {
		m := &t.Moments[i]
		class := ""
		switch m.What {
		case overgrant.Reopened:
			class = "warn"
		case overgrant.Confirmed:
			class = "good"
		}
		h.Moments = append(h.Moments, htmlMoment{momentWhen(m), happenings[m.What], clean(m.Detail), class})
	}
	journal := slices.Clone(c.Remedies)
	slices.SortStableFunc(journal, overgrant.CompareRemedied)
	for i := range journal[:min(len(journal), mostJournal)] {
		h.Journal = append(h.Journal, journalEntry(&journal[i]))
	}
	return h
}

// journalEntry puts an entry of a journal in words.
func journalEntry(r *overgrant.Remedied) htmlMoment {
	m := htmlMoment{When: r.At.UTC().Format("2006-01-02 15:04:05"), What: strings.ReplaceAll(string(r.State), "_", " "), Detail: clean(r.Detail)}
	switch {
	case r.State == overgrant.Planned && r.Route != nil:
		m.Detail = clean(r.Route.Doc)
	case r.State == overgrant.Checked && r.Proof != nil:
		m.Detail = strings.TrimSuffix(string(r.Proof.State)+": "+clean(r.Proof.Why), ": ")
	case r.Step > 0:
		m.What = fmt.Sprintf("step %d %s", r.Step, m.What)
	}
	return m
}

// closingLine says in a sentence how far the closing of a case has come; empty
// if nobody began.
func closingLine(c *overgrant.Case) string {
	all := overgrant.Attempts(c.Remedies)
	if len(all) == 0 {
		return ""
	}
	a := all[len(all)-1]
	by := "by other means"
	if a.Route != nil {
		by = "by " + words(a.Route.Name)
	}
	switch closed := c.Closed(); {
	case closed != nil:
		a = *closed
		if a.Route != nil {
			by = "by " + words(a.Route.Name)
		}
		return fmt.Sprintf("closed %s, confirmed dead on %s", by, moment(a.EndAt))
	case a.End == overgrant.Closed:
		return fmt.Sprintf("was closed %s on %s, and WORKS AGAIN since %s", by, moment(a.EndAt), moment(c.LastAlive))
	case a.End == overgrant.GivenUp:
		return fmt.Sprintf("given up on %s: %s", moment(a.EndAt), clean(a.Why))
	}
	if at, done := a.Carried(); done {
		return fmt.Sprintf("revoked %s on %s, not confirmed yet: overgrant revoke %s --confirm", by, moment(at), shortID(c.Link.ID))
	}
	return fmt.Sprintf("begun %s on %s, not at its end: overgrant revoke %s --resume", by, moment(a.At), shortID(c.Link.ID))
}
