package share

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// Found is what was found at the targets, and at what a link would reach.
type Found struct {
	Reach    overgrant.Exposure // of the link, as measured
	Finds    []overgrant.Find   // from content
	Gaps     []overgrant.Skipped
	Unlooked map[string]overgrant.Tally // that nobody looked into, though it may be sensitive, by reason
	Links    int                        // working credentials that stand in what it reaches
	Asked    overgrant.Tally            // of what the link reaches, what was asked for
	Signed   bool                       // a signature goes with it, or went with an earlier link
	Versions overgrant.Tally            // earlier versions and snapshots that it reaches besides
}

// Stop is a reason not to share. Its code can be given to --accept.
type Stop struct {
	Code     string             `json:"code"` // a class of sensitive data, unread, unsigned_model, or credential_inside
	Severity overgrant.Severity `json:"severity"`
	Why      string             `json:"why"`
	Examples []string           `json:"examples,omitempty"` // a few places
	Accepted string             `json:"accepted,omitempty"` // why somebody set it aside; empty while it holds
}

// Weighed is what a link would reach, compared with what was asked for.
type Weighed struct {
	Asked  overgrant.Tally `json:"asked"`
	Now    overgrant.Tally `json:"now"`             // that the link reaches
	Others overgrant.Tally `json:"others"`          // of those, objects that nobody asked for
	Worst  string          `json:"worst,omitempty"` // the worst of the others: a class and a place
	Later  string          `json:"later"`           // what the link reaches later, in a sentence
	Stops  []Stop          `json:"stops"`
	Notes  []string        `json:"notes,omitempty"` // worth knowing
}

// Codes of stops that are no class of data.
const (
	Unread     = "unread"
	Unsigned   = "unsigned_model"
	Credential = "credential_inside"
)

// stopping are classes that stop a share below the severity at which all do.
var stopping = []string{"suspicious_model"}

// stopsFrom is the severity from which any class stops a share.
const stopsFrom = overgrant.High

// maxExamples is how many places of a stop are told.
const maxExamples = 5

// Weigh compares what a link of a form would reach with what was asked for. The
// targets tell the two apart.
func Weigh(form Form, at Address, targets []Target, f Found) Weighed {
	w := Weighed{Asked: f.Asked, Now: f.Reach.Tally, Later: later(form, at, targets), Stops: []Stop{}}
	w.Others = overgrant.Tally{Objects: max(0, w.Now.Objects-w.Asked.Objects), Bytes: max(0, w.Now.Bytes-w.Asked.Bytes)}
	foreign := func(place string) bool {
		name, _ := strings.CutPrefix(place, at.Container+"/")
		name, _, _ = strings.Cut(name, "!")
		return !slices.ContainsFunc(targets, func(t Target) bool { return t.Has(name) })
	}
	for name, c := range f.Reach.Classes {
		if c.Severity < stopsFrom && !slices.Contains(stopping, name) {
			if c.Severity == overgrant.Medium || name == "unsafe_model" {
				w.Notes = append(w.Notes, fmt.Sprintf("%s: %s", name, held(c)))
			}
			continue
		}
		w.Stops = append(w.Stops, Stop{Code: name, Severity: c.Severity, Why: held(c), Examples: few(examples(name, c, f.Finds))})
	}
	if f.Links > 0 {
		w.Stops = append(w.Stops, Stop{Code: Credential, Severity: overgrant.High, Why: fmt.Sprintf("links or keys to storage stand in it: %d", f.Links)})
	}
	if n := models(f.Reach.Classes); n > 0 && !f.Signed {
		w.Stops = append(w.Stops, Stop{Code: Unsigned, Severity: overgrant.Medium, Why: fmt.Sprintf("model files that nobody could tell from others put in their place: %d", n)})
	}
	if s, ok := unread(f); ok {
		w.Stops = append(w.Stops, s)
	}
	slices.SortFunc(w.Stops, func(a, b Stop) int { return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Code, b.Code)) })
	slices.Sort(w.Notes)
	for _, s := range w.Stops {
		if i := slices.IndexFunc(s.Examples, foreign); i >= 0 && w.Others.Objects > 0 {
			w.Worst = s.Code + ": " + s.Examples[i]
			break
		}
	}
	if n := f.Reach.Coverage.Partial; n.Objects > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("looked into in part: %d", n.Objects))
	}
	if n := f.Versions; n.Objects > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("earlier versions and snapshots that it reaches too: %d", n.Objects))
	}
	return w
}

// models counts the model files, whatever is in them.
func models(held map[string]*overgrant.ClassHeld) (n int64) {
	for name, c := range held {
		if name == "model" || strings.HasSuffix(name, "_model") {
			n = max(n, c.Named.Objects, c.Seen.Objects)
		}
	}
	return n
}

// held says how much there is of a class.
func held(c *overgrant.ClassHeld) string {
	n := max(c.Named.Objects, c.Seen.Objects)
	noun := "objects"
	if n == 1 {
		noun = "object"
	}
	return fmt.Sprintf("%s in %d %s", cmp.Or(c.Title, c.Unit, "found"), n, noun)
}

func examples(class string, c *overgrant.ClassHeld, finds []overgrant.Find) []string {
	all := slices.Clone(c.Examples)
	for i := range finds {
		if f := &finds[i]; f.Class == class && f.Hint != "" {
			for j := range all {
				if all[j] == f.Place.Path {
					all[j] += " (" + f.Hint + ")"
				}
			}
		}
	}
	return all
}

func few(all []string) []string { return all[:min(len(all), maxExamples)] }

// unread is the stop for what could not be looked into.
func unread(f Found) (Stop, bool) {
	s := Stop{Code: Unread, Severity: overgrant.Medium}
	n := int64(0)
	for i := range f.Gaps {
		g := &f.Gaps[i]
		if g.Benign {
			continue
		}
		if n++; len(s.Examples) < maxExamples {
			s.Examples = append(s.Examples, strings.Trim(g.Place.Path+": "+g.Reason, ": "))
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(f.Unlooked)) {
		t := f.Unlooked[reason]
		n += t.Objects
		s.Examples = append(s.Examples, fmt.Sprintf("%s: %d", reason, t.Objects))
	}
	s.Why = fmt.Sprintf("what was not looked into, and may be anything: %d", n)
	return s, n > 0
}

// later says what a link reaches that is not there yet.
func later(form Form, at Address, targets []Target) string {
	switch form {
	case Container:
		return fmt.Sprintf("whatever is put into the container %s while the link works, under any name", at.Container)
	case Directory:
		return fmt.Sprintf("whatever is put below %s while the link works", targets[0].Path)
	}
	return "nothing that is added; what is overwritten under the same name, the link gives out as it is then"
}

// Accept marks stops that somebody set aside, and returns those that hold.
func Accept(stops []Stop, accepts []overgrant.Accept) (hold []Stop) {
	for i := range stops {
		s := &stops[i]
		if a := slices.IndexFunc(accepts, func(a overgrant.Accept) bool { return a.Rule == s.Code }); a >= 0 {
			s.Accepted = accepts[a].Why
			continue
		}
		hold = append(hold, *s)
	}
	return hold
}
