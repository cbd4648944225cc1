package overgrant

import "time"

// Place says where bytes are. Fields that do not apply are empty.
type Place struct {
	Source     string `json:"source,omitempty"`     // the source's name: dir, git, stdin
	Repository string `json:"repository,omitempty"` // path or URL of the git repository, without credentials
	Object     string `json:"object,omitempty"`     // id of the git object that holds the bytes, hex
	Ref        string `json:"ref,omitempty"`        // full name of the ref, where the text stands in its name
	Part       string `json:"part,omitempty"`       // what of a git object it is: blob, message, author, name; empty for a file
	Path       string `json:"path,omitempty"`       // slash-separated; members of archives follow a "!"
}

// Sighting is one place where a link stands. Line and Column count from one;
// Span counts bytes in the piece, half open.
type Sighting struct {
	Place
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"` // bytes from the start of the line, from one
	Span     [2]int64 `json:"span"`
	Encoding []string `json:"encoding,omitempty"` // what was undone to read it, outermost first; empty for plain text

	// History, where the source has one. Commit introduced the sighting,
	// LastCommit is the last that held it.
	Commit     string    `json:"commit,omitempty"`
	Author     string    `json:"author,omitempty"` // name and address as the commit has them
	Time       time.Time `json:"time,omitzero"`    // author time of Commit, UTC
	LastCommit string    `json:"last_commit,omitempty"`
	LastTime   time.Time `json:"last_time,omitzero"`
	Removed    time.Time `json:"removed,omitzero"` // time of the commit that took it out; zero while a ref still holds it
	InHead     *bool     `json:"in_head,omitempty"`
	Refs       []string  `json:"refs,omitempty"`        // a few refs whose tip still holds it
	Unreached  bool      `json:"unreachable,omitempty"` // no ref leads to it

	// Written names the text as it stands here, without giving it away: equal
	// text at another place has the same name.
	Written string `json:"written,omitempty"`
}
