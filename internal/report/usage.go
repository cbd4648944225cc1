package report

import (
	"bufio"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// logs is what a run over storage logs told. Tokens are counted as they come; a
// format keeps of them what it prints later.
type logs struct {
	tokens tokens
	counts usageCounts
	trails []*overgrant.Trail
	logged *overgrant.Logged
}

func (l *logs) add(m overgrant.Message) {
	switch {
	case m.Used != nil:
		l.counts.add(m.Used)
		l.tokens.add(m.Used)
	case m.Trail != nil:
		l.trails = append(l.trails, saneTrail(m.Trail))
	case m.Logged != nil:
		l.logged = saneLogged(m.Logged)
	}
}

// told reports whether the run was one over logs.
func (l *logs) told() bool { return l.logged != nil }

// anyFound reports whether the run found a link: one over logs tells of cases
// without finding them.
func anyFound(cases []*overgrant.Case) bool {
	return slices.ContainsFunc(cases, func(c *overgrant.Case) bool { return c.Link.Grant.Kind != "" })
}

// writer returns what writes the logs in a format; that with no name is the
// summary.
func (l *logs) writer(format string) func(*bufio.Writer, *outcome) error {
	write := map[string]func(*bufio.Writer, *outcome, *logs) error{
		text.Name: usageText, jsonLines.Name: usageLines, jsonArray.Name: usageArray, csvRows.Name: usageCSV,
		markdown.Name: usageMarkdown, html.Name: usageHTML, sarif.Name: usageSARIF, junit.Name: usageJUnit,
	}[format]
	if write == nil {
		write = usageSummary
	}
	return func(w *bufio.Writer, o *outcome) error { return write(w, o, l) }
}

// saneUsed takes out what no format can write.
func saneUsed(u *overgrant.Used) *overgrant.Used {
	s := *u
	s.First, s.Last, s.Expiry = saneTime(u.First), saneTime(u.Last), saneTime(u.Expiry)
	g := &s.Grant
	g.Start, g.Expiry, g.KeyExpiry = saneTime(g.Start), saneTime(g.Expiry), saneTime(g.KeyExpiry)
	if s.Operations == nil {
		s.Operations = map[string]int64{}
	}
	return &s
}

func saneTrail(t *overgrant.Trail) *overgrant.Trail {
	s := *t
	s.First, s.Last, s.Published = saneTime(t.First), saneTime(t.Last), saneTime(t.Published)
	s.Days = slices.DeleteFunc(slices.Clone(t.Days), func(d overgrant.TrailDay) bool {
		_, err := time.Parse(time.DateOnly, d.Day)
		return err != nil
	})
	return &s
}

func saneLogged(l *overgrant.Logged) *overgrant.Logged {
	s := *l
	s.From, s.To = saneTime(l.From), saneTime(l.To)
	return &s
}

// usageCounts are counts of the tokens that were seen.
type usageCounts struct {
	signed, wide, unknown, strange, leaked int64 // strange is unknown and too wide
}

func (c *usageCounts) add(u *overgrant.Used) {
	if !u.Signed() {
		return
	}
	c.signed++
	if u.Unblanked > 0 {
		c.leaked++
	}
	if u.Match.IsZero() {
		c.unknown++
	}
	if u.Verdict.OverProvisioned {
		c.wide++
		if u.Match.IsZero() {
			c.strange++
		}
	}
}

// headline says in a sentence what the logs show.
func (l *logs) headline() string {
	c := &l.counts
	if l.logged.Records == 0 {
		return "No storage log record was read"
	}
	s := plural(c.signed, "shared access signature") + " in use"
	if c.signed == 0 {
		return "No shared access signature in use"
	}
	switch {
	case c.strange > 0:
		return s + ": " + count(c.strange) + " too wide and unknown to us"
	case c.wide > 0:
		return s + ": " + count(c.wide) + " too wide, all of them known"
	}
	return s + ", none of them too wide"
}

// readWords says how much was read.
func (l *logs) readWords(o *outcome) string {
	g := l.logged
	s := "Read " + plural(g.Records, "request") + " in " + size(g.Bytes) + " of logs"
	if e := o.summary.Elapsed; e > 0 {
		s += " in " + elapsed(e)
	}
	if !g.From.IsZero() {
		s += ", from " + moment(g.From) + " to " + moment(g.To)
	}
	s += "."
	if g.Doubles > 0 {
		s += " " + plural(g.Doubles, "record") + " met twice counted once."
	}
	if n := g.Folded["tokens"]; n > 0 {
		s += " " + plural(n, "request") + " used tokens for which there was no room: they are in no line."
	}
	return s
}

// whose says whose a token is.
func whose(u *overgrant.Used) string {
	var s string
	switch m := &u.Match; {
	case m.Ledger != "":
		s = "ours: " + clean(m.Ledger)
	case m.Known != "":
		s = "case " + shortID(m.Known)
	case u.Signed():
		s = "unknown to us"
	}
	if u.Match.By == "parameters" {
		s += " (by its parameters)"
	}
	if id := u.Match.LeakedBy; id != "" {
		s += ", signed by the leaked key of case " + shortID(id)
	}
	return s
}

// usedTitle names the sort of a token.
func usedTitle(u *overgrant.Used) string {
	switch u.Kind {
	case "account_key":
		return "Account key, used by itself"
	case "oauth":
		return "OAuth"
	case "anonymous":
		return "Anonymous, in public"
	case "other":
		return "Other authorization"
	case "sas":
		return "Shared access signature"
	}
	return nameOf(&u.Grant).title
}

// usedOn says what a token is for.
func usedOn(u *overgrant.Used) string {
	g := u.Grant
	if g.Account == "" {
		g.Account = u.Account
	}
	s := clean(g.Account)
	for _, part := range []string{g.Container, g.Table, g.Path} {
		if part != "" {
			s += "/" + clean(part)
		}
	}
	return s
}

// keyWords says which key signed a token.
func keyWords(u *overgrant.Used) string {
	if u.Key == "" {
		return ""
	}
	s := clean(u.Key)
	if u.KeyHash != "" {
		s += " (SHA-256 " + shortID(u.KeyHash) + "…)"
	}
	return s
}

// traffic says how often and for how much a token was used.
func traffic(d overgrant.Deeds) string {
	parts := []string{plural(d.Requests, "request")}
	if d.Failed > 0 {
		parts = append(parts, count(d.Failed)+" failed")
	}
	for _, x := range []struct {
		n    int64
		noun string
	}{{d.Reads, "read"}, {d.Writes, "write"}, {d.Deletes, "delete"}} {
		if x.n > 0 {
			parts = append(parts, plural(x.n, x.noun))
		}
	}
	return strings.Join(parts, ", ") + "; " + size(d.BytesOut) + " out, " + size(d.BytesIn) + " in"
}

func deedsOf(u *overgrant.Used) overgrant.Deeds {
	return overgrant.Deeds{Requests: u.Requests, Failed: u.Failed, Reads: u.Reads, Writes: u.Writes, Deletes: u.Deletes, BytesOut: u.BytesOut, BytesIn: u.BytesIn}
}

// whoUsed says how many used a token, and who most.
func whoUsed(n int64, about bool, top []overgrant.Counted, noun string) string {
	if n == 0 {
		return ""
	}
	s := plural(n, noun)
	if about {
		s = "about " + s
	}
	var names []string
	for _, c := range top[:min(len(top), 4)] {
		names = append(names, clean(shorten(c.Name, 60)))
	}
	if len(names) > 0 {
		s += ": " + strings.Join(names, ", ")
	}
	if n > int64(len(names)) && len(names) > 0 {
		s += " …"
	}
	return s
}

// tops names what occurs most often.
func tops(m map[string]int64, most int) string {
	var parts []string
	all := byCount(m)
	for _, c := range all[:min(len(all), most)] {
		parts = append(parts, clean(c.Name)+" "+count(c.Count))
	}
	if rest := len(all) - most; rest > 0 {
		parts = append(parts, "and "+count(int64(rest))+" more")
	}
	return strings.Join(parts, ", ")
}
