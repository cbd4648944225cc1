package report

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

var (
	//go:embed html_usage.tmpl
	htmlUsageTemplate string
	//go:embed html_usage.css
	htmlUsageStyle string

	usagePage = template.Must(template.New("usage").Parse(htmlUsageTemplate))
)

// What of a census the page names.
const (
	pageTokens       = 5000
	pageTokenDetails = 100
	pageTrailRows    = 200
)

// usageView is the page as the template sees it.
type usageView struct {
	Policy                       string
	Style, Script                template.HTML
	Version, Headline, When, Cut string
	Targets                      []string
	Leaks                        string
	Tiles                        []htmlTile
	Trails                       []trailView
	Tokens                       []tokenView
	Kinds                        []string
	More, Read                   string
	Says, Gaps                   []string
	Cover                        tableView
}

type trailView struct {
	Short  string
	Fields [][2]string
	Says   []string
	Chart  *dayChart
	Tables []tableView
}

type tokenView struct {
	ID, Severity, Kind, Title, On, Whose, Expires  string
	Requests, Out, Callers                         string
	Rank                                           int
	ExpirySort, RequestsSort, OutSort, CallersSort int64
	Details, Open                                  bool
	Fields                                         [][2]string
	Reasons                                        []overgrant.Reason
}

// tableView is a table of a page.
type tableView struct {
	Title string
	Head  []tableCellView
	Rows  [][]tableCellView
	More  string
}

type tableCellView struct {
	Text   string
	Number bool
	Badge  string
}

// usageHTML writes the page.
func usageHTML(w *bufio.Writer, o *outcome, l *logs) error {
	style, script := htmlStyle+htmlUsageStyle, htmlScript
	c := &l.counts
	v := usageView{
		Policy:  "default-src 'none'; style-src " + sourceHash(style) + "; script-src " + sourceHash(script) + "; base-uri 'none'; form-action 'none'",
		Style:   template.HTML("<style>" + style + "</style>"),    //nolint:gosec // our own files
		Script:  template.HTML("<script>" + script + "</script>"), //nolint:gosec // our own files
		Version: clean(o.Version), Headline: l.headline(), When: o.Now.Format("2 January 2006, 15:04 UTC"), Cut: o.cutLine(), Read: l.readWords(o),
		Cover: coverTable(l.logged),
		Tiles: []htmlTile{
			{"", "signatures in use", count(c.signed), ""}, {"critical", "unknown and too wide", count(c.strange), ""}, {"high", "too wide", count(c.wide), ""},
			{"", "unknown to us", count(c.unknown), ""}, {"high", "whole in the log", count(c.leaked), ""}, {"", "requests", count(l.logged.Records), ""},
		},
	}
	if c.leaked > 0 {
		v.Leaks = plural(c.leaked, "signature") + " stand whole in the log itself: see that nobody else reads it, and revoke them."
	}
	for _, t := range o.run.Targets {
		v.Targets = append(v.Targets, clean(t))
	}
	for _, s := range l.logged.Says {
		v.Says = append(v.Says, clean(s))
	}
	real, _ := o.gaps.parts()
	for _, g := range real {
		v.Gaps = append(v.Gaps, count(int64(g.Count))+" × "+shorten(gapText(g), 500))
	}
	for _, t := range l.trails {
		v.Trails = append(v.Trails, trailViewOf(t))
	}
	for i, u := range slices.Concat(l.tokens.whole, l.tokens.brief) {
		v.Tokens = append(v.Tokens, tokenViewOf(u, i))
		if kind := clean(u.Kind); !slices.Contains(v.Kinds, kind) {
			v.Kinds = append(v.Kinds, kind)
		}
	}
	slices.Sort(v.Kinds)
	if more := l.tokens.total - pageTokens; more > 0 {
		v.More = "and " + count(int64(more)) + " more, which the formats jsonl, json and csv have"
	}
	return usagePage.ExecuteTemplate(w, "usage", v)
}

