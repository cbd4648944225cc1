package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

var html = Format{
	Name: "html",
	Doc: `One page that needs nothing else, to look at, send on or print.

It has the counts, a table of the cases that can be sorted and filtered, and for each case all that the text format says,
with a bar that sets the time in the open against the time in which the link works. A case that was proven has what the
service answered; one that was measured has a map of what lies behind it (area is bytes, or objects; colour is the worst that
is in it), classes of sensitive data, the months of last change, how much was looked into, and tables of finds, places and
reasons that can be sorted and filtered. The page makes no request of any kind
(its content security policy forbids it), works without scripts, in light and dark, on a phone and on paper. It names
a hundred sightings of a case at most, bounds maps and tables, and counts the rest.`,
	write: writeHTML,
}

var (
	//go:embed html.tmpl
	htmlTemplate string
	//go:embed html_proof.tmpl
	htmlProofTemplate string
	//go:embed html_history.tmpl
	htmlHistoryTemplate string
	//go:embed html_model.tmpl
	htmlModelTemplate string
	//go:embed html_reach.tmpl
	htmlReachTemplate string
	//go:embed html.css
	htmlStyle string
	//go:embed html_model.css
	htmlModelStyle string
	//go:embed html_reach.css
	htmlReachStyle string
	//go:embed html.js
	htmlScript string
	//go:embed html_reach.js
	htmlReachScript string

	htmlPage = template.Must(template.New("page").Parse(htmlTemplate + htmlProofTemplate + htmlReachTemplate + htmlModelTemplate + htmlHistoryTemplate))
)

// mostGaps is how many reasons for which something was not read the page names.
const mostGaps = 200

// maxHTMLStands is how many sightings of a case the page names.
const maxHTMLStands = 100

// htmlView is the page as the template sees it.
type htmlView struct {
	Policy        string // the content security policy
	Style, Script template.HTML
	Version       string
	When          string
	Targets       []string
	Verdict       string
	Lead          string // what lies behind the one link that was measured
	Asked         bool   // a service was asked, so not all was read offline
	Measured      bool   // the table has a column for what lies behind
	Clean         bool   // nothing was found
	Tiles         []htmlTile
	Models        *htmlModels // nil if the run is not about models
	Cases         []htmlCase
	Statuses      []string
	Notes         []string
	Gaps          []htmlGap
	Unread        string
	PassedOver    []htmlGap
	Cut           string
}

type htmlTile struct {
	Class, Label, Count, Filter string
}

type htmlGap struct {
	Count, Size, Reason, Text string
	CountSort, SizeSort       int64
}

type htmlCase struct {
	History        *htmlHistory // nil where nothing but the bar is to be told
	ID, Short      string
	Severity       string // the class of the badge
	Badge          string // its word
	Rank           int
	Title, Subject string
	Standing       string
	Status         string
	ExpirySort     int64
	Opens          string
	Hushed         string
	Fields         [][2]string
	Link           string
	Sites          []htmlSite
	More           string
	Seen           int
	Where          string
	Reasons        []overgrant.Reason
	Fixes          []string
	Days           string
	DaysSort       int
	Bar            *timeline
	Open           bool
	Proof          *htmlProof
	Reach          *htmlReach
	Behind         string
	BehindSort     int64
}

type htmlSite struct {
	History string
	Files   []htmlFile
}

// htmlFile is the sightings of one site in one file.
type htmlFile struct{ Name, Lines, Encoding string }

