package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// journal keeps the entries of an attempt in their order, each once, and gives
// them with the case.
func journal(t *testing.T, open Open) {
	s := fresh(t, open)
	entries := []overgrant.Message{
		remedied(idA, "1", overgrant.Planned, 0), remedied(idA, "1", overgrant.Begun, 1), remedied(idA, "1", overgrant.Failed, 1), remedied(idA, "1", overgrant.GivenUp, 0),
		remedied(idA, "2", overgrant.Planned, 0), remedied(idA, "2", overgrant.Begun, 1), remedied(idA, "2", overgrant.Done, 1),
		remedied(idA, "2", overgrant.Begun, 2), remedied(idA, "2", overgrant.Done, 2),
		remedied(idA, "2", overgrant.Checked, 1), remedied(idA, "2", overgrant.Checked, 2), remedied(idA, "2", overgrant.Closed, 0),
	}
	backwards := slices.Clone(entries)
	slices.Reverse(backwards)
	put(t, s, runB, backwards...)
	put(t, s, runC, entries...)
	late := remedied(idA, "2", overgrant.Done, 1)
	late.Remedied.At = at(9)
	put(t, s, runC, late)
	got := all(t, s.Remedies(t.Context(), idA))
	if len(got) != len(entries) {
		t.Fatalf("%d entries; want %d", len(got), len(entries))
	}
	for i, e := range entries {
		w := e.Remedied
		if g := got[i]; g.Attempt != w.Attempt || g.State != w.State || g.Step != w.Step || !g.At.Equal(w.At) {
			t.Errorf("entry %d is %s %s %d at %s; want %s %s %d at %s", i, g.Attempt, g.State, g.Step, g.At, w.Attempt, w.State, w.Step, w.At)
		}
	}
	if n := len(all(t, s.Remedies(t.Context(), idB))); n != 0 {
		t.Errorf("%d entries of a case that has none", n)
	}
	c, err := s.Case(t.Context(), idA)
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Closed(); a == nil || a.ID != "2" || len(c.Remedies) != len(entries) {
		t.Errorf("the case is closed by %+v, %d entries; want by attempt 2", a, len(c.Remedies))
	}
	put(t, s, runC, proven(idA, 20, overgrant.Alive))
	for _, c := range all(t, s.Brief(t.Context(), store.Filter{Account: "none"})) {
		t.Errorf("case %.4s passes a filter that it should not", c.Link.ID)
	}
	for _, c := range all(t, s.Brief(t.Context(), store.Filter{})) {
		if c.Closed() != nil || !c.LastAlive.Equal(at(20)) {
			t.Error("a case stays closed whose link was seen to work afterwards")
		}
	}
}

// ledger folds the entries of a name, and makes no cases of them.
func ledger(t *testing.T, open Open) {
	s := fresh(t, open)
	extended := minted("readers", idA, overgrant.Extended, 3)
	extended.Minted.Expiry = at(12)
	put(t, s, runA, minted("readers", idA, overgrant.Revoked, 4), extended, minted("readers", idA, overgrant.Made, 2),
		minted("readers", idB, overgrant.Made, 2), minted("writers", idC, overgrant.Made, 2))
	put(t, s, runB, minted("writers", "", overgrant.Revoked, 5))
	got := all(t, s.Ledger(t.Context()))
	if len(got) != 2 || got[0].Name != "readers" || got[1].Name != "writers" {
		t.Fatalf("Ledger() = %+v; want readers, writers", got)
	}
	readers := got[0]
	if len(readers.Links) != 2 || !readers.Links[0].Revoked.Equal(at(4)) || !readers.Links[0].Expiry.Equal(at(12)) ||
		!readers.Links[1].Revoked.IsZero() || !readers.Revoked.IsZero() || !readers.Expiry.Equal(at(9)) || readers.Owner != "ada" {
		t.Errorf("readers = %+v; want one link revoked on day 4, one that holds until day 9", readers)
	}
	if !got[1].Revoked.Equal(at(5)) || !got[1].Expiry.IsZero() {
		t.Errorf("writers = %+v; want all revoked on day 5", got[1])
	}
	if n := len(all(t, s.IDs(t.Context(), store.Filter{}))); n != 0 {
		t.Errorf("the ledger makes %d cases", n)
	}
	put(t, s, runB, found(idA, grant()))
	c, err := s.Case(t.Context(), idA)
	if err != nil || len(c.Minted) != 3 {
		t.Errorf("the case has %d entries of the ledger, %v; want 3", len(c.Minted), err)
	}
	n := 0
	for _, e := range all(t, s.Events(t.Context(), idA)) {
		if e.Message.Minted != nil {
			n++
		}
	}
	if n != 3 {
		t.Errorf("Events() yields %d entries of the ledger; want 3", n)
	}
}

// tokens puts readings of one token together, and gives them to the case.
func tokens(t *testing.T, open Open) {
	s := fresh(t, open)
	put(t, s, runA, used("Contoso", "t1", idA, 3), used("contoso", "t2", "", 5), used("other", "t1", "", 1))
	put(t, s, runB, used("contoso", "t1", idA, 8), used("contoso", "t1", idA, 3))
	got := all(t, s.Used(t.Context(), "CONTOSO"))
	if len(got) != 2 || got[0].Token != "t1" || got[0].Requests != 8 || !got[0].First.Equal(at(1)) || !got[0].Last.Equal(at(8)) || got[1].Requests != 5 {
		t.Errorf("Used(contoso) = %+v; want t1 with 8 requests, t2 with 5", got)
	}
	if n := len(all(t, s.Used(t.Context(), ""))); n != 3 {
		t.Errorf("Used() = %d tokens; want 3", n)
	}
	put(t, s, runB, found(idA, grant()))
	c, err := s.Case(t.Context(), idA)
	if err != nil || overgrant.FoldUsed(c.Used).Requests != 8 {
		t.Errorf("the case was used in %+v, %v; want 8 requests", c.Used, err)
	}
}

// reserved has several ask for one name at the same moment.
func reserved(t *testing.T, open Open) {
	s := fresh(t, open)
	first := func(name, attempt string) overgrant.Minted {
		m := *minted(name, "", overgrant.Intended, 1).Minted
		m.Attempt = attempt
		return m
	}
	const askers = 8
	got := make(chan error, askers)
	for i := range askers {
		go func() { got <- s.Reserve(t.Context(), runA, first("readers", fmt.Sprint(i))) }()
	}
	taken := 0
	for range askers {
		switch err := <-got; {
		case errors.Is(err, store.ErrTaken):
			taken++
		case err != nil:
			t.Errorf("Reserve() = %v", err)
		}
	}
	if taken != askers-1 {
		t.Errorf("%d of %d were told that the name is taken; want all but one", taken, askers)
	}
	ledger := all(t, s.Ledger(t.Context()))
	if len(ledger) != 1 || len(ledger[0].Begun) != 1 {
		t.Fatalf("Ledger() = %+v; want one share that was begun once", ledger)
	}
	if err := s.Reserve(t.Context(), runA, ledger[0].Begun[0]); err != nil {
		t.Errorf("Reserve() of the same again = %v", err)
	}
	put(t, s, runA, minted("writers", idA, overgrant.Made, 2))
	if err := s.Reserve(t.Context(), runB, first("writers", "9")); !errors.Is(err, store.ErrTaken) {
		t.Errorf("Reserve() of a name that was put = %v; want ErrTaken", err)
	}
	if err := s.Reserve(t.Context(), runB, first("", "9")); err == nil || errors.Is(err, store.ErrTaken) {
		t.Errorf("Reserve() of no name = %v; want an error of its own", err)
	}
}
