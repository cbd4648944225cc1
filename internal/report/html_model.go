package report

import (
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// htmlModels are the models of a page, worst first.
type htmlModels struct {
	Files   []htmlModel
	Formats []string
	More    string // of what there is no room for
	Far     bool   // some were read over the network
}

type htmlModel struct {
	ID, Class, Verdict string
	Path, First        string
	Format             string
	FormatRank, Rank   int
	Size               string
	SizeSort           int64
	Finds              int
	Says               string
	Findings           []htmlModelFinding
	MoreFindings       string
	Read, Unread       string
	Loads              []htmlLoad
	Imports            string
	Fixes              []string
	Open               bool
}

type htmlModelFinding struct {
	Severity, What, Why, At, Rule string
}

// htmlLoad says what a safe mode of a loader does with the file.
type htmlLoad struct {
	Loader, Why string
	Yes         bool
}

// How much of a tree of models the page shows.
const (
	maxHTMLModels   = 1000 // files in all
	maxHTMLClean    = 200  // clean ones among them, and those that are no models
	maxHTMLFindings = 20   // findings of a file
)

// modelClass is the style of a badge or a tile, and what the tiles filter by.
func modelClass(verdict string) string {
	if verdict == overgrant.ModelUnreadable {
		return "unread"
	}
	if s := verdictClass(verdict); s > overgrant.None {
		return s.String()
	}
	return "none"
}

func modelTiles(o *outcome) []htmlTile {
	var t []htmlTile
	for _, v := range verdictsDown {
		filter := modelClass(v)
		if v == overgrant.NotAModel || v == overgrant.ModelClean {
			filter = ""
		}
		t = append(t, htmlTile{modelClass(v), verdictWord(v), count(o.models.of(v)), filter})
	}
	return append(t,
		htmlTile{"", "in all files", size(o.models.size), ""},
		htmlTile{"", "read of them", size(min(o.models.read, o.models.size)), ""})
}

func htmlModelsOf(o *outcome) *htmlModels {
	v := &htmlModels{}
	left := int64(0)
	for rank, verdict := range verdictsDown {
		if verdict == overgrant.NotAModel && !o.All {
			continue
		}
		all, more := o.models.kept(verdict)
		room := maxHTMLModels - len(v.Files)
		if verdict == overgrant.ModelClean || verdict == overgrant.NotAModel {
			room = min(room, maxHTMLClean)
		}
		n := min(len(all), room)
		left += more + int64(len(all)-n)
		for _, m := range all[:n] {
			h := htmlModelOf(m)
			h.ID, h.Rank = "m-"+count(int64(len(v.Files)+1)), -rank
			h.ID = strings.ReplaceAll(h.ID, ",", "")
			h.Open = len(v.Files) < 3 && m.Worst() >= overgrant.Medium
			v.Files = append(v.Files, h)
			v.Far = v.Far || strings.Contains(m.Path, "://")
			if !slices.Contains(v.Formats, h.Format) {
				v.Formats = append(v.Formats, h.Format)
			}
		}
	}
	slices.Sort(v.Formats)
	for i := range v.Files {
		v.Files[i].FormatRank, _ = slices.BinarySearch(v.Formats, v.Files[i].Format)
	}
	if left > 0 {
		v.More = plural(left, "file") + " more; the formats jsonl, json and csv have all of them."
	}
	return v
}

func htmlModelOf(m *overgrant.Model) htmlModel {
	h := htmlModel{
		Class: modelClass(m.Verdict), Verdict: verdictWord(m.Verdict), Path: clean(m.Path), Format: formatName(m),
		Size: size(m.Size), SizeSort: m.Size, Finds: len(m.Findings), Says: modelSays(m), Imports: importsOf(m, slimGlobals),
		Read: readText(m), Unread: clean(shorten(m.Unread, slimText)), Fixes: modelFixes(m),
	}
	if m.Verdict == overgrant.ModelUnreadable {
		h.First = clean(shorten(m.Unread, 160))
	}
	for i := range m.Findings[:min(len(m.Findings), maxHTMLFindings)] {
		f := &m.Findings[i]
		if i == 0 {
			h.First = clean(shorten(f.What, 160))
		}
		h.Findings = append(h.Findings, htmlModelFinding{
			Severity: f.Severity.String(), What: clean(shorten(f.What, slimText)), Why: clean(f.Why), At: findingAt(f), Rule: clean(f.Rule),
		})
	}
	if rest := len(m.Findings) - maxHTMLFindings; rest > 0 {
		h.MoreFindings = "and " + plural(int64(rest), "finding") + " more"
	}
	for _, l := range loadsUnder(m) {
		why, no := strings.CutPrefix(l[1], "no: ")
		if !no {
			why = strings.TrimPrefix(strings.TrimPrefix(why, "yes"), ", ")
		}
		h.Loads = append(h.Loads, htmlLoad{Loader: l[0], Why: why, Yes: !no && l[1] != "no"})
	}
	return h
}
