package wire

// Level says what a request could do.
type Level uint8

// The levels. Read changes nothing whatever it names. Write changes nothing
// because it names what cannot exist. Conditional changes nothing because its
// condition cannot hold, if the service heeds it.
const (
	Read Level = iota
	Write
	Conditional
)

func (l Level) String() string {
	return [...]string{"read", "write", "conditional"}[min(l, Conditional)]
}

// Path says what the path of a request must be like. An emulator puts the
// account before what stands first elsewhere.
type Path uint8

// The paths.
const (
	AnyPath       Path = iota // anything but the messages of a queue
	Messages                  // …/messages
	Tables                    // …/Tables
	Entities                  // …/NAME or …/NAME()
	Probe                     // …/PROBE: ends in a name made by ProbeName
	ProbeTop                  // /PROBE: the same, and nothing stands before it
	ProbeMessages             // /PROBE/messages
	ProbeTable                // /Tables('PROBE'): a name made by ProbeTableName
	ProbeEntity               // /NAME(PartitionKey='PROBE',RowKey='PROBE')
)

// Param is a query parameter or a header that a request must have.
type Param struct {
	Name   string
	Values []string // one of these, to the letter; none means any
}

// Shape is a kind of request that may leave. A request fits a shape if it has
// all that the shape demands and nothing that it does not name.
type Shape struct {
	Name    string // short and unique
	Doc     string // what it asks for, and why it changes nothing
	Methods []string
	On      Service // the services that it means this on
	Level   Level
	Path    Path
	Query   []Param  // must be there
	May     []string // query names that may be there, besides those of a signature
	Must    []Param  // headers that must be there
	Headers []string // headers that may be there, besides those that every request may have
	Body    int      // length of the body in bytes, exactly; -1 means up to maxBody
}

// maxBody bounds the body of any request, in bytes.
const maxBody = 256

// signature are the query names that every request may have: those of a
// signature, and those that say how and not what.
//
// Source: Azure Storage REST reference, "Create an account SAS", "Create a
// service SAS", "Create a user delegation SAS".
var signature = nameSet(
	"sv", "ss", "srt", "sp", "st", "se", "sip", "spr", "si", "sr", "sdd", "sig",
	"skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid", "sduoid", "skdutid",
	"ses", "tn", "spk", "srk", "epk", "erk", "rscc", "rscd", "rsce", "rscl", "rsct",
	"srh", "srq", "api-version", "timeout",
)

// past are the query names that name an earlier state of an object. Reads only
// may have them.
var past = nameSet("snapshot", "versionid")

// plain are the headers that every request may have.
var plain = nameSet(
	"Accept", "Authorization", "Content-Length", "Date", "User-Agent",
	"X-Ms-Client-Request-Id", "X-Ms-Date", "X-Ms-Version",
)

func nameSet(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}
