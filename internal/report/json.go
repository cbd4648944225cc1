package report

import (
	"bufio"
	"bytes"
	"time"

	"github.com/overgrant/overgrant"
)

// caseSchema names the form of a case in JSON.
const caseSchema = "overgrant.case/1"

var jsonLines = Format{
	Name: "jsonl",
	Doc: `One case a line, as a JSON object; doc/cases.md describes every field.

Times are RFC 3339 in UTC, fields that are not known are absent. All sightings are there, however many. The worst case
comes first. Models are written as they come, one a line, before any case; doc/models.md describes their fields. A run over storage logs has tokens in place of cases; doc/usage.md describes them. With ` + "`--all`" + ` the quiet statuses are there too. Suppressed cases are not; ` + "`events`" + ` has them.`,
	model: func(w *bufio.Writer, m row) error { return writeLine(w, m.Model) },
	token: usedLine,
	write: func(w *bufio.Writer, o *outcome) error {
		for _, c := range o.shown {
			if err := writeLine(w, caseOf(c, o.Options)); err != nil {
				return err
			}
		}
		return nil
	},
}

// writeLine writes a value as a line.
func writeLine(w *bufio.Writer, v any) error {
	line, err := encode(v)
	if err != nil {
		return err
	}
	_, err = w.Write(line)
	return err
}

var jsonArray = Format{
	Name:  "json",
	Doc:   `The cases and models of ` + "`jsonl`" + ` as one JSON array, one a line.`,
	model: func(w *bufio.Writer, m row) error { return writeElement(w, m.Model, m.before) },
	token: usedElement,
	write: writeArray,
}

// writeElement writes one value of an array, of which so many came before.
func writeElement(w *bufio.Writer, v any, before int) error {
	line, err := encode(v)
	if err != nil {
		return err
	}
	_ = w.WriteByte("[,"[min(before, 1)])
	_ = w.WriteByte('\n')
	_, err = w.Write(bytes.TrimRight(line, "\n")) // a bufio.Writer keeps its first error
	return err
}

func writeArray(w *bufio.Writer, o *outcome) error {
	for i, c := range o.shown {
		if err := writeElement(w, caseOf(c, o.Options), o.streamed+i); err != nil {
			return err
		}
	}
	if o.streamed+len(o.shown) == 0 {
		_ = w.WriteByte('[')
	}
	_, err := w.WriteString("\n]\n") // a bufio.Writer keeps its first error
	return err
}

// caseJSON is a case as programs read it. Its fields are a promise: they may
// grow in number, but do not change meaning.
type caseJSON struct {
	Schema   string             `json:"schema"`
	ID       string             `json:"id"`
	Kind     string             `json:"kind"`
	Provider string             `json:"provider,omitempty"`
	Status   overgrant.Status   `json:"status"`
	Severity overgrant.Severity `json:"severity"`
	ShapeWhy string             `json:"shape_why,omitempty"`

	Account       string   `json:"account,omitempty"`
	Host          string   `json:"host,omitempty"`
	Joined        []string `json:"joined,omitempty"`
	Services      []string `json:"services,omitempty"`
	Container     string   `json:"container,omitempty"`
	Path          string   `json:"path,omitempty"`
	Table         string   `json:"table,omitempty"`
	KeyRange      string   `json:"key_range,omitempty"`
	Scope         string   `json:"scope,omitempty"`
	ResourceTypes string   `json:"resource_types,omitempty"`
	Resource      string   `json:"resource,omitempty"`
	Depth         *int     `json:"directory_depth,omitempty"`
	Version       string   `json:"version,omitempty"`
	Snapshot      string   `json:"snapshot,omitempty"`
	Method        string   `json:"method,omitempty"`

	Permissions string   `json:"permissions,omitempty"`
	Actions     []string `json:"actions,omitempty"`

	Start     time.Time `json:"start,omitzero"`
	StartRaw  string    `json:"start_raw,omitempty"`
	Expiry    time.Time `json:"expiry,omitzero"`
	ExpiryRaw string    `json:"expiry_raw,omitempty"`
	ExpiresIn int64     `json:"expires_in,omitempty"`
	Endless   bool      `json:"endless,omitempty"`

	IP            string    `json:"ip,omitempty"`
	Protocols     []string  `json:"protocols,omitempty"`
	PolicyID      string    `json:"policy_id,omitempty"`
	SignedVersion string    `json:"signed_version,omitempty"`
	Signer        string    `json:"signer,omitempty"`
	SignerID      string    `json:"signer_id,omitempty"`
	TenantID      string    `json:"tenant_id,omitempty"`
	KeyExpiry     time.Time `json:"key_expiry,omitzero"`
	KeyName       string    `json:"key_name,omitempty"`
	Temporary     bool      `json:"temporary_credentials,omitempty"`

	Revocation overgrant.Revocation `json:"revocation,omitzero"`
	Redacted   string               `json:"redacted,omitempty"`
	Link       string               `json:"link,omitempty"` // with --reveal only
	Extra      []overgrant.Param    `json:"extra,omitempty"`
	Unknown    []overgrant.Param    `json:"unknown"`

	Verdict    overgrant.Verdict    `json:"verdict"`
	Seen       []overgrant.Sighting `json:"seen"`
	FirstSeen  time.Time            `json:"first_seen,omitzero"`
	LastSeen   time.Time            `json:"last_seen,omitzero"`
	Exposed    *overgrant.Exposed   `json:"exposed,omitempty"`
	Suppressed *suppressedJSON      `json:"suppressed,omitempty"`
	Proof      *overgrant.Proof     `json:"proof,omitempty"`
	Exposure   *exposureJSON        `json:"exposure,omitempty"`
	Closing    *closingJSON         `json:"closing,omitempty"`
	Ledger     string               `json:"ledger,omitempty"`   // name of the share, if we made the link
	Timeline   *overgrant.Timeline  `json:"timeline,omitempty"` // of a case that somebody closed, minted or used
}

