// Package reporttest holds a made-up leak to report on: what a run of measure
// could tell of a link like the one of 2023, which opened a whole account with
// the backups of two workstations in it. Tests of pages and formats share it.
// All names, people and figures are invented, and no secret is in it.
package reporttest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
)

// Hostile tries what a name behind a link can do to a terminal, a page and a
// spreadsheet.
const Hostile = "=cmd|'/c calc'!A1\x1b[2J\x1b]0;owned\a<img src=x onerror=alert(1)>\"'`|\u202etxt.\n](javascript:x) @everyone {0}</script><!--"

// ID names the case of the leak.
var ID = id("the leak of 2023")

// Ended and Unclear name two more cases of the stream: one that is proven dead,
// and one about which the service does not tell.
var (
	Ended   = id("a link whose key was replaced")
	Unclear = id("a link behind a firewall")
)

func id(of string) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:])
}

// hash spreads a text over 64 bits, as the ids of people are.
func hash(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.LittleEndian.Uint64(sum[:])
}

const round = "2023-06-23T09:00:00Z"

// Incident is a whole run: three links, what the service answered about each,
// and what one of them reaches. now is the moment of the run.
func Incident(now time.Time) []overgrant.Message {
	m := []overgrant.Message{{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: "1.0.0", Started: now, Targets: []string{shown(leak)}}}}
	for _, c := range []struct {
		id      string
		grant   overgrant.Grant
		verdict overgrant.Verdict
		proof   overgrant.Proof
	}{
		{ID, leak, leakVerdict, aliveProof(now)},
		{Ended, ended, overgrant.Verdict{OverProvisioned: true, Severity: overgrant.High, Reasons: leakVerdict.Reasons[:1]}, deadProof(now)},
		{Unclear, unclear, overgrant.Verdict{Severity: overgrant.Low, Reasons: leakVerdict.Reasons[2:]}, unclearProof(now)},
	} {
		m = append(m,
			overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: c.id, Redacted: shown(c.grant), Grant: c.grant}}},
			overgrant.Message{Judged: &overgrant.Judged{ID: c.id, Status: c.grant.Status(now), Verdict: c.verdict}},
			overgrant.Message{Proven: &overgrant.Proven{ID: c.id, Proof: c.proof}})
	}
	seen := overgrant.Sighting{Place: overgrant.Place{Source: "git", Repository: "/srv/git/robust-models", Part: "blob", Path: "README.md"}, Line: 52, Column: 9, Span: [2]int64{1201, 1398},
		Commit: ID[:40], Author: "Robin Researcher <robin@example.org>", Time: time.Date(2021, 10, 6, 9, 0, 0, 0, time.UTC)}
	m = append(m, overgrant.Message{Seen: &overgrant.Seen{ID: ID, Sighting: seen}})
	for i := range shards() {
		m = append(m, overgrant.Message{Measured: &shards()[i]})
	}
	return append(m, ending(now)...)
}

// shown is the link as it is printed.
func shown(g overgrant.Grant) string {
	return "https://" + g.Host + "/" + g.Container + "?sv=" + g.SignedVersion + "&sp=" + g.Permissions + "&sig=…"
}

func ending(now time.Time) []overgrant.Message {
	var m []overgrant.Message
	for i := range 37 {
		m = append(m, gap(fmt.Sprintf("corp-backup/ws-0412/disk-%02d.vhdx!p2/Users/casey/Documents/plan-%02d.docx", i/8, i), "encrypted archive", "", 40_000))
	}
	m = append(m,
		gap("corp-backup/"+Hostile, "could not be read", "read a range: the service answers with 416", 1_200_000),
		gap("datasets-017/shard-0003.tar", "changed while it was read", "", 9_800_000_000))
	return append(m, overgrant.Message{Summary: &overgrant.Summary{Pieces: Objects, Bytes: Bytes, Elapsed: 4*time.Minute + 12*time.Second}})
}

func gap(path, reason, detail string, bytes int64) overgrant.Message {
	return overgrant.Message{Skipped: &overgrant.Skipped{Place: overgrant.Place{Source: "azure", Path: path}, Reason: reason, Detail: detail, Bytes: bytes}}
}
