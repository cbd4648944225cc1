package overgrant

import "time"

// Used is one way in which storage logs show a storage account in use: a shared
// access signature, a user delegation signature, or beside them an account key,
// OAuth, or nobody's name at all. It is one line of the output of overgrant usage.
type Used struct {
	Schema      string    `json:"schema"`             // overgrant.usage/1
	Token       string    `json:"token"`              // the hash by which the service logs it, or one of its parameters where it logs none; never the secret
	Key         string    `json:"key,omitempty"`      // key1, key2, user-delegation: what signed it, as the service names it
	KeyHash     string    `json:"key_hash,omitempty"` // SHA-256 of the decoded key, hex in lower case
	Kind        string    `json:"kind"`               // as of links; sas where the log keeps no parameters, and oauth, other
	Account     string    `json:"account"`
	Permissions string    `json:"permissions,omitempty"` // as written
	Expiry      time.Time `json:"expiry,omitzero"`
	First       time.Time `json:"first,omitzero"`
	Last        time.Time `json:"last,omitzero"`

	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"`
	BytesOut int64 `json:"bytes_out"` // bodies of answers
	BytesIn  int64 `json:"bytes_in"`  // bodies of requests
	Reads    int64 `json:"reads"`     // requests that read or list and did not fail
	Writes   int64 `json:"writes"`
	Deletes  int64 `json:"deletes"`

	Operations map[string]int64 `json:"operations"`         // requests of each; "others" for those beyond the limit
	Failures   map[string]int64 `json:"failures,omitempty"` // failed requests by status: "403 AuthenticationFailed"
	Callers    int64            `json:"callers"`            // distinct addresses
	Agents     int64            `json:"agents"`             // distinct user agents
	About      bool             `json:"about,omitempty"`    // callers and agents are estimates, or at least so many
	TopCallers []Counted        `json:"top_callers,omitempty"`
	TopAgents  []Counted        `json:"top_agents,omitempty"`
	Unblanked  int64            `json:"unblanked,omitempty"` // records in which its signature stands whole: the log itself leaks it

	Match   UsedMatch `json:"match"`
	Status  Status    `json:"status,omitempty"`
	Verdict Verdict   `json:"verdict"`
	Grant   Grant     `json:"grant"` // what the parameters in the log say
}

// UsedMatch says whose token it is, as far as is known. All empty means that
// nobody here has seen it before.
type UsedMatch struct {
	Known    string `json:"known,omitempty"`     // id of the case
	Ledger   string `json:"ledger,omitempty"`    // name in the ledger
	By       string `json:"by,omitempty"`        // signature, key, parameters: what was found equal
	LeakedBy string `json:"key_case,omitempty"`  // id of the case that leaked the key which signed it
	Others   int    `json:"ambiguous,omitempty"` // more that the parameters fit as well
}

// Signed reports whether the token is a shared access signature.
func (u *Used) Signed() bool {
	switch u.Kind {
	case "account_key", "oauth", "anonymous", "other":
		return false
	}
	return true
}

// Worst returns how bad it is that the token is in use: what it grants, and that
// the log gives it away to whoever reads the log.
func (u *Used) Worst() Severity {
	if u.Unblanked > 0 && u.Status != Expired {
		return max(u.Verdict.Severity, High)
	}
	return u.Verdict.Severity
}

// IsZero reports whether nobody here knows the token.
func (m UsedMatch) IsZero() bool { return m.Known == "" && m.Ledger == "" }