// closingJSON says how far the last attempt to close the case has come.
type closingJSON struct {
	Attempt   string    `json:"attempt"`
	State     string    `json:"state"` // open, closed, works_again, given_up
	Route     string    `json:"route,omitempty"`
	Revoked   time.Time `json:"revoked,omitzero"`
	Confirmed time.Time `json:"confirmed,omitzero"`
	Why       string    `json:"why,omitempty"`
}

// closingOf returns the last attempt to close a case; nil if there was none.
func closingOf(c *overgrant.Case) *closingJSON {
	all := overgrant.Attempts(c.Remedies)
	if len(all) == 0 {
		return nil
	}
	a := all[len(all)-1]
	j := &closingJSON{Attempt: a.ID, State: "open", Why: a.Why}
	if a.Route != nil {
		j.Route = a.Route.Name
	}
	j.Revoked, _ = a.Carried()
	switch {
	case a.End == overgrant.GivenUp:
		j.State = "given_up"
	case a.End == overgrant.Closed && c.Closed() == nil:
		j.State, j.Confirmed = "works_again", a.EndAt
	case a.End == overgrant.Closed:
		j.State, j.Confirmed = "closed", a.EndAt
	}
	return j
}

// suppressedJSON is a suppression of the case, holding or broken.
type suppressedJSON struct {
	Why    string    `json:"why"`
	By     string    `json:"by"`
	Until  time.Time `json:"until,omitzero"`
	Broken string    `json:"broken,omitempty"`
}

func caseOf(c *overgrant.Case, o Options) *caseJSON {
	g := &c.Link.Grant
	j := &caseJSON{
		Schema: caseSchema, ID: c.Link.ID, Kind: g.Kind, Provider: g.Provider, Status: c.Status, Severity: c.Worst(), ShapeWhy: g.ShapeWhy,
		Account: g.Account, Host: g.Host, Joined: g.Joined, Services: g.Services,
		Container: g.Container, Path: g.Path, Table: g.Table, KeyRange: g.KeyRange,
		Scope: g.Scope, ResourceTypes: g.ResourceTypes, Resource: g.Resource, Depth: g.Depth,
		Version: g.Version, Snapshot: g.Snapshot, Method: g.Method,
		Permissions: g.Permissions, Actions: g.Actions,
		Start: g.Start, StartRaw: g.StartRaw, Expiry: g.Expiry, ExpiryRaw: g.ExpiryRaw, ExpiresIn: g.ExpiresIn, Endless: g.Endless,
		IP: g.IP, Protocols: g.Protocols, PolicyID: g.PolicyID, SignedVersion: g.SignedVersion,
		Signer: g.Signer, SignerID: g.SignerID, TenantID: g.TenantID, KeyExpiry: g.KeyExpiry, KeyName: g.KeyName, Temporary: g.Temporary,
		Revocation: g.Revocation, Redacted: c.Link.Redacted, Extra: g.Extra, Unknown: g.Unknown,
		Verdict: c.Verdict, Seen: c.Seen, FirstSeen: c.First, LastSeen: c.Last, Ledger: ledgerName(c),
		Proof: c.Proof, Exposure: exposureOf(c), Closing: closingOf(c),
	}
	if storied(c) {
		t := c.Timeline(o.Now)
		j.Timeline = &t
	}
	if j.Unknown == nil {
		j.Unknown = []overgrant.Param{}
	}
	if j.Seen == nil {
		j.Seen = []overgrant.Sighting{}
	}
	if c.Exposure != (overgrant.Exposed{}) {
		j.Exposed = &c.Exposure
	}
	if h := c.Hushed; h != nil {
		j.Suppressed = &suppressedJSON{Why: h.Why, By: h.By, Until: h.Until, Broken: h.Broken}
	}
	if o.Reveal != nil {
		j.Link = o.Reveal(c.Link.Secret)
	}
	return j
}
