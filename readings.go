package overgrant

import (
	"cmp"
	"encoding/json"
	"slices"
)

// FoldUsed puts together what several readings of logs say of one token, given
// once or more often, in any order. Logs overlap, so counts do not add up: they
// are those of the reading that saw most, while First and Last span all of them.
// It returns the zero value for none.
func FoldUsed(readings []Used) Used {
	if len(readings) == 0 {
		return Used{}
	}
	all := slices.Clone(readings)
	slices.SortStableFunc(all, compareUsed)
	best := all[len(all)-1]
	for i := range all {
		u := &all[i]
		best.First = earlier(best.First, u.First)
		if u.Last.After(best.Last) {
			best.Last = u.Last
		}
		best.Match.Known = cmp.Or(best.Match.Known, u.Match.Known)
		best.Match.Ledger = cmp.Or(best.Match.Ledger, u.Match.Ledger)
		best.Key = cmp.Or(best.Key, u.Key)
		best.KeyHash = cmp.Or(best.KeyHash, u.KeyHash)
	}
	return best
}

// compareTrails orders what readings of logs tell of one case by how much they
// saw, in a total order.
func compareTrails(a, b *Trail) int {
	if c := cmp.Or(cmp.Compare(a.Before.Requests+a.After.Requests, b.Before.Requests+b.After.Requests), a.Last.Compare(b.Last)); c != 0 {
		return c
	}
	x, _ := json.Marshal(a) // holds nothing that could not be written
	y, _ := json.Marshal(b)
	return cmp.Compare(string(x), string(y))
}

// compareToken tells one token of one account from another.
func compareToken(a, b Used) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Token, b.Token))
}

// compareUsed orders readings of one token by how much they saw, in a total
// order.
func compareUsed(a, b Used) int {
	if c := cmp.Or(cmp.Compare(a.Requests, b.Requests), a.Last.Compare(b.Last), b.First.Compare(a.First), cmp.Compare(a.BytesOut, b.BytesOut)); c != 0 {
		return c
	}
	x, _ := json.Marshal(a) // holds nothing that could not be written
	y, _ := json.Marshal(b)
	return cmp.Compare(string(x), string(y))
}
