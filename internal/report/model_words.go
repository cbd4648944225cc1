package report

import (
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// verdictWord writes a verdict as people say it.
func verdictWord(verdict string) string { return clean(strings.ReplaceAll(verdict, "_", " ")) }

// verdictClass is the style of a verdict: that of a severity as bad.
func verdictClass(verdict string) overgrant.Severity {
	if verdict == overgrant.ModelUnreadable {
		return overgrant.Medium
	}
	return (&overgrant.Model{Verdict: verdict}).Worst()
}

// modelSays says in a sentence what loading the file would do.
func modelSays(m *overgrant.Model) string {
	first := ""
	if len(m.Findings) > 0 {
		first = clean(shorten(m.Findings[0].What, 160))
	}
	switch m.Verdict {
	case overgrant.ModelDangerous:
		return "Loading this file runs what no model needs: " + first
	case overgrant.ModelSuspicious:
		return "Loading this file may run code that is not known to be harmless: " + first
	case overgrant.ModelUnreadable:
		return "Not all of this file could be read, so nothing can be said of the rest: " + clean(shorten(m.Unread, 240))
	case overgrant.ModelUnsafe:
		return "Loading a file of this format can run code. None was found in it."
	case overgrant.NotAModel:
		return "Of no format of models that is known."
	}
	return "Loading it runs nothing but what its framework needs."
}

// findingAt says where in the file a finding is: "REDUCE at byte 1,042 of
// archive/data.pkl".
func findingAt(f *overgrant.ModelFinding) string {
	s := "at byte " + count(f.Offset)
	if f.Opcode != "" {
		s = clean(f.Opcode) + " " + s
	}
	if f.Member != "" {
		s += " of " + clean(f.Member)
	}
	return s
}

// loaders names the safe modes of loaders, as their users write them, in the
// order in which they are told.
var loaders = [][2]string{
	{"torch_weights_only", "torch.load(weights_only=True)"},
	{"keras_safe_mode", "keras load_model(safe_mode=True)"},
	{"numpy_allow_pickle_false", "numpy.load(allow_pickle=False)"},
}

// loadsUnder lists what each safe mode that applies would do with the file.
func loadsUnder(m *overgrant.Model) [][2]string {
	var all [][2]string
	for _, l := range loaders {
		if answer := m.LoadsUnder[l[0]]; answer != "" {
			all = append(all, [2]string{l[1], clean(shorten(answer, 300))})
		}
	}
	return all
}

// takes returns the safe mode that takes the file, "" if none does.
func takes(m *overgrant.Model) string {
	for _, l := range loaders {
		if m.LoadsUnder[l[0]] == "yes" {
			return l[1]
		}
	}
	return ""
}

// modelFixes says what to do, the most urgent first.
func modelFixes(m *overgrant.Model) []string {
	safe := takes(m)
	switch m.Verdict {
	case overgrant.ModelDangerous:
		return []string{
			"Do not load it, not even to look at it. Take it out of reach of those who would.",
			"Where it was loaded before, treat that machine, and every secret on it, as known to whoever made the file.",
			"Get the model again from its maker, as safetensors if there is such a file, and compare its digest with the one they publish.",
		}
	case overgrant.ModelSuspicious:
		all := []string{"Do not load it until somebody who knows where it comes from has said what the findings are for."}
		if safe != "" {
			return append(all, safe+" takes it and runs none of this.")
		}
		return append(all, "If it must be loaded, do it where nothing can be reached or stolen, and keep only its weights, as safetensors.")
	case overgrant.ModelUnreadable:
		return []string{"Treat it as unknown. Fetch it again if it is cut off, or ask its maker for another format."}
	case overgrant.ModelUnsafe:
		if safe != "" {
			return []string{"Load it with " + safe + ", which takes it and runs no code."}
		}
		return []string{"Load it only if you trust where it comes from; a later version of the same name may be armed. Where there is a copy as safetensors, take that."}
	}
	return nil
}

// importsOf lists the first imports that the pickles of a model name.
func importsOf(m *overgrant.Model, most int) string {
	if len(m.Globals) == 0 {
		return ""
	}
	shown := slices.Clone(m.Globals[:min(len(m.Globals), most)])
	for i := range shown {
		shown[i] = clean(shorten(shown[i], 120))
	}
	s := strings.Join(shown, ", ")
	if rest := len(m.Globals) - len(shown); rest > 0 {
		s += ", and " + count(int64(rest)) + " more"
	}
	return s
}

// formatName is the format of a model for people.
func formatName(m *overgrant.Model) string {
	if m.Format == "" {
		return "format not known"
	}
	return clean(shorten(m.Format, 60))
}

// modelsHeadline counts the verdicts: "1,112 models: 3 dangerous, 300 unsafe
// format, 809 clean".
func (o *outcome) modelsHeadline() string {
	if o.models.known() == 0 {
		s := "No model files in " + plural(o.models.files, "file")
		if real, _ := o.gaps.total(); real > 0 {
			return s + "; " + plural(int64(real), "item") + " could not be read, so this is not the whole answer."
		}
		return s + "."
	}
	var parts []string
	for _, v := range verdictsDown[:len(verdictsDown)-1] {
		if n := o.models.of(v); n > 0 {
			parts = append(parts, count(n)+" "+verdictWord(v))
		}
	}
	return plural(o.models.known(), "model") + ": " + strings.Join(parts, ", ")
}

// modelsVerdict is the headline with how many of the models fail.
func (o *outcome) modelsVerdict() string {
	switch n := o.models.failing(o.FailOn); {
	case o.models.known() == 0:
		return o.modelsHeadline()
	case n == 0:
		return o.modelsHeadline() + " (none at or above " + o.FailOn.String() + ")."
	default:
		return o.modelsHeadline() + " (" + count(n) + " at or above " + o.FailOn.String() + ")."
	}
}

// noModelsLine counts the files that are no models.
func (o *outcome) noModelsLine() string {
	n := o.models.of(overgrant.NotAModel)
	if n == 0 || o.models.known() == 0 {
		return ""
	}
	s := plural(n, "file") + " of no format of models"
	if !o.All {
		s += " (--all lists them)"
	}
	return s + "."
}

// modelsReadLine says how much was read of how much.
func (o *outcome) modelsReadLine() string {
	s := "Looked into " + plural(o.models.files, "file") + ": read "
	if o.models.read < o.models.size {
		s += fullSize(o.models.read) + " of " + fullSize(o.models.size)
	} else {
		s += "all of " + fullSize(o.models.size) // and some of it again
	}
	if t := o.summary.Elapsed; t > 0 {
		s += ", in " + elapsed(t)
	}
	return s + "."
}