// Counted is a name with how often it occurred.
type Counted struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// Trail is what storage logs tell of the use of one case: when, by whom, and
// what was read, written and deleted.
type Trail struct {
	Schema    string    `json:"schema"` // overgrant.trail/1
	ID        string    `json:"id"`     // of the case
	Published time.Time `json:"published,omitzero"`
	Tokens    []string  `json:"tokens"` // Used.Token of all that match the case
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`

	Before  Deeds        `json:"before"`            // publication; all if it is not known
	After   Deeds        `json:"after"`             // publication
	Days    []TrailDay   `json:"days"`              // on which it was used, in order
	Callers []TrailUser  `json:"callers"`           // addresses, newcomers first, then by requests
	Agents  []TrailUser  `json:"agents"`            // user agents, likewise
	Objects []TrailThing `json:"objects,omitempty"` // what was touched most, changed ones first

	NewCallers int64            `json:"new_callers"`      // addresses first seen after publication
	NewAgents  int64            `json:"new_agents"`       // agents first seen after publication
	Folded     map[string]int64 `json:"folded,omitempty"` // days, callers, agents, objects: requests that were counted without their name
	Says       []string         `json:"says"`             // what can and what cannot be said, in sentences
}

// Deeds counts what was done. Requests that failed are in Requests and Failed
// only.
type Deeds struct {
	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"`
	Reads    int64 `json:"reads"`
	Writes   int64 `json:"writes"`
	Deletes  int64 `json:"deletes"`
	BytesOut int64 `json:"bytes_out"`
	BytesIn  int64 `json:"bytes_in"`
}

// Add counts d in.
func (d *Deeds) Add(o Deeds) {
	d.Requests += o.Requests
	d.Failed += o.Failed
	d.Reads += o.Reads
	d.Writes += o.Writes
	d.Deletes += o.Deletes
	d.BytesOut += o.BytesOut
	d.BytesIn += o.BytesIn
}

// TrailDay is the use of a case on one day, in UTC.
type TrailDay struct {
	Day string `json:"day"` // 2006-01-02
	Deeds
	New int64 `json:"new_callers"` // addresses first seen on this day, after publication
}

// TrailUser is an address or a user agent that used a case.
type TrailUser struct {
	Name  string    `json:"name"`
	New   bool      `json:"new"` // first seen after publication
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Deeds
}

// TrailThing is an object that was touched.
type TrailThing struct {
	Name    string    `json:"name"` // container and path, or as the log has it
	Reads   int64     `json:"reads"`
	Writes  int64     `json:"writes"`
	Deletes int64     `json:"deletes"`
	Last    time.Time `json:"last"`
	About   bool      `json:"about,omitempty"` // counts are at least so much
}

// Logged says what the logs cover that were read: without it nobody can tell
// whether a token was not used or its use was not logged.
type Logged struct {
	Schema   string           `json:"schema"` // overgrant.logged/1
	Records  int64            `json:"records"`
	Doubles  int64            `json:"doubles"` // records met a second time, and not counted again
	Unread   int64            `json:"unread"`  // records that could not be read
	Bytes    int64            `json:"bytes"`   // of logs, unpacked
	From     time.Time        `json:"from,omitzero"`
	To       time.Time        `json:"to,omitzero"`
	Schemas  map[string]int64 `json:"schemas"` // records of each
	Services []LoggedService  `json:"services"`
	Folded   map[string]int64 `json:"folded,omitempty"` // what was counted without its name, because there are limits
	Says     []string         `json:"says,omitempty"`   // what cannot be said, in sentences
}

// LoggedService is the coverage of one service of an account.
type LoggedService struct {
	Account string    `json:"account"`
	Service string    `json:"service"` // blob, file, queue, table
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Records int64     `json:"records"`
	Reads   int64     `json:"reads"`
	Writes  int64     `json:"writes"`
	Deletes int64     `json:"deletes"`
	Hours   int64     `json:"hours"` // with a record, of those between From and To
	Span    int64     `json:"span"`  // hours between From and To
	Gaps    []LogGap  `json:"gaps,omitempty"`
	More    int64     `json:"more_gaps,omitempty"` // gaps beyond those listed
}

// LogGap is a time in which nothing at all was logged: nothing happened, or
// logging was off.
type LogGap struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Hours int64     `json:"hours"`
}
