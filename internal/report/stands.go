package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant"
)

// maxStands is how many sightings of a case are printed one by one.
const maxStands = 5

// site is a group of sightings that share one history.
type site struct {
	history string // empty where the source has none
	places  []place
}

// place is a sighting in words.
type place struct {
	name     string // of the file, or what else holds it
	encoding string // "in base64"; empty for plain text
	*overgrant.Sighting
}

// String names the place and the position: "README.md:52:9 (in base64)".
func (p place) String() string {
	s := p.name + position(p.Sighting)
	if p.encoding != "" {
		s += " (" + p.encoding + ")"
	}
	return s
}

// sites groups the first sightings of a case by their history. more says how
// many are left out, in words; it is empty if none is.
func sites(c *overgrant.Case, limit int, repositories bool) (all []site, more string) {
	for i := range c.Seen[:min(limit, len(c.Seen))] {
		s := &c.Seen[i]
		h := historyOf(s)
		at := slices.IndexFunc(all, func(x site) bool { return x.history == h })
		if at < 0 {
			at = len(all)
			all = append(all, site{history: h})
		}
		p := place{placeName(s), encodingText(s), s}
		if repositories && s.Repository != "" {
			p.name = clean(s.Repository) + ": " + p.name
		}
		all[at].places = append(all[at].places, p)
	}
	if rest := len(c.Seen) - limit; rest > 0 {
		more = "and " + count(int64(rest)) + " more in " + plural(int64(files(c.Seen[limit:])), "file")
	}
	return all, more
}

// files counts the places whose path differs.
func files(seen []overgrant.Sighting) int {
	set := map[[2]string]bool{}
	for _, s := range seen {
		set[[2]string{s.Repository, s.Path}] = true
	}
	return len(set)
}

// placeText names the place and the position in it: "README.md:52:9".
func placeText(s *overgrant.Sighting) string { return placeName(s) + position(s) }

// position writes line and column, each after a colon; empty if there is none.
func position(s *overgrant.Sighting) string {
	switch {
	case s.Line <= 0 || s.Part == "name":
		return ""
	case s.Column <= 0:
		return ":" + strconv.Itoa(s.Line)
	}
	return ":" + strconv.Itoa(s.Line) + ":" + strconv.Itoa(s.Column)
}

// placeName names the place: "README.md", "the message of abc1234".
func placeName(s *overgrant.Sighting) string {
	object := abbreviate(cmp.Or(s.Commit, s.Object))
	switch s.Part {
	case "", "blob":
		return fileText(s)
	case "name":
		if s.Ref != "" {
			return "the name of the ref " + clean(s.Ref)
		}
		return "the file name " + clean(s.Path)
	}
	return strings.TrimSpace("the " + clean(s.Part) + " of " + object)
}

func fileText(s *overgrant.Sighting) string {
	switch {
	case s.Path != "":
		return clean(s.Path)
	case s.Ref != "":
		return "the name of the ref " + clean(s.Ref)
	case s.Source == "stdin":
		return "standard input"
	case s.Object != "":
		return "git object " + abbreviate(s.Object)
	}
	return "a place that is not named"
}

// encodingText says what had to be undone to read the link.
func encodingText(s *overgrant.Sighting) string {
	if len(s.Encoding) == 0 {
		return ""
	}
	return "in " + clean(strings.Join(s.Encoding, ", "))
}

// historyOf says when the sighting came and went.
func historyOf(s *overgrant.Sighting) string {
	if s.Commit == "" && s.InHead == nil && !s.Unreached {
		return ""
	}
	var parts []string
	if s.Commit != "" {
		p := "introduced in " + abbreviate(s.Commit)
		if s.Author != "" {
			p += " by " + clean(shorten(s.Author, 80))
		}
		if !s.Time.IsZero() {
			p += " on " + day(s.Time)
		}
		parts = append(parts, p)
	}
	if n := presence(s); n != "" {
		parts = append(parts, n)
	}
	return strings.Join(parts, "; ")
}

// presence says whether the sighting is still there.
func presence(s *overgrant.Sighting) string {
	switch {
	case s.Unreached:
		return "no ref leads to it any more"
	case s.InHead != nil && *s.InHead:
		return "still in HEAD"
	case !s.Removed.IsZero():
		n := "gone from HEAD since " + day(s.Removed)
		if s.LastCommit != "" && s.LastCommit != s.Commit {
			n += ", last in " + abbreviate(s.LastCommit)
		}
		return n
	case len(s.Refs) > 0:
		return "not in HEAD, still in " + clean(strings.Join(s.Refs[:min(3, len(s.Refs))], ", "))
	case s.InHead != nil:
		return "gone from HEAD, still in history"
	}
	return ""
}

// abbreviate shortens a git object id as git does.
func abbreviate(id string) string { return clean(id[:min(7, len(id))]) }
