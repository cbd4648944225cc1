package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// Runs and rounds sort by their names; ids are made up.
const (
	runA   = "20260101T000000.000000Z-00000000"
	runB   = "20260102T000000.000000Z-00000000"
	runC   = "20260103T000000.000000Z-00000000"
	roundA = "20260101T000000Z"
	roundB = "20260102T000000Z"
)

var (
	idA = strings.Repeat("a1", 32)
	idB = strings.Repeat("a2", 32)
	idC = strings.Repeat("c3", 32)
)

func at(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }

func grant() overgrant.Grant {
	return overgrant.Grant{Kind: "account_sas", Provider: "azure", Account: "contosomodels", Permissions: "rl"}
}

func found(id string, g overgrant.Grant) overgrant.Message {
	return overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: id, Redacted: "https://" + g.Account + "/?sig=…", Grant: g}}}
}

func sighting(path string) overgrant.Sighting {
	return overgrant.Sighting{Place: overgrant.Place{Source: "dir", Path: path}, Line: 1, Span: [2]int64{3, 9}}
}

func seen(id string, s overgrant.Sighting) overgrant.Message {
	return overgrant.Message{Seen: &overgrant.Seen{ID: id, Sighting: s}}
}

func judged(id string, s overgrant.Status, v overgrant.Severity) overgrant.Message {
	return overgrant.Message{Judged: &overgrant.Judged{ID: id, Status: s, Verdict: overgrant.Verdict{Severity: v}}}
}

func hushed(id, why string) overgrant.Message {
	return overgrant.Message{Hushed: &overgrant.Hushed{ID: id, Why: why, By: "ada"}}
}

func proven(id string, day int, s overgrant.State) overgrant.Message {
	return overgrant.Message{Proven: &overgrant.Proven{ID: id, Proof: overgrant.Proof{State: s, CheckedAt: at(day)}}}
}

func remedied(id, attempt string, p overgrant.Progress, step int) overgrant.Message {
	r := &overgrant.Remedied{ID: id, Attempt: attempt, At: at(5), State: p, Step: step}
	if p == overgrant.Planned {
		r.Route = &overgrant.Route{Name: "rotate_account_key", Doc: "replaces a key", Steps: []overgrant.Step{{Deed: overgrant.RotateKey, Account: "contosomodels", Key: "key1"}}}
	}
	return overgrant.Message{Remedied: r}
}

func minted(name, id string, c overgrant.Change, day int) overgrant.Message {
	return overgrant.Message{Minted: &overgrant.Minted{Name: name, At: at(day), Change: c, ID: id, Text: "https://x/?sig=…",
		Grant: grant(), Owner: "ada", Purpose: "models for readers", Expiry: at(9)}}
}

func used(account, token, known string, requests int64) overgrant.Message {
	return overgrant.Message{Used: &overgrant.Used{Schema: "overgrant.usage/1", Token: token, Kind: "account_sas", Account: account,
		Grant: grant(), First: at(1), Last: at(int(requests)), Requests: requests, Match: overgrant.UsedMatch{Known: known}}}
}

func trail(id string, requests int64) overgrant.Message {
	return overgrant.Message{Trail: &overgrant.Trail{Schema: "overgrant.trail/1", ID: id, First: at(1), Last: at(int(requests)), After: overgrant.Deeds{Requests: requests}}}
}

// shard returns one of many shards of a measurement: one object, a person that
// every third shares, a find, an inventory.
func shard(id string, n int) overgrant.Message {
	var people overgrant.Crowd
	people.Join(uint64(n/3+1) * 0x9e3779b97f4a7c15)
	e := overgrant.Exposure{Tally: overgrant.Tally{Objects: 1, Bytes: int64(n)}}
	e.Areas = map[string]*overgrant.Area{fmt.Sprintf("container%d", n%7): {Tally: e.Tally, Newest: int64(n)}}
	e.Class("chat").Add(&overgrant.ClassHeld{Severity: overgrant.High, Named: e.Tally, People: people})
	return overgrant.Message{Measured: &overgrant.Measured{
		ID: id, Round: roundA, Shard: fmt.Sprintf("shard/%04d", n), Exposure: e,
		Finds: []overgrant.Find{{Class: "chat", Severity: overgrant.High, Count: int64(n), People: people,
			Place: overgrant.Place{Path: fmt.Sprintf("chat-%04d", n)}}},
		Candidates: []overgrant.Candidate{{Shard: fmt.Sprintf("shard/%04d", n), Name: strings.Repeat("long/", 200) + fmt.Sprint(n), Size: int64(n)}},
		Gaps:       []overgrant.Skipped{{Reason: "throttled", Detail: fmt.Sprint(n)}},
		Inventory:  fmt.Appendf(nil, "object %d", n),
	}}
}

// root returns a shard that names others.
func root(id string, rest ...string) overgrant.Message {
	return overgrant.Message{Measured: &overgrant.Measured{ID: id, Round: roundA, Rest: rest}}
}

// sample is a run of one of everything.
func sample() []overgrant.Message {
	full := grant()
	full.Host = "contosomodels.blob.core.windows.net"
	yes := true
	head := overgrant.Sighting{Place: overgrant.Place{Source: "git", Repository: "r", Path: "README.md", Object: "0a"},
		Span: [2]int64{3, 9}, Commit: "c0", Time: at(1), InHead: &yes, Refs: []string{"refs/heads/main"}, Written: "w"}
	return []overgrant.Message{
		{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: "v1", Started: at(2), Targets: []string{"."}}},
		found(idA, grant()), judged(idA, overgrant.LiveShape, overgrant.High),
		found(idA, full), judged(idA, overgrant.LiveShape, overgrant.Critical),
		seen(idA, sighting("a")), seen(idA, head), seen(idA, sighting("b")),
		found(idB, grant()), judged(idB, overgrant.Expired, overgrant.Medium), seen(idB, sighting("a")),
		found(idC, overgrant.Grant{Kind: "account_key", Shape: overgrant.Placeholder}), judged(idC, "placeholder", overgrant.Info),
		hushed(idB, "a honeypot"),
		proven(idA, 3, overgrant.Alive), proven(idB, 3, overgrant.Dead),
		root(idA, "shard/0001", "shard/0002", "shard/0003"), shard(idA, 1), shard(idA, 2),
		remedied(idA, "20260105T000000Z", overgrant.Planned, 0), remedied(idA, "20260105T000000Z", overgrant.Begun, 1),
		remedied(idA, "20260105T000000Z", overgrant.Done, 1), proven(idA, 4, overgrant.Alive), proven(idA, 6, overgrant.Dead),
		remedied(idA, "20260105T000000Z", overgrant.Checked, 1), remedied(idA, "20260105T000000Z", overgrant.Closed, 0),
		minted("readers", idA, overgrant.Made, 2), minted("readers", idA, overgrant.Revoked, 5), minted("others", idC, overgrant.Made, 2),
		trail(idA, 7), trail(idA, 3), {Logged: &overgrant.Logged{Schema: "overgrant.logged/1", Records: 9, From: at(1), To: at(7)}},
		used("contosomodels", "t1", idA, 7), used("contosomodels", "t2", "", 9),
		{Skipped: &overgrant.Skipped{Place: overgrant.Place{Path: "x"}, Reason: "unreadable"}},
		{Skipped: &overgrant.Skipped{Place: overgrant.Place{Path: "y"}, Reason: "a socket", Benign: true}},
		{Summary: &overgrant.Summary{Pieces: 7, Elapsed: time.Second}},
	}
}