func tokenViewOf(u *overgrant.Used, i int) tokenView {
	v := tokenView{
		ID: "t-" + strconv.Itoa(i), Severity: u.Worst().String(), Kind: clean(u.Kind), Title: usedTitle(u), On: usedOn(u), Whose: whose(u),
		Requests: count(u.Requests), Out: size(u.BytesOut), Callers: count(u.Callers), Rank: int(u.Worst()),
		RequestsSort: u.Requests, OutSort: u.BytesOut, CallersSort: u.Callers, Expires: expires(u), ExpirySort: 1 << 40,
		Details: i < pageTokenDetails, Open: i < 2,
	}
	if !u.Expiry.IsZero() {
		v.ExpirySort = u.Expiry.Unix()
	}
	if !v.Details {
		return v
	}
	grants := ""
	if u.Signed() {
		grants = grantWords(u)
	}
	leaked := ""
	if u.Unblanked > 0 {
		leaked = plural(u.Unblanked, "record") + " of the log hold this signature whole"
	}
	for _, f := range [][2]string{
		{"Grants", grants}, {"Signed by", keyWords(u)}, {"Used", traffic(deedsOf(u))}, {"From", whoUsed(u.Callers, u.About, u.TopCallers, "caller")},
		{"With", whoUsed(u.Agents, u.About, u.TopAgents, "program")}, {"First", moment(u.First)}, {"Last", moment(u.Last)},
		{"Did", tops(u.Operations, 8)}, {"Failures", tops(u.Failures, 6)}, {"Leaked", leaked}, {"Token", clean(u.Token)},
	} {
		if f[1] != "" {
			v.Fields = append(v.Fields, f)
		}
	}
	for _, r := range u.Verdict.Reasons {
		r.Why, r.Rule = clean(r.Why), clean(r.Rule)
		v.Reasons = append(v.Reasons, r)
	}
	return v
}

func trailViewOf(t *overgrant.Trail) trailView {
	v := trailView{Short: shortID(t.ID), Chart: dayChartOf(t)}
	if t.Published.IsZero() {
		v.Fields = append(v.Fields, [2]string{"Used", traffic(t.Before)})
	} else {
		v.Fields = append(v.Fields, [2]string{"Published", moment(t.Published)}, [2]string{"Before", traffic(t.Before)}, [2]string{"Since", traffic(t.After)},
			[2]string{"New since", plural(t.NewCallers, "caller") + ", " + plural(t.NewAgents, "program")})
	}
	if !t.First.IsZero() {
		v.Fields = append(v.Fields, [2]string{"First, last", moment(t.First) + ", " + moment(t.Last)})
	}
	for _, s := range t.Says {
		v.Says = append(v.Says, clean(s))
	}
	v.Tables = append(v.Tables, peopleTable("Addresses", t.Callers), peopleTable("Programs", t.Agents), objectTable(t.Objects), dayTable(t.Days))
	v.Tables = slices.DeleteFunc(v.Tables, func(x tableView) bool { return len(x.Rows) == 0 })
	return v
}

// heads makes the head of a table; names that begin with # head figures.
func heads(names ...string) []tableCellView {
	var all []tableCellView
	for _, n := range names {
		all = append(all, tableCellView{Text: strings.TrimPrefix(n, "#"), Number: n[0] == '#'})
	}
	return all
}

// clock writes a moment in a table, where all are UTC.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// figure and plainCell are cells of a table.
func figure(s string) tableCellView    { return tableCellView{Text: s, Number: true} }
func plainCell(s string) tableCellView { return tableCellView{Text: clean(s)} }

func peopleTable(title string, all []overgrant.TrailUser) tableView {
	t := tableView{Title: title, Head: heads("Name", "Since", "#Requests", "#Failed", "#Reads", "#Writes", "#Deletes", "#Out", "First", "Last")}
	for _, u := range all[:min(len(all), pageTrailRows)] {
		fresh := tableCellView{}
		if u.New {
			fresh = tableCellView{Text: "new", Badge: "high"}
		}
		t.Rows = append(t.Rows, []tableCellView{plainCell(u.Name), fresh, figure(count(u.Requests)), figure(count(u.Failed)), figure(count(u.Reads)), figure(count(u.Writes)), figure(count(u.Deletes)), figure(size(u.BytesOut)), plainCell(clock(u.First)), plainCell(clock(u.Last))})
	}
	t.More = moreRows(len(all))
	return t
}

func objectTable(all []overgrant.TrailThing) tableView {
	t := tableView{Title: "Objects, changed ones first", Head: heads("Object", "#Writes", "#Deletes", "#Reads", "Last")}
	for _, x := range all[:min(len(all), pageTrailRows)] {
		t.Rows = append(t.Rows, []tableCellView{plainCell(x.Name), figure(count(x.Writes)), figure(count(x.Deletes)), figure(count(x.Reads)), plainCell(clock(x.Last))})
	}
	t.More = moreRows(len(all))
	return t
}

