package azurite

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// Minted is a link that a Medley made.
type Minted struct {
	Name    string // what it is, and which of its kind: container_sas_017
	Service string // blob, queue, table, or secure for blob over https
	URL     string
	Alive   bool // the emulator takes its signature
}

// Medley fills the account with containers, blobs, queues, tables, snapshots
// and policies, and makes n links of all kinds to them and to what does not
// exist: account, service, policy and delegation links with permissions,
// versions and scopes at random; one in eight is dead. The same seed gives the
// same mixture.
func (a *Account) Medley(t testing.TB, n int, seed uint64) []Minted {
	t.Helper()
	m := medley{a: a, random: rand.New(rand.NewPCG(seed, 1))} // #nosec G404 -- the same again is what is wanted
	m.fill(t)
	m.key = a.Delegate(t, time.Now().Add(-time.Hour), time.Now().Add(48*time.Hour))
	all := make([]Minted, n)
	for i := range all {
		makers := []func() Minted{m.account, m.container, m.blob, m.snapshot, m.policy, m.queue, m.table, m.delegated}
		all[i] = makers[i%len(makers)]()
		all[i].Name = fmt.Sprintf("%s_%03d", all[i].Name, i)
	}
	return all
}

type medley struct {
	a         *Account
	random    *rand.Rand
	key       DelegationKey
	snapshots []string
}

// blobs of every container of a medley.
var medleyBlobs = []string{"readme.md", "models/model.ckpt", "a folder/näme & more.txt", "log.txt", "disk.vhd"}

func (m *medley) fill(t testing.TB) {
	for i, public := range []string{"", "", "blob", "container"} {
		name := m.containerName(i)
		m.a.PutContainer(t, name, public)
		for _, b := range medleyBlobs[:3] {
			m.a.PutBlob(t, name, b, []byte("content of "+b))
		}
		m.a.PutAppendBlob(t, name, medleyBlobs[3], []byte("one line\n"))
		m.a.PutPageBlob(t, name, medleyBlobs[4], []byte("pages"))
		m.snapshots = append(m.snapshots, m.a.Snapshot(t, name, medleyBlobs[0]))
		m.a.SetPolicies(t, "blob", name, public,
			Policy{ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"},
			Policy{ID: "writers", Permissions: "racwdl", Expiry: "2040-01-01T00:00:00Z"},
			Policy{ID: "past", Permissions: "rl", Expiry: "2020-01-01T00:00:00Z"},
			Policy{ID: "open", Permissions: "rl"})
	}
	for i := range 2 {
		m.a.PutQueue(t, fmt.Sprintf("jobs-%d", i), "first", "second")
		m.a.PutTable(t, fmt.Sprintf("people%d", i), map[string]any{"PartitionKey": "p", "RowKey": "1", "Name": "Ada"})
	}
}

func (m *medley) containerName(i int) string { return fmt.Sprintf("store-%d", i) }

// letters picks some of the letters of all, in their order, at least one.
func (m *medley) letters(all string) string {
	var out strings.Builder
	for _, l := range all {
		if m.random.IntN(2) == 0 {
			out.WriteRune(l)
		}
	}
	if out.Len() == 0 {
		return all[:1]
	}
	return out.String()
}

func pick[T any](m *medley, all ...T) T { return all[m.random.IntN(len(all))] }

// sas returns what every link says: mostly alive.
func (m *medley) sas(permissions string) (s SAS, alive bool) {
	s = SAS{Permissions: m.letters(permissions), Expiry: "2040-01-01T00:00:00Z", Key: 1 + m.random.IntN(2), Version: pick(m, "", "2019-10-10", "2020-12-06", "2026-06-06")}
	if m.random.IntN(3) == 0 {
		s.Start = "2020-01-01T00:00:00Z"
	}
	if m.random.IntN(3) == 0 {
		s.Protocol = "https,http"
	}
	if alive = m.random.IntN(8) != 0; !alive {
		s.Expiry = pick(m, "2021-10-05T00:00:00Z", "2020-06-01")
		s.Start = ""
	}
	return s, alive
}

func (m *medley) account() Minted {
	s, alive := m.sas("rwdlacupitfx")
	s.Services, s.Types = m.letters("bqt"), m.letters("sco")
	service := pick(m, "blob", "blob", "queue", "table")
	return Minted{"account_sas", service, m.a.Link(service, "", "", m.a.AccountSAS(s)), alive}
}

func (m *medley) container() Minted {
	s, alive := m.sas("racwdl")
	s.Container = m.containerName(m.random.IntN(5)) // the last one does not exist
	return Minted{"container_sas", "blob", m.a.Link("blob", s.Container, "", m.a.BlobSAS(s)), alive}
}

func (m *medley) blob() Minted {
	s, alive := m.sas("racwd")
	s.Container, s.Blob = m.containerName(m.random.IntN(4)), pick(m, append(medleyBlobs, "not/there")...)
	return Minted{"blob_sas", "blob", m.a.Link("blob", s.Container, s.Blob, m.a.BlobSAS(s)), alive}
}

func (m *medley) snapshot() Minted {
	s, alive := m.sas("r")
	i := m.random.IntN(4)
	s.Container, s.Blob, s.Snapshot, s.Version = m.containerName(i), medleyBlobs[0], m.snapshots[i], ""
	return Minted{"snapshot_sas", "blob", m.a.Link("blob", s.Container, s.Blob, m.a.BlobSAS(s)), alive}
}

func (m *medley) policy() Minted {
	s := SAS{Container: m.containerName(m.random.IntN(4)), Policy: pick(m, "readers", "writers", "past", "gone", "open")}
	alive := s.Policy != "past" && s.Policy != "gone"
	if s.Policy == "open" {
		s.Expiry = "2040-01-01T00:00:00Z"
	}
	return Minted{"policy_sas", "blob", m.a.Link("blob", s.Container, "", m.a.BlobSAS(s)), alive}
}

func (m *medley) queue() Minted {
	s, alive := m.sas("raup")
	s.Container, s.Version = fmt.Sprintf("jobs-%d", m.random.IntN(3)), ""
	return Minted{"queue_sas", "queue", m.a.Link("queue", s.Container, "", m.a.QueueSAS(s)), alive}
}

func (m *medley) table() Minted {
	s, alive := m.sas("raud")
	s.Container, s.Version = fmt.Sprintf("people%d", m.random.IntN(2)), ""
	return Minted{"table_sas", "table", m.a.Link("table", s.Container, "", m.a.TableSAS(s)), alive}
}

func (m *medley) delegated() Minted {
	s, alive := m.sas("racwdl")
	s.Container, s.Version = m.containerName(m.random.IntN(4)), pick(m, "2018-11-09", "2020-02-10", "2020-12-06", "2025-07-05", "2026-04-06")
	if alive {
		s.Expiry = Stamp(time.Now().Add(24 * time.Hour))
	}
	if m.random.IntN(2) == 0 {
		s.Blob = pick(m, medleyBlobs...)
		s.Permissions = strings.Trim(s.Permissions, "l") + "r"
		if strings.Count(s.Permissions, "r") > 1 {
			s.Permissions = s.Permissions[:len(s.Permissions)-1]
		} else {
			s.Permissions = "r"
		}
	}
	return Minted{"delegation_sas", "secure", m.a.Link("secure", s.Container, s.Blob, m.a.DelegationSAS(m.key, s)), alive}
}
