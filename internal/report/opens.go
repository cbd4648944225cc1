package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// opens says in plain English what the case opens, for whom and until when. It
// is read by people who do not know what a SAS is.
func opens(c *overgrant.Case) string {
	g := &c.Link.Grant
	switch c.Status {
	case overgrant.Status(overgrant.Placeholder):
		return "This opens nothing: a stand-in stands where the secret would be."
	case overgrant.Status(overgrant.Emulator):
		return "This opens nothing but a storage emulator on a developer's machine, whose key is known to everyone."
	case overgrant.Status(overgrant.PublishedExample):
		return "This opens nothing: the secret is an example that the vendor prints in its own documentation."
	case overgrant.Status(overgrant.Malformed):
		return "This opens nothing as it stands here: the link is damaged."
	}
	if g.Kind == "" {
		return "A link was seen, but what it grants is missing from the stream that was read."
	}
	if standsAlone(g) {
		return nameOf(g).about
	}
	s := who(c) + deed(g) + until(c) + "."
	if c.Proof != nil && c.Proof.State == overgrant.Dead {
		return "The service refuses this " + nameOf(g).noun + ", so it opens nothing now. As it reads: " + s
	}
	if also := dangers(g); len(also) > 0 {
		they := " They can also "
		if c.Status == overgrant.Expired {
			they = " They could also "
		}
		s += they + and(also) + "."
	}
	if blind(g) {
		s += " The names have to be known or guessed: the " + nameOf(g).noun + " does not list them."
	}
	return s
}

// who opens the sentence: "Whoever has this link can ".
func who(c *overgrant.Case) string {
	g := &c.Link.Grant
	noun := nameOf(g).noun
	switch {
	case g.Kind == "anonymous":
		return "Anyone, without any password, can "
	case c.Status == overgrant.Expired && !g.End().IsZero():
		return "Until " + date(g.End()) + ", whoever had this " + noun + " could "
	case c.Status == overgrant.NotYetValid:
		return "From " + date(g.Start) + ", whoever has this " + noun + " can "
	}
	return "Whoever has this " + noun + " can "
}

// until closes the sentence.
func until(c *overgrant.Case) string {
	g := &c.Link.Grant
	switch {
	case c.Status == overgrant.Expired:
		return ""
	case g.Kind == "account_key" || g.Kind == "connection_string" && g.Expiry.IsZero():
		return ", until the key is changed"
	case !g.End().IsZero():
		return " until " + date(g.End())
	case g.Endless:
		return ", and it never expires"
	case g.PolicyID != "" && len(g.Actions) > 0:
		return ", for as long as the stored policy " + quote(g.PolicyID) + " allows"
	}
	return ""
}

// deed says what can be done to what.
func deed(g *overgrant.Grant) string {
	p := placeOf(g)
	if hub := hubOf(g); hub != "" {
		return hubDeed(g, hub)
	}
	switch {
	case g.Kind == "logic_app_sas":
		return "start " + p.name + " with input of their own"
	case g.Kind == "disk_export_sas" || g.Scope == "disk":
		s := "download " + p.name + " with every file on it, deleted ones included"
		if g.Can("write", "create") {
			s += ", and overwrite it"
		}
		return s
	case g.Kind == "anonymous" && len(g.Actions) == 0:
		return "read " + p.all + p.name
	}
	verbs, more := verbsOf(g), moreVerbs(g)
	switch {
	case len(verbs) > 0 && len(more) > 0:
		return and(verbs) + " " + p.all + p.name + ", and " + and(more)
	case len(verbs) > 0:
		return and(verbs) + " " + p.all + p.name
	case len(more) == 1 && g.Can("create", "add"):
		return more[0] + " to " + p.name
	case len(more) > 0:
		return and(more) + " in " + p.name
	case g.PolicyID != "":
		return "do whatever the stored policy " + quote(g.PolicyID) + " allows with " + p.all + p.name + "; the link itself does not say what that is"
	}
	return "use " + p.name + "; what it allows there, the link does not say"
}

// verbsOf boils the actions down to a few everyday verbs.
func verbsOf(g *overgrant.Grant) []string {
	var v []string
	if g.Can("read") {
		v = append(v, "read")
	} else if g.Can("list", "find") {
		v = append(v, "list")
	}
	if g.Can("write", "update") {
		v = append(v, "change")
	}
	if g.Can("delete", "process") || g.Scope == "version" && g.Can("delete_version") {
		v = append(v, "delete")
	}
	if len(v) == 0 && g.Can("tag") {
		v = append(v, "tag")
	}
	if len(v) == 0 && g.Can("move") {
		v = append(v, "move")
	}
	return v
}

// moreVerbs are the deeds that touch only a part of what the link reaches.
func moreVerbs(g *overgrant.Grant) []string {
	var v []string
	if g.Can("create", "add") && !g.Can("write", "everything") {
		v = append(v, "add new data")
	}
	if g.Can("delete_version", "permanent_delete") && !g.Can("delete", "everything") && g.Scope != "version" {
		v = append(v, "delete old versions")
	}
	return v
}

// stead is what a link reaches: "everything in " and "the container models".
type stead struct{ all, name string }

