package overgrant

import "time"

// Message is one thing that came out of a run. Exactly one pointer is set.
// Messages are written as they happen with --format events, one JSON object a
// line, and can be read back.
type Message struct {
	Run      *Run      `json:"run,omitempty"`
	Found    *Found    `json:"found,omitempty"`
	Seen     *Seen     `json:"seen,omitempty"`
	Judged   *Judged   `json:"judged,omitempty"`
	Proven   *Proven   `json:"proven,omitempty"`
	Measured *Measured `json:"measured,omitempty"`
	Model    *Model    `json:"model,omitempty"`
	Used     *Used     `json:"used,omitempty"`
	Trail    *Trail    `json:"trail,omitempty"`
	Logged   *Logged   `json:"logged,omitempty"`
	Remedied *Remedied `json:"remedied,omitempty"`
	Minted   *Minted   `json:"minted,omitempty"`
	Skipped  *Skipped  `json:"skipped,omitempty"`
	Hushed   *Hushed   `json:"hushed,omitempty"`
	Dropped  *Dropped  `json:"dropped,omitempty"`
	Summary  *Summary  `json:"summary,omitempty"`
}

// Sink takes messages. It may be called by several goroutines at once unless
// its maker says otherwise.
type Sink func(Message) error

// Run opens a stream of messages.
type Run struct {
	Schema  string    `json:"schema"` // overgrant.events/1
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Targets []string  `json:"targets,omitempty"`
	About   About     `json:"about,omitempty"`
}

// About says what a run looks for.
type About string

// What runs look for.
const (
	AboutLinks  About = ""
	AboutModels About = "models"
)

// Found says that a link exists. It comes before anything else about the link,
// and again when a later sighting says more of where the credential leads.
type Found struct {
	Link  Link      `json:"link"`
	First time.Time `json:"first,omitzero"` // start of the run that found it first; zero for this one
}

// Seen is one sighting of a link that was found.
type Seen struct {
	ID       string   `json:"id"`
	Sighting Sighting `json:"sighting"`
}

// Judged is the verdict on a link that was found.
type Judged struct {
	ID      string  `json:"id"`
	Status  Status  `json:"status"`
	Verdict Verdict `json:"verdict"`
}

// Proven is what the service answered about a link that was found. A later one
// takes the place of an earlier one.
type Proven struct {
	ID    string `json:"id"`
	Proof Proof  `json:"proof"`
}

// Measured is what one shard of a link's reach holds. ID, Round and Shard together name
// it: delivered twice it counts once. When all shards that were named in Rest
// have been measured, so has the link.
type Measured struct {
	ID         string      `json:"id"`
	Round      string      `json:"round"`                // the measurement it belongs to; a later one takes the place of all of an earlier one
	Shard      string      `json:"shard"`                // empty for the whole reach, which is where a round begins
	Exposure   Exposure    `json:"exposure"`             // of this shard alone
	Finds      []Find      `json:"finds,omitempty"`      // from content
	Candidates []Candidate `json:"candidates,omitempty"` // objects of the shard that are worth reading
	Rest       []string    `json:"rest,omitempty"`       // shards that go on where this one ends
	Gaps       []Skipped   `json:"gaps,omitempty"`       // what could not be listed or read
	Inventory  []byte      `json:"-"`                    // its objects, packed; for the store, in no report
}

// Candidate is an object that is worth reading.
type Candidate struct {
	Shard    string   `json:"shard"` // in which it was listed
	Name     string   `json:"name"`
	Size     int64    `json:"size"`
	Tag      string   `json:"tag,omitempty"`
	Class    string   `json:"class,omitempty"`
	Severity Severity `json:"severity,omitempty"`
}

// Hushed says that a suppression holds for a link that was found, or did hold
// until it was broken.
type Hushed struct {
	ID     string    `json:"id"`
	Why    string    `json:"why"`
	By     string    `json:"by"`
	Until  time.Time `json:"until"`
	Broken string    `json:"broken,omitempty"` // why the case shows all the same; empty while it is hidden
}

// Dropped says that a link which was found makes no case of this run: it was
// only seen where nobody asked to look, such as in git objects that no ref leads
// to.
type Dropped struct {
	ID string `json:"id"`
}

// Skipped says what could not be read, or not to its end.
type Skipped struct {
	Place  Place  `json:"place"`
	Reason string `json:"reason"`           // a short fixed phrase, counted in the summary: "archive bomb", "missing object"
	Detail string `json:"detail,omitempty"` // what exactly; never a secret
	Bytes  int64  `json:"bytes,omitempty"`  // how much was not read, if known
	Benign bool   `json:"benign,omitempty"` // passed over on purpose (a socket, a device): no gap in the result
}

// Summary closes a run.
type Summary struct {
	Pieces  int64         `json:"pieces"`            // files, members, messages looked into
	Objects int64         `json:"objects"`           // git objects among them
	Bytes   int64         `json:"bytes"`             // bytes looked into, copies of earlier text included
	Elapsed time.Duration `json:"elapsed"`           // nanoseconds
	Partial bool          `json:"partial,omitempty"` // stopped before the end
}
