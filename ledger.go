package overgrant

import (
	"cmp"
	"slices"
	"time"
)

// Minted is one entry of the ledger: a link that we made, or a change to it.
// The link itself is not in it.
type Minted struct {
	Name    string    `json:"name"` // chosen by its maker; one name is one share, which may hold several links
	At      time.Time `json:"at"`
	Change  Change    `json:"change"`
	ID      string    `json:"id"`   // of the link, as that of a case
	Text    string    `json:"text"` // the link, redacted
	Grant   Grant     `json:"grant"`
	KeyHash string    `json:"key_hash,omitempty"` // SHA-256 of the decoded key that signed it, hex
	LogHash string    `json:"log_hash,omitempty"` // by which logs name its signature, hex; empty if that is not known
	Owner   string    `json:"owner"`              // who answers for it
	Purpose string    `json:"purpose"`
	Expiry  time.Time `json:"expiry,omitzero"` // of the link or of the policy it is bound to
	Accepts []Accept  `json:"accepts,omitempty"`
	Paths   []string  `json:"paths,omitempty"`   // what was shared; at most a few
	Objects Tally     `json:"objects"`           // what it reached when it was made
	Signed  string    `json:"signed,omitempty"`  // SHA-256 of the model that was signed for it, hex; empty if none was
	Attempt string    `json:"attempt,omitempty"` // the run that it is a part of: an intention and what came of it share one
}

// Change says what a ledger entry tells.
type Change string

// The changes of a share. An intention is put on record before anything is done
// at the service, and answered by one of the others with the same Attempt.
const (
	Intended Change = "intended"
	Made     Change = "made"
	Extended Change = "extended"
	Revoked  Change = "revoked"
)

// Accept is a rule that its maker set aside, and why.
type Accept struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// Shared is one name in the ledger with all that was put under it.
type Shared struct {
	Name    string       `json:"name"`
	Owner   string       `json:"owner"`
	Purpose string       `json:"purpose"`
	Made    time.Time    `json:"made"`            // when its first link was made
	Expiry  time.Time    `json:"expiry,omitzero"` // of the link that lives longest; zero if all were revoked
	Revoked time.Time    `json:"revoked,omitzero"`
	Links   []SharedLink `json:"links"` // in the order in which they were made

	Begun []Minted `json:"begun,omitempty"` // intentions of which nobody knows what came: the run ended before it could say
}

// SharedLink is one link of a share as it stands now: as it was made, with the
// expiry that holds.
type SharedLink struct {
	Minted
	Extended time.Time `json:"extended,omitzero"` // when its expiry was changed last
	Revoked  time.Time `json:"revoked,omitzero"`  // zero while it holds
}

// Live reports whether the link still works at now, as far as the ledger tells.
func (l *SharedLink) Live(now time.Time) bool {
	return l.Revoked.IsZero() && (l.Expiry.IsZero() || l.Expiry.After(now))
}

// FoldLedger folds the entries under one name. A change that names no link
// concerns all links of the name. The order of the entries does not matter, and
// neither do entries that come twice.
func FoldLedger(entries []Minted) Shared {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, compareMinted)
	s := Shared{}
	at := map[string]int{}
	s.Begun = begun(entries)
	for i := range entries {
		e := &entries[i]
		if s.Name == "" {
			s.Name, s.Made = e.Name, e.At
		}
		s.Owner, s.Purpose = cmp.Or(e.Owner, s.Owner), cmp.Or(e.Purpose, s.Purpose)
		n, known := at[e.ID]
		switch {
		case e.Change == Intended:
		case e.Change == Made && (!known || !s.Links[n].Revoked.IsZero()):
			if !known {
				n = len(s.Links)
				at[e.ID] = n
				s.Links = append(s.Links, SharedLink{})
			}
			s.Links[n] = SharedLink{Minted: *e}
		case e.Change == Made:
		case e.ID == "":
			for n := range s.Links {
				s.Links[n].change(e)
			}
		case known:
			s.Links[n].change(e)
		}
	}
	s.settle()
	return s
}

// begun returns the intentions that nothing answers: no entry of the same
// attempt, and no later end of the whole name.
func begun(entries []Minted) (open []Minted) {
	for i := range entries {
		e := &entries[i]
		if e.Change == Intended && !slices.ContainsFunc(entries, func(o Minted) bool {
			return o.Change != Intended && o.Attempt == e.Attempt || o.Change == Revoked && o.ID == "" && !o.At.Before(e.At)
		}) {
			open = append(open, *e)
		}
	}
	return open
}

// compareMinted orders the entries of one name by time; at one moment a link is
// made before it changes.
func compareMinted(a, b Minted) int {
	order := []Change{Intended, Made, Extended, Revoked}
	return cmp.Or(a.At.Compare(b.At),
		cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)),
		cmp.Compare(a.ID, b.ID), a.Expiry.Compare(b.Expiry), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Owner, b.Owner))
}

func (l *SharedLink) change(e *Minted) {
	switch {
	case e.Change == Revoked && l.Revoked.IsZero():
		l.Revoked = e.At
	case e.Change == Extended:
		l.Expiry, l.Extended = e.Expiry, e.At
	}
}

// settle works out what holds of the name from its links.
func (s *Shared) settle() {
	endless := false
	for i := range s.Links {
		l := &s.Links[i]
		switch {
		case !l.Revoked.IsZero():
			if l.Revoked.After(s.Revoked) {
				s.Revoked = l.Revoked
			}
			continue
		case l.Expiry.IsZero():
			endless = true
		case l.Expiry.After(s.Expiry):
			s.Expiry = l.Expiry
		}
	}
	if endless {
		s.Expiry = time.Time{}
	}
	if slices.ContainsFunc(s.Links, func(l SharedLink) bool { return l.Revoked.IsZero() }) {
		s.Revoked = time.Time{}
	}
}