func writeHTML(w *bufio.Writer, o *outcome) error {
	style, script := htmlStyle+htmlReachStyle, htmlScript+htmlReachScript
	if o.ofModels() {
		style += htmlModelStyle
	}
	v := htmlView{
		Policy:  "default-src 'none'; style-src " + sourceHash(style) + "; script-src " + sourceHash(script) + "; base-uri 'none'; form-action 'none'",
		Style:   template.HTML("<style>" + style + "</style>"),    //nolint:gosec // our own files
		Script:  template.HTML("<script>" + script + "</script>"), //nolint:gosec // our own files
		Asked:   o.links() > 0,
		Version: clean(o.Version), When: o.Now.Format("2 January 2006, 15:04 UTC"),
		Verdict: o.headline(), Clean: o.loud == 0, Tiles: tilesOf(o), Cut: o.cutLine(),
	}
	for _, t := range o.run.Targets {
		v.Targets = append(v.Targets, clean(t))
	}
	v.fillCases(o)
	if o.ofModels() {
		v.Models = htmlModelsOf(o)
		v.Clean = false
	}
	for _, s := range []string{o.noModelsLine(), o.quietLine(), o.suppressedLine(), strings.Join(o.workLines(), " ")} {
		if s != "" {
			v.Notes = append(v.Notes, s)
		}
	}
	v.fillGaps(o)
	return htmlPage.Execute(w, v)
}

// fillCases adds a row and the details of each case, as far as the page has
// room for them.
func (v *htmlView) fillCases(o *outcome) {
	many := manyRepositories(o.shown)
	statuses := map[string]bool{}
	measured, proven := 0, 0
	for _, c := range o.shown {
		if c.Reach != nil {
			measured++
			v.Lead = reachLine(c)
		}
		if c.Proof != nil {
			proven++
		}
	}
	v.Measured = measured > 0
	if measured != 1 {
		v.Lead = ""
	}
	limits := limitsFor(min(measured, pageDetails), min(proven, 10*pageDetails))
	measured, proven = 0, 0
	for i, c := range o.shown {
		h := htmlCaseOf(c, o, many)
		h.Open = i < 3
		l := limits
		if measured >= pageDetails {
			l.boxes = 0
		}
		if proven >= 10*pageDetails {
			l.answers = 0
		}
		if h.Reach = htmlReachOf(c, l); h.Reach != nil {
			measured++
			if v.Lead != "" {
				h.Reach.Sentence = "" // it stands at the head of the page
			}
			h.Behind, h.BehindSort = fullSize(c.Reach.Bytes), c.Reach.Bytes
		}
		if h.Proof = htmlProofOf(c.Proof, l.answers); h.Proof != nil {
			proven++
		}
		v.Cases = append(v.Cases, h)
		if !statuses[h.Status] {
			statuses[h.Status] = true
			v.Statuses = append(v.Statuses, h.Status)
		}
	}
}

func (v *htmlView) fillGaps(o *outcome) {
	all := o.gaps.sorted()
	for _, g := range all[:min(len(all), mostGaps)] {
		h := htmlGap{Count: count(int64(g.Count)), CountSort: int64(g.Count), SizeSort: g.Bytes, Reason: clean(g.Reason), Text: gapExamplesText(g)}
		if g.Bytes > 0 {
			h.Size = size(g.Bytes)
		}
		if g.Benign {
			v.PassedOver = append(v.PassedOver, h)
			continue
		}
		v.Gaps = append(v.Gaps, h)
	}
	if real, _ := o.gaps.total(); real > 0 {
		v.Unread = plural(int64(real), "item") + " could not be read, or not to the end"
	}
}

// sourceHash names a script or style in a content security policy.
func sourceHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func tilesOf(o *outcome) []htmlTile {
	if o.ofModels() && len(o.cases) == 0 {
		return modelTiles(o)
	}
	var t []htmlTile
	for _, s := range severitiesDown[:4] {
		t = append(t, htmlTile{s.String(), s.String(), count(int64(o.severities[s])), s.String()})
	}
	still, known := 0, false
	for _, c := range o.shown {
		known = known || !c.Exposure.From.IsZero()
		if c.Exposure.Still {
			still++
		}
	}
	open := "–" // without history nothing is known of it
	if known || len(o.shown) == 0 {
		open = count(int64(still))
	}
	real, _ := o.gaps.total()
	quiet := 0
	for _, n := range o.quiet {
		quiet += n
	}
	if o.links() > 0 {
		return append(t, stateTiles(o, real)...)
	}
	return append(t,
		htmlTile{"", "in the open now", open, ""},
		htmlTile{"", "opening nothing", count(int64(quiet)), ""},
		htmlTile{"", "suppressed", count(int64(o.suppressed)), ""},
		htmlTile{"", "not read", count(int64(real)), ""})
}

