package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// day writes a date for tables and headlines.
func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// date writes a date for sentences.
func date(t time.Time) string { return t.UTC().Format("2 January 2006") }

// moment writes a date and, unless it is midnight, the time.
func moment(t time.Time) string {
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return day(t)
	}
	return t.Format("2006-01-02 15:04 UTC")
}

// span writes a length of time roughly, as people say it.
func span(d time.Duration) string {
	const days = 24 * time.Hour
	switch n := d.Hours() / 24; {
	case d < 2*time.Minute:
		return plural(int64(d/time.Second), "second")
	case d < 2*time.Hour:
		return plural(int64(d/time.Minute), "minute")
	case d < 2*days:
		return plural(int64(d/time.Hour), "hour")
	case n < 90:
		return plural(int64(n), "day")
	case n < 730:
		return plural(int64(n/30.44+0.5), "month")
	default:
		return plural(int64(n/365.25+0.5), "year")
	}
}

// plural writes a count of something: "1 file", "12,345 files".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// count writes a number with commas.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes with a decimal unit.
func size(n int64) string { return sizeTo(n, 10) }

// fullSize writes a number of bytes in three figures, for the totals that
// people quote.
func fullSize(n int64) string { return sizeTo(n, 100) }

// sizeTo writes a decimal place for figures below fine.
func sizeTo(n int64, fine float64) string {
	if n < 1000 {
		return plural(n, "byte")
	}
	v := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		v /= 1000
		if v < 999.5 || unit == "EB" {
			if v < fine-0.05 {
				return fmt.Sprintf("%.1f %s", v, unit)
			}
			return fmt.Sprintf("%.0f %s", v, unit)
		}
	}
	return ""
}

// counted writes a count of things that are named in the plural: "1 private
// key", "2 private keys", "1 file of workstation backups".
func counted(n int64, nouns string) string {
	if n == 1 {
		return "1 " + singular(nouns)
	}
	return count(n) + " " + nouns
}

// singular turns the head of "files of workstation backups" and each part of
// "addresses and numbers" into the singular.
func singular(nouns string) string {
	head, tail := nouns, ""
	for _, sep := range []string{" of ", " in ", " with ", " from "} {
		if i := strings.Index(head, sep); i >= 0 {
			head, tail = nouns[:i], nouns[i:]
		}
	}
	parts := strings.Split(head, " and ")
	for i, p := range parts {
		switch {
		case strings.HasSuffix(p, "ies"):
			p = strings.TrimSuffix(p, "ies") + "y"
		case strings.HasSuffix(p, "sses"), strings.HasSuffix(p, "shes"), strings.HasSuffix(p, "ches"), strings.HasSuffix(p, "xes"):
			p = strings.TrimSuffix(p, "es")
		case strings.HasSuffix(p, "s") && !strings.HasSuffix(p, "ss"):
			p = strings.TrimSuffix(p, "s")
		}
		parts[i] = p
	}
	return strings.Join(parts, " and ") + tail
}

// percent writes a share, 0 to 1: "97 %", "0.2 %", "less than 0.1 %".
func percent(share float64) string {
	p := share * 100
	switch {
	case p <= 0:
		return "0 %"
	case p < 0.1:
		return "less than 0.1 %"
	case p >= 100:
		return "100 %"
	case p > 99.9:
		return "more than 99.9 %"
	case p < 9.95:
		return fmt.Sprintf("%.1f %%", p)
	}
	return fmt.Sprintf("%.0f %%", min(p, 99))
}

// monthText writes 2021-07 as July 2021.
func monthText(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return clean(s)
	}
	return t.Format("January 2006")
}