func placeOf(g *overgrant.Grant) stead {
	switch g.Scope {
	case "account":
		return accountPlace(g)
	case "service":
		if names := serviceNames(g); len(names) > 0 {
			return stead{"all ", and(names) + " of " + house(g)}
		}
		return stead{"everything in ", house(g)}
	case "object", "version", "snapshot", "file":
		return objectPlace(g)
	case "directory", "prefix":
		switch {
		case g.Path == "" && g.Scope == "prefix":
			return stead{"everything in ", inside(g)}
		case g.Path == "":
			return stead{"everything in ", "a directory of " + inside(g)}
		}
		return stead{"everything under ", quote(g.Path) + " in " + inside(g)}
	case "share":
		return stead{"everything in ", "the file share " + named(g.Container) + " of " + house(g)}
	case "queue":
		return stead{"the messages in ", "the queue " + named(g.Container) + " of " + house(g)}
	case "table":
		rows := "the rows of "
		if g.KeyRange != "" {
			rows = "some rows (" + clean(shorten(g.KeyRange, 60)) + ") of "
		}
		return stead{rows, "the table " + named(g.Table) + " in " + house(g)}
	case "disk":
		return stead{"", "a whole disk"}
	case "workflow":
		return stead{"", "the workflow behind it"}
	case "entity":
		return stead{"", quote(cmp.Or(g.Path, g.Container)) + " in " + house(g)}
	case "container":
		return stead{"everything in ", inside(g)}
	}
	if g.Path != "" {
		return objectPlace(g)
	}
	if g.Container != "" {
		return stead{"everything in ", inside(g)}
	}
	return stead{"everything it was made for in ", house(g)}
}

// accountPlace lists the services, as in "everything in the storage account
// contosomodels (blobs, files, queues and tables)".
func accountPlace(g *overgrant.Grant) stead {
	names := serviceNames(g)
	p := stead{"everything in ", house(g)}
	switch {
	case g.Kind == "account_key" || g.Kind == "connection_string" && g.Can("everything"):
		p.name += ", and make new links for others"
	case len(names) == 1:
		p.all = "all " + names[0] + " of "
	case len(names) > 1:
		p.name += " (" + and(names) + ")"
	}
	return p
}

func objectPlace(g *overgrant.Grant) stead {
	what := "the file "
	switch {
	case g.Scope == "version":
		what = "one version of the file "
	case g.Scope == "snapshot":
		what = "one snapshot of the file "
	}
	if g.Path == "" {
		return stead{"", strings.TrimSuffix(what, " ") + " it names in " + inside(g)}
	}
	return stead{"", what + quote(g.Path) + " in " + inside(g)}
}

// inside names the container and whose it is.
func inside(g *overgrant.Grant) string {
	switch {
	case g.Provider != "" && g.Provider != "azure":
		if g.Container == "" && g.Host != "" {
			return "what " + named(g.Host) + " serves"
		}
		return "the bucket " + named(g.Container)
	case g.Container == "":
		return "a container of " + house(g)
	case slices.Equal(g.Services, []string{"file"}):
		return "the file share " + named(g.Container) + " of " + house(g)
	}
	return "the container " + named(g.Container) + " of " + house(g)
}

// house names the account.
func house(g *overgrant.Grant) string {
	switch {
	case hubOf(g) != "":
		return hubOf(g)
	case g.Account != "":
		return "the storage account " + named(g.Account)
	case g.Host != "":
		return "the storage account behind " + named(g.Host)
	case g.Provider != "" && g.Provider != "azure":
		return "the storage that it names"
	}
	return "a storage account that is not named near it"
}

// serviceNames lists what the services hold, in everyday words.
func serviceNames(g *overgrant.Grant) []string {
	var names []string
	for _, s := range g.Services {
		switch s {
		case "blob", "dfs":
			s = "blobs"
		case "file", "queue", "table":
			s += "s"
		}
		if s = clean(s); !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return names
}

func named(s string) string {
	if s == "" {
		return "that is not named near it"
	}
	return clean(shorten(s, 80))
}

func quote(s string) string { return "“" + clean(shorten(s, 100)) + "”" }

// dangers are further deeds: what else the rights lead to.
func dangers(g *overgrant.Grant) []string {
	var d []string
	if g.Kind == "account_sas" && strings.Contains(g.ResourceTypes, "s") && slices.Contains(g.Services, "blob") && g.Can("write") {
		d = append(d, "switch off the soft delete and logging that would undo or show the damage")
	}
	if slices.Contains(g.Actions, "everything") {
		return d
	}
	if g.Can("own", "permit") {
		d = append(d, "change who owns files and who may use them")
	}
	if g.Can("immutability") {
		d = append(d, "lift the locks that keep data from being deleted")
	}
	if g.Can("permanent_delete") {
		d = append(d, "delete for good what soft delete would keep")
	}
	return d
}

// blind reports whether the link opens many files but lists none of them.
func blind(g *overgrant.Grant) bool {
	wide := slices.Contains([]string{"account", "container", "share", "directory"}, g.Scope)
	return wide && g.Can("read") && !g.Can("list") && g.Kind != "anonymous"
}
