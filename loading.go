package overgrant

// Model says whether loading one model file can run code. It is one line of
// the output of overgrant model.
type Model struct {
	Schema     string            `json:"schema"`     // overgrant.model/1
	Path       string            `json:"path"`       // as given, or below what was given; of a link its redacted form
	Format     string            `json:"format"`     // pytorch-zip; empty where the bytes are of no format known
	Verdict    string            `json:"verdict"`    // dangerous, suspicious, unsafe_format, clean, unreadable, not_a_model
	Severity   Severity          `json:"severity"`   // the worst of the findings
	Size       int64             `json:"size"`       // bytes
	BytesRead  int64             `json:"bytes_read"` // bytes asked of the file
	Findings   []ModelFinding    `json:"findings"`   // worst first
	Globals    []string          `json:"globals"`    // every import that its pickles name
	LoadsUnder map[string]string `json:"loads_under,omitempty"`
	Unread     string            `json:"unread"` // why part of it could not be read; empty means all was
}

// The verdicts of a Model, from bad to good. What could not be read to its end is
// never clean.
const (
	ModelDangerous  = "dangerous"     // loading it runs something that no model needs
	ModelSuspicious = "suspicious"    // it would run code that is not known, or readers disagree about it
	ModelUnreadable = "unreadable"    // a model, but not all of it could be read
	ModelUnsafe     = "unsafe_format" // loading this format can run code, none was found
	ModelClean      = "clean"
	NotAModel       = "not_a_model"
)

// Worst returns how bad it is to load the file, as exit codes count it: none for
// what is clean, and for what could not be read, which is a gap.
func (m *Model) Worst() Severity {
	switch m.Verdict {
	case ModelDangerous:
		return Critical
	case ModelSuspicious:
		return Medium
	case ModelUnsafe:
		return Low
	}
	return None
}

// Gap reports whether part of the file could not be read.
func (m *Model) Gap() bool { return m.Unread != "" || m.Verdict == ModelUnreadable }

// ModelFinding is one thing that loading a model file would do.
type ModelFinding struct {
	Rule     string   `json:"rule"`             // a short word that stays: call, global, inconsistent
	What     string   `json:"what"`             // what would run: posix.system('id')
	Why      string   `json:"why"`              // why that matters, a sentence
	Offset   int64    `json:"offset"`           // in bytes, in Member where there is one
	Opcode   string   `json:"opcode,omitempty"` // of a pickle: REDUCE
	Member   string   `json:"member,omitempty"` // path inside the file: archive/data.pkl
	Severity Severity `json:"severity"`
}
