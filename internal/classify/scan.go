package classify

import (
	"sync"

	"github.com/overgrant/overgrant"
)

// scan looks through one text, given to it window by window.
type scan struct {
	piece   Piece
	lexicon *lexicon
	holder  bool // the piece is there to hold credentials

	secrets secrets
	keys    keys
	cards   cards
	banks   counted
	ids     ids
	people  contacts

	topics   topics
	done     int     // where the window before ended
	number   written // the one that is looked at
	digitsTo int     // up to here digits were looked at
}

func newScan(p Piece) *scan {
	return &scan{piece: p, lexicon: marks(), holder: credentialFile(p) != nil, secrets: secrets{salt: p.Salt, budget: slack}, keys: keys{salt: p.Salt}}
}

// marks is the lexicon of all that text is searched for.
var marks = sync.OnceValue(func() *lexicon {
	l := newLexicon()
	for i := range detectors {
		detectors[i].marked(l)
	}
	addNumbers(l)
	addTopics(l)
	addKeys(l)
	return l.done()
})

// window looks at what begins in b[from:to]; the rest is what stands around.
// Where more text follows b, at least ahead bytes of it are in b behind to.
func (s *scan) window(b []byte, from, to int) {
	moved := s.done - from
	s.done = to
	s.topics.base += int64(moved)
	s.secrets.grant(to - from)
	s.digitsTo -= moved
	s.keys.to -= moved
	s.lexicon.each(b, from, to, func(at int, m *mark) bool {
		switch e := &m.event; e.number {
		case noNumber:
			s.secrets.look(&s.piece, b, at, m)
		case digits:
			s.digits(b, at+1)
		case account:
			s.account(b, at)
		case taxpayer:
			s.taxpayer(b, at)
		case topic:
			s.topics.note(b, at, m)
		case keyMaterial:
			s.keys.look(b, at)
		}
		return true
	})
	if s.holder {
		s.secrets.named(b, from, to)
	}
	s.people.addresses(b, from, to, s.piece.Salt)
}

// finds returns what was found in all.
func (s *scan) finds() []overgrant.Find {
	var all []overgrant.Find
	all = s.keys.finds(all, s.piece)
	all = s.secrets.finds(all, s.piece)
	all = s.cards.finds(all, s.piece)
	all = s.banks.finds(all, &bankAccount, s.piece)
	all = s.ids.finds(all, s.piece)
	return s.people.finds(all, s.piece)
}

// counted counts distinct things by their hash.
type counted struct {
	crowd overgrant.Crowd
	any   bool
}

func (c *counted) join(hash uint64) { c.crowd.Join(hash); c.any = true }

func (c *counted) finds(all []overgrant.Find, class *Class, p Piece) []overgrant.Find {
	if !c.any {
		return all
	}
	n, exact := c.crowd.Count()
	f := class.Find(p, n)
	f.People, f.AtLeast = c.crowd, !exact
	return append(all, f)
}