// stateTiles count what the services answered, in the place of what was read.
func stateTiles(o *outcome, unread int) []htmlTile {
	n := map[overgrant.State]int64{}
	for _, c := range o.shown {
		if c.Proof != nil {
			n[c.Proof.State]++
		}
	}
	return []htmlTile{
		{"alive", "proven alive", count(n[overgrant.Alive]), ""},
		{"dead", "proven dead", count(n[overgrant.Dead]), ""},
		{"unclear", "not certain", count(n[overgrant.Inconclusive]), ""},
		{"", "not read", count(int64(unread)), ""},
	}
}

func htmlCaseOf(c *overgrant.Case, o *outcome, repositories bool) htmlCase {
	g := &c.Link.Grant
	h := htmlCase{
		ID: clean(c.Link.ID), Short: shortID(c.Link.ID), Severity: c.Worst().String(), Badge: severityWord(c), Rank: int(c.Worst()),
		Title: nameOf(g).title, Subject: subject(g), Standing: standing(c), Status: statusName(c.Status),
		ExpirySort: expirySort(g), Opens: opens(c), Link: linkText(&c.Link, o.Options), Seen: len(c.Seen), Fixes: fixes(c),
		DaysSort: c.Exposure.Days, Bar: timelineOf(c, o.Now), History: htmlHistoryOf(c, o.Now),
	}
	if c.Status.Quiet() {
		h.Severity, h.Rank = "none", -1
	}
	if !c.Exposure.From.IsZero() {
		h.Days = plural(int64(c.Exposure.Days), "day")
	} else {
		h.DaysSort = -1
	}
	if x := c.Hushed; x != nil && x.Broken != "" {
		h.Hushed = fmt.Sprintf("Shown although %s suppressed it (%s): %s", clean(x.By), clean(x.Why), clean(x.Broken))
	}
	for _, f := range [][2]string{
		{"Opens", scopeText(g)}, {"May", rights(g)}, {"Lifetime", lifetime(g)}, {"Network", network(g)}, {"Signer", signerOf(g)},
		{"Revoke", revocation(c)}, {"Exposed", exposedFor(c.Exposure)}, {"Judged", clean(g.ShapeWhy)},
	} {
		if f[1] != "" {
			h.Fields = append(h.Fields, f)
		}
	}
	for _, r := range c.Verdict.Reasons {
		r.Why, r.Rule = clean(r.Why), clean(r.Rule)
		h.Reasons = append(h.Reasons, r)
	}
	h.Sites, h.More = htmlSites(c, repositories)
	if len(c.Seen) > 0 {
		h.Where = fileText(&c.Seen[0])
	}
	return h
}

// htmlSites groups the first sightings by history and file.
func htmlSites(c *overgrant.Case, repositories bool) ([]htmlSite, string) {
	all, more := sites(c, maxHTMLStands, repositories)
	out := make([]htmlSite, 0, len(all))
	for _, s := range all {
		h := htmlSite{History: s.history}
		for _, p := range s.places {
			line := ""
			if p.Line > 0 {
				line = strconv.Itoa(p.Line)
			}
			f := htmlFile{p.name, line, p.encoding}
			if last := len(h.Files) - 1; last >= 0 && line != "" && h.Files[last].Name == f.Name && h.Files[last].Encoding == f.Encoding {
				h.Files[last].Lines += ", " + line
				continue
			}
			h.Files = append(h.Files, f)
		}
		out = append(out, h)
	}
	return out, more
}

// expirySort orders links by when they stop; those that never do come last.
func expirySort(g *overgrant.Grant) int64 {
	if g.Expiry.IsZero() {
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Unix() + 1
	}
	return g.Expiry.Unix()
}