func dayTable(all []overgrant.TrailDay) tableView {
	t := tableView{Title: "Days", Head: heads("Day", "#Requests", "#Failed", "#Reads", "#Writes", "#Deletes", "#Out", "#In", "#New callers")}
	for _, d := range all[:min(len(all), 4*pageTrailRows)] {
		t.Rows = append(t.Rows, []tableCellView{plainCell(d.Day), figure(count(d.Requests)), figure(count(d.Failed)), figure(count(d.Reads)), figure(count(d.Writes)), figure(count(d.Deletes)), figure(size(d.BytesOut)), figure(size(d.BytesIn)), figure(count(d.New))})
	}
	return t
}

func moreRows(n int) string {
	if n <= pageTrailRows {
		return ""
	}
	return "and " + count(int64(n-pageTrailRows)) + " more, which the formats jsonl and json have"
}

func coverTable(l *overgrant.Logged) tableView {
	t := tableView{Head: heads("Account", "Service", "From", "To", "#Requests", "#Reads", "#Writes", "#Deletes", "#Hours with records")}
	for _, s := range l.Services {
		t.Rows = append(t.Rows, []tableCellView{plainCell(s.Account), plainCell(s.Service), plainCell(clock(s.From)), plainCell(clock(s.To)), figure(count(s.Records)), figure(count(s.Reads)), figure(count(s.Writes)), figure(count(s.Deletes)), figure(count(s.Hours) + " of " + count(s.Span))})
	}
	return t
}

// dayChart is a bar for each day, or several where they are many. Positions are
// percent.
type dayChart struct {
	Bars          []dayBar
	From, To, Top string
	Published     string
}

type dayBar struct {
	X, W, Y, H         string
	ChangedY, ChangedH string
	Tip                string
}

// mostBars is how many bars a chart has.
const mostBars = 200

// dayChartOf draws the days of a trail; nil if there are none.
func dayChartOf(t *overgrant.Trail) *dayChart {
	if len(t.Days) == 0 {
		return nil
	}
	first, err1 := time.Parse(time.DateOnly, t.Days[0].Day)
	last, err2 := time.Parse(time.DateOnly, t.Days[len(t.Days)-1].Day)
	if err1 != nil || err2 != nil || last.Before(first) {
		return nil
	}
	const day = 24 * time.Hour
	total := int(last.Sub(first)/day) + 1
	step := (total + mostBars - 1) / mostBars
	sums := make([]overgrant.Deeds, (total+step-1)/step)
	for _, d := range t.Days {
		if at, err := time.Parse(time.DateOnly, d.Day); err == nil && !at.Before(first) && !at.After(last) {
			sums[int(at.Sub(first)/day)/step].Add(d.Deeds)
		}
	}
	top := slices.MaxFunc(sums, func(a, b overgrant.Deeds) int { return int(min(max(a.Requests-b.Requests, -1), 1)) }).Requests
	c := &dayChart{From: date(first), To: date(last), Top: count(top)}
	wide := 100 / float64(len(sums))
	for i, s := range sums {
		if s.Requests <= 0 {
			continue
		}
		high := max(100*float64(s.Requests)/float64(top), 1)
		b := dayBar{X: fmt.Sprintf("%.3f", float64(i)*wide), W: fmt.Sprintf("%.3f", wide*.9), Y: fmt.Sprintf("%.3f", 100-high), H: fmt.Sprintf("%.3f", high)}
		if n := s.Writes + s.Deletes; n > 0 {
			part := max(100*float64(n)/float64(top), 1)
			b.ChangedY, b.ChangedH = fmt.Sprintf("%.3f", 100-part), fmt.Sprintf("%.3f", part)
		}
		b.Tip = date(first.Add(time.Duration(i*step)*day)) + ": " + traffic(s)
		c.Bars = append(c.Bars, b)
	}
	if at := t.Published; !at.IsZero() && !at.Before(first) && !at.After(last.Add(day)) {
		c.Published = fmt.Sprintf("%.3f", 100*float64(at.Sub(first))/float64(time.Duration(len(sums)*step)*day))
	}
	return c
}
