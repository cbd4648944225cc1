package report

import (
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// letter is one permission as it is written in a link.
type letter struct{ letter, meaning string }

// sasLetters are the permission letters of a shared access signature. Source:
// Azure Storage REST reference, "Create an account SAS", "Create a service SAS"
// and "Create a user delegation SAS".
var sasLetters = map[rune]string{
	'r': "read contents, properties and metadata",
	'a': "add: append to blobs, put messages on queues, insert table rows",
	'c': "create new blobs, files and snapshots, but not overwrite old ones",
	'w': "write: create and overwrite contents, properties and metadata",
	'd': "delete",
	'x': "delete one version of a blob",
	'y': "delete for good what soft delete would keep",
	'l': "list what is there",
	't': "read and write tags",
	'f': "find blobs by their tags",
	'm': "move a blob or directory to another place",
	'e': "execute: read the system properties, and the access list in a hierarchical namespace",
	'o': "own: set the owner",
	'i': "set or lift immutability policies and legal holds",
	'u': "update messages and rows",
	'p': "permit: set access rights of files and directories",
}

// letterMeaning says what a letter allows in this grant; empty if it is not known.
func letterMeaning(g *overgrant.Grant, r rune) string {
	queues := slices.Contains(g.Services, "queue")
	switch {
	case r == 'p' && queues && len(g.Services) == 1:
		return "process: take messages off the queue"
	case r == 'p' && g.Kind == "account_sas":
		return "process: take messages off queues"
	case r == 'w' && g.Kind == "account_sas" && strings.Contains(g.ResourceTypes, "s"):
		return sasLetters['w'] + "; also change the settings of the service, soft delete and logging among them"
	case r == 'd' && g.Kind == "account_sas" && strings.Contains(g.ResourceTypes, "c"):
		return "delete, whole containers, shares, queues and tables included"
	case r == 'l' && g.Kind == "account_sas" && strings.Contains(g.ResourceTypes, "s"):
		return "list what is there, containers and shares included"
	}
	return sasLetters[r]
}

// letters decodes the permissions of a grant. Those that are words or methods
// are given back whole.
func letters(g *overgrant.Grant) []letter {
	if g.Provider != "azure" || !strings.HasSuffix(g.Kind, "_sas") && g.Kind != "connection_string" || strings.ContainsAny(g.Permissions, "/ ,") {
		return []letter{{shorten(g.Permissions, 40), clean(strings.ReplaceAll(strings.Join(g.Actions, ", "), "_", " "))}}
	}
	var all []letter
	for _, r := range []rune(g.Permissions)[:min(64, len([]rune(g.Permissions)))] {
		m := letterMeaning(g, r)
		if m == "" {
			m = "not a letter that is known"
		}
		all = append(all, letter{string(r), m})
	}
	return all
}

// stamp writes a time in full, RFC 3339 UTC; empty if there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// statusWhy says why the case has its status at now.
func statusWhy(c *overgrant.Case, now time.Time) string {
	g := &c.Link.Grant
	why := ""
	if g.ShapeWhy != "" {
		why = " The rule that told: " + clean(g.ShapeWhy) + "."
	}
	switch c.Status {
	case overgrant.Expired:
		return "Status expired: it ended on " + moment(g.Expiry) + ", " + span(now.Sub(g.Expiry)) + " ago."
	case overgrant.NotYetValid:
		return "Status not_yet_valid: it starts on " + moment(g.Start) + ", in " + span(g.Start.Sub(now)) + "."
	case overgrant.LiveShape:
		s := "Status live_shape: it has all the parts of a working link, the secret is no stand-in and no published example, "
		if g.Expiry.IsZero() {
			return s + "and no expiry in it has passed."
		}
		return s + "and it has " + span(g.Expiry.Sub(now)) + " left."
	}
	return "Status " + clean(string(c.Status)) + ": " + opens(c) + why
}
