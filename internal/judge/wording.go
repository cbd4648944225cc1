package judge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// longestName is how much of a name a sentence shows, in runes.
const longestName = 80

// name quotes a name that came from outside: what does not print is replaced,
// and what is very long is cut.
func name(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > longestName {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = '?'
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + `"`
}

// named returns noun and name, or the noun alone for a name that is not known.
func named(noun, s string) string {
	if s == "" {
		return "a " + noun + " that the link does not name"
	}
	return "the " + noun + " " + name(s)
}

// and joins words as a sentence does.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// String says the lifetime in words: hours, days, or years and days.
func (l lifetime) String() string {
	days := l.seconds / day
	s := ""
	switch {
	case days < 2:
		s = counted(max(1, (l.seconds+1800)/3600), "hour")
	case days < 2*365:
		s = grouped(days) + " days"
	default:
		// One day more, so that three years without a leap day are three.
		s = fmt.Sprintf("%s years (%s days)", grouped((days+1)*100/36525), grouped(days))
	}
	if l.atLeast {
		return "at least " + s + " more"
	}
	return s
}

func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// until says when the grant ends, as the end of a sentence.
func (v View) until() string {
	end := v.end()
	switch {
	case v.Endless:
		return "for ever, until somebody revokes it"
	case end.IsZero() && v.PolicyID != "":
		return "until a date that only its stored policy tells"
	case end.IsZero():
		return "for a time that the link does not tell"
	case end.Year() > foreverYear:
		return fmt.Sprintf("until the year %d", end.Year())
	case !end.After(v.Now):
		return "until " + end.UTC().Format("2 January 2006") + " (now past)"
	}
	return "until " + end.UTC().Format("2 January 2006")
}

// till is until with a space before it. It is empty for a grant of a whole
// account, where the reason for that has the date already.
func (v View) till() string {
	if v.account() {
		return ""
	}
	return " " + v.until()
}

// serviceWords are the services of a storage account, in the order of a
// sentence, and what is kept in each.
var serviceWords = []struct{ code, service, things string }{
	{"blob", "blobs", "files"},
	{"file", "file shares", "files"},
	{"queue", "queues", "messages"},
	{"table", "tables", "table rows"},
}

// services names the services that the grant covers.
func (v View) services() string {
	var words []string
	for _, w := range serviceWords {
		if v.serves(w.code) {
			words = append(words, w.service)
		}
	}
	return and(words)
}

// things names what is kept in the services that the grant covers.
func (v View) things() string {
	var words []string
	for _, w := range serviceWords {
		if v.serves(w.code) && !slices.Contains(words, w.things) {
			words = append(words, w.things)
		}
	}
	if len(words) == 0 {
		return "files"
	}
	return and(words)
}

// what names everything that the grant is about: one file, the files of a
// container, the rows of a table.
func (v View) what() string {
	if v.account() {
		return "all " + v.things() + " in " + v.where()
	}
	switch v.sasScope() {
	case "object", "disk", "":
		return v.where()
	case "queue":
		return "the messages in " + v.where()
	case "table", "entity":
		return "the rows of " + v.where()
	case "directory":
		return "all files below " + v.where()
	}
	return "all files in " + v.where()
}

// blobs is what, for a right that only blobs have.
func (v View) blobs() string {
	if v.account() {
		return "all files in " + v.where()
	}
	return v.what()
}

// listed is what, for the right to list.
func (v View) listed() string {
	if v.account() {
		return "all " + v.services() + " in " + v.where()
	}
	return v.what()
}

// where names the place that the grant opens.
func (v View) where() string {
	if v.account() {
		return named("storage account", v.Account)
	}
	switch v.sasScope() {
	case "object":
		return named("file", v.Path)
	case "container":
		return named("container", v.Container)
	case "directory":
		return named("directory", v.Path)
	case "share":
		return named("file share", v.Container)
	case "queue":
		return named("queue", v.Container)
	case "table", "entity":
		return named("table", v.Table)
	case "disk":
		return "the disk image"
	}
	return "what it points at"
}

// deeds are what actions let a holder do, in the order of a sentence.
var deeds = []struct{ action, words string }{
	{"read", "read"}, {"list", "list"}, {"write", "overwrite"}, {"create", "create"}, {"add", "add to"},
	{"update", "change"}, {"process", "take"}, {"move", "move"}, {"delete", "delete"},
	{"delete_version", "delete old versions of"}, {"permanent_delete", "delete for good"},
	{"tag", "tag"}, {"find", "search"}, {"own", "change the owner of"}, {"permit", "change access to"},
	{"immutability", "lock or unlock"},
}

// mayDo lists all that a holder may do with what the grant covers.
func (v View) mayDo() string {
	if slices.Contains(v.Actions, "everything") {
		return "do everything with"
	}
	var words []string
	for _, d := range deeds {
		if v.Can(d.action) {
			words = append(words, d.words)
		}
	}
	if len(words) == 0 {
		return "use"
	}
	return and(words)
}
