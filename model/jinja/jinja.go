// Package jinja tells what a Jinja template would do to the Python process that
// renders it: whether it reaches through an object for the interpreter behind it.
//
// It renders nothing. It reads each expression as Jinja would, folds what is
// constant (concatenation, format, join, replace, reverse, slices, escapes,
// variables), and looks at the names that come out. What a chat template may
// say to a language model is not judged.
package jinja

// Weight tells how much a finding says.
type Weight int

// The weights. Reach leaves the template for the interpreter; Odd is what no
// chat template does; Broken is a template that does not parse.
const (
	Broken Weight = iota + 1
	Odd
	Reach
)

// Finding is one thing a template would do.
type Finding struct {
	What   string // the expression's telling part: .__class__
	Why    string // a sentence
	Offset int    // bytes into the template
	Weight Weight
}

// Limits of one template. What is beyond is told as Broken.
const (
	MaxTemplate = 1 << 20 // bytes
	maxDepth    = 120     // expressions inside expressions
	maxFold     = 4096    // bytes of a folded string
	maxList     = 512     // items of a folded list
	maxFindings = 50
	maxNames    = 2000     // variables and macros kept
	maxWork     = 32 << 20 // bytes folded by slices, filters and methods
)

// Judge reads a template and tells what it found, in order, each thing once.
// It holds no more than a small multiple of the template. It may be called by
// many at once.
func Judge(template string) []Finding {
	j := &judge{vars: map[string]val{}, own: map[string]bool{}, told: map[string]bool{}}
	if len(template) > MaxTemplate {
		j.tell(Broken, 0, "a template of more than 1 MiB", "it is not read to its end")
		template = template[:MaxTemplate]
	}
	j.template(template)
	return j.found
}

// judge is one template on its way.
type judge struct {
	found []Finding
	told  map[string]bool
	vars  map[string]val  // set by the template
	own   map[string]bool // macros and names the template makes itself
	work  int             // bytes folded so far
}

func (j *judge) tell(w Weight, at int, what, why string) {
	if len(what) > 120 {
		what = what[:120] + "…"
	}
	if j.told[what] || len(j.found) >= maxFindings {
		return
	}
	j.told[what] = true
	j.found = append(j.found, Finding{What: what, Why: why, Offset: at, Weight: w})
}
