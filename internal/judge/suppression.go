package judge

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/overgrant/overgrant"
)

// Suppression keeps one case out of reports for a while, because somebody said
// why and until when. It is not forgotten: summaries count it.
type Suppression struct {
	Case      string    // id of the case or the first 12 or more digits of it, hex, lower case
	Why       string    // the reason
	By        string    // who answers for it
	Until     time.Time // last second in which it holds, UTC
	Sightings int       // how often the case was seen when this was written; 0 if that is not said
}

// Standing is a case as a run saw it.
type Standing struct {
	ID        string // of the case, hex
	Sightings int    // in this run
	Alive     bool   // the service was asked, and answered that the link works
}

// Suppress returns the suppression of a case, and false if there is none.
// Hushed.Broken says why it no longer holds: its date has passed, the case was
// seen at more places than when it was written, or the link was proven alive.
// It is empty while the case stays hidden.
func (c Config) Suppress(s Standing, now time.Time) (*overgrant.Hushed, bool) {
	i, found := slices.BinarySearchFunc(c.Suppressions, s.ID, func(e Suppression, id string) int {
		if strings.HasPrefix(id, e.Case) {
			return 0
		}
		return cmp.Compare(e.Case, id)
	})
	if !found || c.Suppressions[i].Case == "" {
		return nil, false
	}
	e := c.Suppressions[i]
	h := &overgrant.Hushed{ID: s.ID, Why: e.Why, By: e.By, Until: e.Until}
	switch {
	case s.Alive:
		h.Broken = "the link was proven alive"
	case now.After(e.Until):
		h.Broken = "the suppression ended on " + e.Until.Format(time.DateOnly)
	case e.Sightings > 0 && s.Sightings > e.Sightings:
		h.Broken = fmt.Sprintf("sightings grew from %d to %d", e.Sightings, s.Sightings)
	}
	return h, true
}

// Lapsed returns the suppressions whose date has passed. They hide nothing and
// can be taken out of the file.
func (c Config) Lapsed(now time.Time) []Suppression {
	var all []Suppression
	for _, e := range c.Suppressions {
		if now.After(e.Until) {
			all = append(all, e)
		}
	}
	return all
}

// Suggest returns lines for .overgrant.yaml that suppress a case for 30 days.
// The reason and the name are left open; the file is refused until they are
// filled in.
func Suggest(s Standing, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "suppressions:\n  - case: %s\n    why: \"\" # why this may stay as it is\n    by: \"\" # who answers for it\n    until: %s\n",
		strconv.Quote(strings.ToLower(s.ID)), now.UTC().AddDate(0, 0, 30).Format(time.DateOnly))
	if s.Sightings > 0 {
		fmt.Fprintf(&b, "    sightings: %d\n", s.Sightings)
	}
	return b.String()
}

// suppressions reads the list, sorted by case.
func (r *reader) suppressions(n *yaml.Node) []Suppression {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "suppressions is no list; begin each entry with \"- case:\"")
		return nil
	}
	if len(n.Content) > maxSuppressions {
		r.fault(n, "%d suppressions, more than the %d allowed; remove those that have ended", len(n.Content), maxSuppressions)
		return nil
	}
	type entry struct {
		Suppression
		at *yaml.Node
	}
	var all []entry
	for _, item := range n.Content {
		all = append(all, entry{r.suppression(item), item})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.Case, b.Case) })
	var out []Suppression
	for i, e := range all {
		if i > 0 && all[i-1].Case != "" && strings.HasPrefix(e.Case, all[i-1].Case) {
			r.fault(e.at, "the same case as in line %d; keep one entry", all[i-1].at.Line)
		}
		out = append(out, e.Suppression)
	}
	return out
}

var caseID = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

func (r *reader) suppression(n *yaml.Node) Suppression {
	var s Suppression
	given := map[string]bool{}
	note := func(key string, take func(*yaml.Node)) func(*yaml.Node) {
		return func(n *yaml.Node) { given[key] = true; take(n) }
	}
	r.fields(n, map[string]func(*yaml.Node){
		"case": note("case", func(n *yaml.Node) {
			if s.Case = strings.ToLower(n.Value); n.Kind != yaml.ScalarNode || !caseID.MatchString(s.Case) {
				r.fault(n, "case is no case id; write it, or its first 12 digits or more, as the report shows it, in quotes")
				s.Case = ""
			}
		}),
		"why":       note("why", func(n *yaml.Node) { s.Why = r.text(n, "why") }),
		"by":        note("by", func(n *yaml.Node) { s.By = r.text(n, "by") }),
		"until":     note("until", func(n *yaml.Node) { s.Until = r.until(n) }),
		"sightings": note("sightings", func(n *yaml.Node) { s.Sightings = r.number(n, "sightings", 1<<30) }),
	})
	if n.Kind != yaml.MappingNode {
		return s
	}
	for _, key := range []string{"case", "why", "by", "until"} {
		if !given[key] {
			r.fault(n, "the suppression has no %s; every one needs case, why, by and until", key)
		}
	}
	return s
}

// until reads the last day of a suppression.
func (r *reader) until(n *yaml.Node) time.Time {
	d, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.fault(n, "until is no date; write it as 2006-01-02")
		return time.Time{}
	}
	today := time.Date(r.now.Year(), r.now.Month(), r.now.Day(), 0, 0, 0, 0, time.UTC)
	if last := today.AddDate(0, 0, maxAway); d.After(last) {
		r.fault(n, "until is more than %d days away; write %s or an earlier day", maxAway, last.Format(time.DateOnly))
	}
	return d.Add(day*time.Second - time.Second)
}