// and joins words: "a", "a and b", "a, b and c".
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// standing says in two or three words how the case stands, for a headline.
func standing(c *overgrant.Case) string {
	if c.Proof != nil && c.Proof.State == overgrant.Dead {
		return "refused by the service"
	}
	g := &c.Link.Grant
	if standsAlone(g) {
		return "measured"
	}
	switch c.Status {
	case overgrant.Expired:
		return "expired " + day(g.Expiry)
	case overgrant.NotYetValid:
		return "works from " + day(g.Start)
	case overgrant.LiveShape:
		switch {
		case !g.Expiry.IsZero():
			return "works until " + day(g.Expiry)
		case g.Endless:
			return "never expires"
		case g.PolicyID != "":
			return "until its policy ends it"
		}
		return "no expiry is told"
	}
	return statusName(c.Status)
}

// statusName writes a status for people.
func statusName(s overgrant.Status) string {
	switch s {
	case overgrant.LiveShape:
		return "could work now"
	case overgrant.Status(overgrant.PublishedExample):
		return "published example"
	case overgrant.Status(overgrant.Emulator):
		return "emulator key"
	case overgrant.Status(overgrant.Malformed):
		return "malformed link"
	}
	return clean(strings.ReplaceAll(string(s), "_", " "))
}

// lifetime says from when to when the link works, and how long that is.
func lifetime(g *overgrant.Grant) string {
	switch {
	case g.Endless:
		return "never expires by itself"
	case g.Expiry.IsZero() && g.ExpiryRaw != "":
		return "expiry written as " + clean(shorten(g.ExpiryRaw, 60)) + ", which is no date"
	case g.Expiry.IsZero() && g.PolicyID != "":
		return "told by the stored access policy, not by the link"
	case g.Expiry.IsZero():
		return "the link tells none"
	case g.Start.IsZero():
		return "until " + moment(g.Expiry) + "; no start is set"
	case g.Expiry.Before(g.Start):
		return moment(g.Start) + " to " + moment(g.Expiry) + ", which is before its start"
	}
	return fmt.Sprintf("%s to %s (%s)", moment(g.Start), moment(g.Expiry), span(g.Expiry.Sub(g.Start)))
}

// network says from where and over what the link may be used.
func network(g *overgrant.Grant) string {
	var parts []string
	if g.IP != "" {
		parts = append(parts, "only from "+clean(shorten(g.IP, 60)))
	} else if g.Provider != "" {
		parts = append(parts, "any network")
	}
	switch {
	case slices.Equal(g.Protocols, []string{"https"}):
		parts = append(parts, "https only")
	case slices.Contains(g.Protocols, "http"):
		parts = append(parts, "https or plain http")
	}
	return strings.Join(parts, ", ")
}

// exposedFor says how long the link stood in the open while it worked; empty
// if that is not known.
func exposedFor(e overgrant.Exposed) string {
	if e.From.IsZero() {
		return ""
	}
	long := plural(int64(e.Days), "day")
	if e.Days == 0 {
		long = "less than a day"
	}
	if e.Still {
		return long + " and counting, since " + date(e.From)
	}
	return long + ", from " + date(e.From) + " to " + date(e.Until)
}

// revocation says how to make the link stop, and what stops with it; empty for
// what opens nothing.
func revocation(c *overgrant.Case) string {
	if c.Status.Quiet() {
		return ""
	}
	g := &c.Link.Grant
	s := routeOf(g)
	if g.Revocation.Route == "none" {
		return s + ": " + clean(g.Revocation.Collateral)
	}
	if s != "" && g.Revocation.Collateral != "" {
		s += "; this also stops: " + clean(g.Revocation.Collateral)
	}
	return s
}

// fixes returns what to do about the case, each thing once.
func fixes(c *overgrant.Case) []string {
	var all []string
	for _, r := range c.Verdict.Reasons {
		if f := clean(r.Fix); f != "" && !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return all
}

// shortID is enough of a case's id to name it.
func shortID(id string) string { return clean(id[:min(12, len(id))]) }

// linkText is the link as it may be printed.
func linkText(l *overgrant.Link, o Options) string {
	if o.Reveal != nil {
		if s := o.Reveal(l.Secret); s != "" {
			return clean(s)
		}
	}
	return clean(l.Redacted)
}
