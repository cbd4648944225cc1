package report

import "github.com/overgrant/overgrant"

// junitModels adds a test for each model that was kept. Those that are no models
// are there with --all, as skipped.
func junitModels(s *junitSuite, o *outcome) {
	for _, v := range verdictsDown {
		all, _ := o.models.kept(v)
		for _, m := range all {
			if !shownModel(m, o.Options) {
				continue
			}
			t := junitModel(m, o.FailOn)
			switch {
			case t.Failure != nil:
				s.Failures++
			case t.Skipped != nil:
				s.Skipped++
			}
			s.Each = append(s.Each, t)
		}
	}
}

func junitModel(m *overgrant.Model, failOn overgrant.Severity) junitTest {
	path := clean(m.Path)
	body := func(p *page) {
		writeModel(p, m)
		writeModelFixes(p, m)
	}
	t := junitTest{Name: verdictWord(m.Verdict) + ": " + path, Class: "overgrant.model", File: path, Time: "0"}
	switch worst := m.Worst(); {
	case m.Verdict == overgrant.NotAModel:
		t.Skipped = &junitMessage{Message: modelSays(m)}
	case worst >= failOn && worst > overgrant.None:
		t.Failure = &junitMessage{Message: modelSays(m), Type: worst.String(), Text: "\n" + plain(body)}
	case worst > overgrant.None:
		t.Out = &junitText{"\n" + plain(body)}
	}
	return t
}
