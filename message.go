package overgrant

import "time"

// Message is one thing that came out of a run. Exactly one pointer is set.
// Messages are written as they happen with --format events, one JSON object a
// line, and can be read back.
type Message struct {
	Run     *Run     `json:"run,omitempty"`
	Found   *Found   `json:"found,omitempty"`
	Seen    *Seen    `json:"seen,omitempty"`
	Judged  *Judged  `json:"judged,omitempty"`
	Skipped *Skipped `json:"skipped,omitempty"`
	Hushed  *Hushed  `json:"hushed,omitempty"`
	Dropped *Dropped `json:"dropped,omitempty"`
	Summary *Summary `json:"summary,omitempty"`
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
}

// Found says that a link exists. It comes before anything else about the link,
// and again when a later sighting says more of where the credential leads.
type Found struct {
	Link Link `json:"link"`
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
