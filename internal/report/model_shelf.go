package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/overgrant/overgrant"
)

// verdictsDown lists the verdicts on models, worst first.
var verdictsDown = []string{
	overgrant.ModelDangerous, overgrant.ModelSuspicious, overgrant.ModelUnreadable,
	overgrant.ModelUnsafe, overgrant.ModelClean, overgrant.NotAModel,
}

// models gathers what was told of model files. All are counted; of each verdict
// as many are kept as have room, so that no tree, however large, takes more
// memory than this.
type models struct {
	files int64 // all of them, those that are no models too
	size  int64 // bytes of them
	read  int64 // bytes read of them
	by    map[string]*shelf
}

// shelf is what is known of the models of one verdict.
type shelf struct {
	count   int64
	formats map[string]int64 // how many there are of each
	kept    []*overgrant.Model
	room    int // bytes left for more
}

// shelfRoom is how much memory the models of each verdict may take, in bytes.
var shelfRoom = map[string]int{
	overgrant.ModelDangerous: 4 << 20, overgrant.ModelSuspicious: 2 << 20, overgrant.ModelUnreadable: 1 << 19,
	overgrant.ModelUnsafe: 1 << 19, overgrant.ModelClean: 1 << 19, overgrant.NotAModel: 1 << 18,
}

// maxFormats is how many formats are told apart; a stream of strangers may name
// any number.
const maxFormats = 100

func (ms *models) add(m *overgrant.Model) {
	ms.count(m)
	s := ms.by[m.Verdict]
	weight := weightOf(m)
	if weight > s.room/16 { // one file with many findings does not push out a thousand others
		m = slimModel(m)
		weight = weightOf(m)
	}
	if weight <= s.room {
		s.room -= weight
		s.kept = append(s.kept, m)
	}
}

// count counts a model that is not kept.
func (ms *models) count(m *overgrant.Model) {
	ms.files++
	ms.size += m.Size
	ms.read += m.BytesRead
	s := ms.by[m.Verdict]
	if s == nil {
		if ms.by == nil {
			ms.by = map[string]*shelf{}
		}
		s = &shelf{room: shelfRoom[m.Verdict], formats: map[string]int64{}}
		ms.by[m.Verdict] = s
	}
	s.count++
	if _, known := s.formats[m.Format]; known || len(s.formats) < maxFormats {
		s.formats[m.Format]++
	}
}

// weightOf estimates how much memory a model takes, in bytes.
func weightOf(m *overgrant.Model) int {
	n := 400 + len(m.Path) + len(m.Unread)
	for i := range m.Findings {
		f := &m.Findings[i]
		n += 120 + len(f.What) + len(f.Why) + len(f.Member)
	}
	for _, g := range m.Globals {
		n += 16 + len(g)
	}
	for _, answer := range m.LoadsUnder {
		n += 100 + len(answer)
	}
	return n
}

// Findings and imports that are kept of a model that is heavier than others.
const (
	slimFindings = 10
	slimGlobals  = 40
	slimText     = 1000 // bytes of each text
)

// slimModel returns a model without what only adds detail.
func slimModel(m *overgrant.Model) *overgrant.Model {
	s := *m
	s.Unread = shorten(s.Unread, slimText)
	s.Findings = slices.Clone(m.Findings[:min(len(m.Findings), slimFindings)])
	for i := range s.Findings {
		f := &s.Findings[i]
		f.What, f.Why, f.Member = shorten(f.What, slimText), shorten(f.Why, slimText), shorten(f.Member, slimText)
	}
	if rest := len(m.Findings) - len(s.Findings); rest > 0 {
		s.Findings = append(s.Findings, overgrant.ModelFinding{Rule: "more", What: plural(int64(rest), "finding") + " more",
			Why: "the formats jsonl, json, csv and events have them", Severity: overgrant.Info})
	}
	s.Globals = make([]string, 0, slimGlobals)
	for _, g := range m.Globals[:min(len(m.Globals), slimGlobals)] {
		s.Globals = append(s.Globals, shorten(g, slimText))
	}
	s.LoadsUnder = maps.Clone(m.LoadsUnder)
	for k, v := range s.LoadsUnder {
		s.LoadsUnder[k] = shorten(v, slimText)
	}
	return &s
}

// of returns how many models have a verdict.
func (ms *models) of(verdict string) int64 {
	if s := ms.by[verdict]; s != nil {
		return s.count
	}
	return 0
}

// known counts the files that are models.
func (ms *models) known() int64 { return ms.files - ms.of(overgrant.NotAModel) }

// kept returns the models of a verdict that were kept, in the order in which they
// came, and how many more there were.
func (ms *models) kept(verdict string) (all []*overgrant.Model, more int64) {
	s := ms.by[verdict]
	if s == nil {
		return nil, 0
	}
	return s.kept, s.count - int64(len(s.kept))
}

// failing counts the models that are at least so bad.
func (ms *models) failing(from overgrant.Severity) int64 {
	n := int64(0)
	for verdict, s := range ms.by {
		worst := (&overgrant.Model{Verdict: verdict}).Worst()
		if worst >= from && worst > overgrant.None {
			n += s.count
		}
	}
	return n
}

// formats lists the formats of a verdict, most frequent first.
func (ms *models) formats(verdict string) []formatCount {
	s := ms.by[verdict]
	if s == nil {
		return nil
	}
	var all []formatCount
	for name, n := range s.formats {
		all = append(all, formatCount{name, n})
	}
	slices.SortFunc(all, func(a, b formatCount) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name))
	})
	return all
}

// formatCount says how many files are of a format.
type formatCount struct {
	name  string
	count int64
}

// ofModels reports whether the run is about models, whether it found any or not.
func (o *outcome) ofModels() bool {
	return o.run.About == overgrant.AboutModels || o.models.files > 0
}

// shownModel reports whether a model is listed. What is none is listed on demand
// only.
func shownModel(m *overgrant.Model, o Options) bool {
	return o.All || m.Verdict != overgrant.NotAModel
}
