package wire

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// location is the path of a request.
type location struct {
	raw      []string // segments as they are sent
	depth    int      // segments without the account that an emulator puts first
	messages bool     // a server could take a segment behind the first for the messages of a queue
}

// parsePath splits the path of a URL that leads to a site.
func parsePath(u *url.URL, to *site) (location, error) {
	escaped := u.EscapedPath()
	if escaped == "" {
		return location{}, nil
	}
	if escaped[0] != '/' || strings.HasPrefix(escaped, "//") || len(escaped) > maxQuery {
		return location{}, fmt.Errorf("%w: path is not plain", ErrRefused)
	}
	at := location{raw: strings.Split(escaped[1:], "/")}
	at.depth = len(at.raw)
	if to.emulator() {
		at.depth--
	}
	behind := false
	for part := range strings.FieldsFuncSeq(u.Path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if behind && strings.EqualFold(strings.TrimSpace(part), "messages") {
			at.messages = true
		}
		behind = true
	}
	return at, nil
}

// last returns the segment that is n before the last, with its escapes undone.
func (l location) last(n int) string {
	if n >= len(l.raw) {
		return ""
	}
	text, err := url.PathUnescape(l.raw[len(l.raw)-1-n])
	if err != nil {
		return ""
	}
	return text
}

// straight reports whether no server can read the path as another one: no empty
// segment, no dots, no escapes in what stands before the last segment's name.
func (l location) straight() bool {
	for i := range l.raw {
		switch s := l.last(i); {
		case s == "", s == ".", s == "..", strings.ContainsAny(s, `/\`):
			return false
		}
	}
	return true
}

var (
	entitiesName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{2,62}(\(\))?$`)
	probeTable   = regexp.MustCompile(`^Tables\('(\w+)'\)$`)
	probeEntity  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{2,62}\(PartitionKey='([\w-]+)',RowKey='([\w-]+)'\)$`)
)

func (s *Shape) fitsPath(r *candidate) bool {
	l := r.path
	if s.Path != Messages && s.Path != ProbeMessages && l.messages && r.service&^Queue == 0 {
		return false // on a queue, or what may be one, it would take messages out
	}
	if r.service == Unknown && l.depth > 1 {
		return false // an emulator takes whatever is read behind the name of a queue for its messages
	}
	if s.Level == Write && !l.straight() {
		return false
	}
	switch s.Path {
	case AnyPath:
		return true
	case Messages:
		return l.last(0) == "messages" && l.straight() && len(l.raw) >= 2
	case Tables:
		return l.last(0) == "Tables"
	case Entities:
		return entitiesName.MatchString(l.last(0))
	case Probe:
		return l.depth >= 1 && IsProbeName(l.raw[len(l.raw)-1])
	case ProbeTop:
		return l.depth == 1 && IsProbeName(l.raw[len(l.raw)-1])
	case ProbeMessages:
		return l.depth == 2 && l.last(0) == "messages" && IsProbeName(l.raw[len(l.raw)-2])
	case ProbeTable:
		m := probeTable.FindStringSubmatch(l.last(0))
		return l.depth == 1 && m != nil && IsProbeTableName(m[1])
	case ProbeEntity:
		m := probeEntity.FindStringSubmatch(l.last(0))
		return l.depth == 1 && m != nil && IsProbeName(m[1]) && IsProbeName(m[2])
	default:
		return false
	}
}
