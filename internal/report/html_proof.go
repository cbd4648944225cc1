package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// htmlProof is what the service answered, for the page.
type htmlProof struct {
	Class, State string // alive, dead, unclear; and in words
	When, Why    string
	Revives      string
	Standings    []htmlStanding
	Services     []htmlService
	Fields       [][2]string
	Answers      []htmlAnswer
	Asked        string // how many answers there are
	More         string
}

type htmlStanding struct {
	Class, Word string
	Actions     []string
}

type htmlService struct{ Name, Host, Class, State, Note string }

type htmlAnswer struct {
	N                                          int
	Asked, Method, Target, Status, Code, Shows string
}

// stateClass is the class of a state in the style of the page.
func stateClass(s overgrant.State) string {
	switch s {
	case overgrant.Alive:
		return "alive"
	case overgrant.Dead:
		return "dead"
	}
	return "unclear"
}

// htmlProofOf tells a proof with at most so many of its answers; nil if the
// service was not asked.
func htmlProofOf(p *overgrant.Proof, most int) *htmlProof {
	if p == nil {
		return nil
	}
	h := &htmlProof{Class: stateClass(p.State), State: stateWord(p.State), Why: clean(shorten(p.Why, 600)), Revives: clean(shorten(p.Revives, 600)), Asked: plural(int64(len(p.Answers)), "request")}
	if h.Why == "" && p.Cause != overgrant.CauseNone {
		h.Why = causeText(p.Cause) + "."
	}
	if !p.CheckedAt.IsZero() {
		h.When = moment(p.CheckedAt)
	}
	if most == 0 {
		return h
	}
	for _, s := range standingsDown {
		if actions := actionsThat(p, s.standing); len(actions) > 0 {
			h.Standings = append(h.Standings, htmlStanding{string(s.standing), s.words, actions})
		}
	}
	for _, r := range p.Services[:min(len(p.Services), most)] {
		s := htmlService{clean(r.Service), brief(clean(r.Host)), stateClass(r.State), stateWord(r.State), ""}
		switch {
		case r.Listing:
			s.Note = "everything in it can be listed"
		case r.Cause != overgrant.CauseNone:
			s.Note = causeText(r.Cause)
		}
		h.Services = append(h.Services, s)
	}
	for _, f := range [][2]string{
		{"Limits", clean(strings.Join(p.Limits, "; "))}, {"Account", accountLine(p)}, {"Recovery", recoveryLine(p.Recovery)}, {"Key", keyLine(p)},
	} {
		if f[1] != "" {
			h.Fields = append(h.Fields, [2]string{f[0], shorten(f[1], 1200)})
		}
	}
	h.answers(p, most)
	return h
}

func (h *htmlProof) answers(p *overgrant.Proof, most int) {
	for i, a := range p.Answers[:min(len(p.Answers), most)] {
		status := "none"
		if a.Status > 0 {
			status = fmt.Sprint(a.Status)
		}
		h.Answers = append(h.Answers, htmlAnswer{i + 1, brief(clean(a.Asked)), brief(clean(a.Method)), brief(clean(shorten(a.Host+a.Target, 200))), status, brief(clean(a.Code)), brief(clean(a.Shows))})
	}
	if rest := len(p.Answers) - most; rest > 0 {
		h.More = "and " + plural(int64(rest), "more request")
	}
}

// actionsThat returns the actions that stand so, in words.
func actionsThat(p *overgrant.Proof, s overgrant.Standing) []string {
	var actions []string
	for action, standing := range p.Permissions {
		if standing == s {
			actions = append(actions, words(shorten(action, 60)))
		}
	}
	slices.Sort(actions)
	return actions
}

// mostBrief is how long a foreign text may be on the page, in characters.
const mostBrief = 160

// brief shortens text that was cleaned already: escapes may have made it long.
func brief(s string) string { return shorten(s, mostBrief) }
