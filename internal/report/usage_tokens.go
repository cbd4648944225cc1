package report

import (
	"math"

	"github.com/overgrant/overgrant"
)

// tokens holds the tokens of a run over storage logs that a format prints at its
// end. There may be tens of thousands, each with dozens of names, of which a
// page shows few.
type tokens struct {
	isWhole func(u *overgrant.Used) bool // everything is printed of it; nil for none
	isBrief func(u *overgrant.Used) bool // of the others, those that have a line; nil for none

	whole, brief    []*overgrant.Used // in the order in which they came: those worth a look first
	total, unsigned int               // that came
}

// tokens returns what a format keeps of them: nothing, if it writes them as
// they come or prints none.
func (f Format) tokens(o Options) tokens {
	all := func(*overgrant.Used) bool { return true }
	failOn := o.FailOn
	if failOn == overgrant.None {
		failOn = overgrant.Medium
	}
	switch f.Name {
	case text.Name:
		blocks, lines, unsigned := room(usedBlocks), room(usedLines), room(usedLines)
		if o.All {
			blocks, lines, unsigned = room(math.MaxInt), room(math.MaxInt), room(math.MaxInt)
		}
		return tokens{
			isWhole: func(u *overgrant.Used) bool { return blockWorthy(u) && blocks() },
			isBrief: func(u *overgrant.Used) bool {
				if withoutSignature(u) {
					return unsigned()
				}
				return lines()
			},
		}
	case html.Name:
		details, rows := room(pageTokenDetails), room(pageTokens-pageTokenDetails)
		return tokens{
			isWhole: func(*overgrant.Used) bool { return details() },
			isBrief: func(*overgrant.Used) bool { return rows() },
		}
	case markdown.Name:
		return tokens{isBrief: all}
	case sarif.Name:
		return tokens{isBrief: func(u *overgrant.Used) bool { return u.Worst() > overgrant.None }}
	case junit.Name:
		return tokens{isWhole: func(u *overgrant.Used) bool { return u.Worst() >= failOn && u.Worst() > overgrant.None }, isBrief: all}
	}
	return tokens{}
}

// room returns a function that is true as often as there is room for.
func room(n int) func() bool {
	return func() bool {
		n--
		return n >= 0
	}
}

func (s *tokens) add(u *overgrant.Used) {
	s.total++
	if withoutSignature(u) {
		s.unsigned++
	}
	switch {
	case s.isWhole != nil && s.isWhole(u):
		s.whole = append(s.whole, saneUsed(u))
	case s.isBrief != nil && s.isBrief(u):
		b := saneUsed(u)
		b.Operations, b.Failures, b.TopCallers, b.TopAgents = nil, nil, nil, nil
		b.Verdict.Reasons, b.Grant.Extra, b.Grant.Unknown = nil, nil, nil
		s.brief = append(s.brief, b)
	}
}
