package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"pgregory.net/rapid"
)

// told is a message and the run that tells it.
type told struct {
	run string
	overgrant.Message
}

// anyOrder delivers the same messages once in order and once shuffled, with
// repetitions and in other batches.
func anyOrder(t *testing.T, open Open) {
	rapid.Check(t, func(r *rapid.T) {
		messages := rapid.SliceOfN(rapid.Custom(anyMessage), 1, 40).Draw(r, "messages")
		kept := map[string]bool{}
		var plain []told
		for _, m := range messages {
			if k := shardKey(m.Message); k == "" || !kept[k] { // a shard says the same whenever it is delivered
				kept[k] = true
				plain = append(plain, m)
			}
		}
		repeated := append([]told{}, plain...)
		repeated = append(repeated, rapid.SliceOfN(rapid.SampledFrom(plain), 0, 20).Draw(r, "again")...)
		shuffled := rapid.Permutation(repeated).Draw(r, "order")

		a, b := open(t, t.TempDir()), open(t, t.TempDir())
		defer a.Close()
		defer b.Close()
		for _, m := range plain {
			put(t, a, m.run, m.Message)
		}
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(r, "batch")
			for run, ms := range byRun(shuffled[:n]) {
				if err := b.Put(context.Background(), run, ms...); err != nil {
					t.Fatal(err)
				}
			}
			shuffled = shuffled[n:]
		}
		if x, y := dump(t, a), dump(t, b); x != y {
			same(t, y, x)
		}
	})
}

func byRun(all []told) map[string][]overgrant.Message {
	runs := map[string][]overgrant.Message{}
	for _, m := range all {
		runs[m.run] = append(runs[m.run], m.Message)
	}
	return runs
}

func shardKey(m overgrant.Message) string {
	if m.Measured == nil {
		return ""
	}
	return m.Measured.ID + m.Measured.Round + "/" + m.Measured.Shard
}

// anyMessage draws from few of everything, so that keys meet.
func anyMessage(r *rapid.T) told {
	m := told{run: rapid.SampledFrom([]string{runA, runB, runC}).Draw(r, "run")}
	id := rapid.SampledFrom([]string{idA, idB}).Draw(r, "case")
	n := rapid.IntRange(0, 2).Draw(r, "n")
	switch rapid.IntRange(0, 13).Draw(r, "sort") {
	case 0:
		m.Run = &overgrant.Run{Version: fmt.Sprint(n), Started: at(1)}
	case 1:
		g := grant()
		g.Host = []string{"", "h", "i"}[n]
		m.Message = found(id, g)
	case 2:
		s := sighting(fmt.Sprint(n))
		s.Author = rapid.SampledFrom([]string{"", "ada", "bob"}).Draw(r, "author")
		m.Message = seen(id, s)
	case 3:
		status := rapid.SampledFrom([]overgrant.Status{overgrant.LiveShape, overgrant.Expired, "placeholder"}).Draw(r, "status")
		m.Message = judged(id, status, overgrant.Severity(n+1))
	case 4:
		m.Message = hushed(id, fmt.Sprint(n))
		if n == 2 {
			m.Hushed.Broken = "seen elsewhere"
		}
	case 5:
		m.Dropped = &overgrant.Dropped{ID: id}
	case 6:
		m.Message = proven(id, n+1, rapid.SampledFrom([]overgrant.State{overgrant.Alive, overgrant.Dead}).Draw(r, "state"))
	case 7:
		m.Message = shard(id, rapid.IntRange(0, 5).Draw(r, "shard"))
		m.Measured.Round = []string{roundA, roundB, roundB}[n]
		m.Measured.Rest = []string{"", "shard/0001", "shard/0009"}[n : n+1]
	case 8:
		m.Skipped = &overgrant.Skipped{Reason: "unreadable", Detail: fmt.Sprint(n)}
	case 9:
		progress := rapid.SampledFrom([]overgrant.Progress{overgrant.Planned, overgrant.Begun, overgrant.Failed, overgrant.Done, overgrant.Checked, overgrant.Closed}).Draw(r, "progress")
		m.Message = remedied(id, []string{"1", "2", "2"}[n], progress, n)
		m.Remedied.At = at(1 + rapid.IntRange(0, 2).Draw(r, "at"))
		m.Remedied.Detail = rapid.SampledFrom([]string{"", "a", "b"}).Draw(r, "detail")
	case 10:
		change := rapid.SampledFrom([]overgrant.Change{overgrant.Made, overgrant.Extended, overgrant.Revoked}).Draw(r, "change")
		m.Message = minted([]string{"a", "a", "b"}[n], rapid.SampledFrom([]string{id, id, ""}).Draw(r, "link"), change, n+1)
		m.Minted.Expiry = at(5 + rapid.IntRange(0, 2).Draw(r, "expiry"))
	case 11:
		m.Message = used([]string{"x", "y", "y"}[n], rapid.SampledFrom([]string{"t1", "t2"}).Draw(r, "token"), rapid.SampledFrom([]string{"", id}).Draw(r, "known"), int64(n))
	case 12:
		m.Message = trail(id, int64(n))
		if n == 2 {
			m.Message = overgrant.Message{Logged: &overgrant.Logged{Records: int64(rapid.IntRange(0, 2).Draw(r, "records"))}}
		}
	case 13:
		m.Summary = &overgrant.Summary{Pieces: int64(n), Elapsed: time.Duration(n)}
	}
	return m
}
