// Package git is the source of git repositories: worktrees and bare ones, with
// their whole history.
//
// It reads the object store itself, every object once, in the order of the
// packs; no git program runs, and nothing that a repository configures is ever
// carried out. Only [Clone] calls git, to fetch a repository by its URL.
//
// While the objects go by, the source notes what commits and trees say. When
// the walk is over, [Source.Trace] finds out which commits brought what was
// seen in an object, at which paths, and which took it out. Its cost follows
// the number of such objects; with none it does nothing.
//
// The package does not look into what it yields, and does not read the files of
// a worktree.
package git
