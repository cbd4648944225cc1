// Package gitpack reads the objects of git repositories: packs, their indexes,
// loose objects and delta chains, with SHA-1 and SHA-256 names.
//
// It has two ways in. [Store] reads one object by its ID. [Plan] and [Walk] read
// all of them, each once, fast: objects are resolved right after the object that
// they are a delta of, depth first, and are not put together: an [Object] is a
// rope of pieces of inflated data, and says which parts of it are copied from
// its base. Who has looked at the base need only look at the rest, so that the
// cost of a long history is that of its changes.
//
// The package works on bytes that the caller read or mapped; it opens no file.
// Input may be damaged or hostile: errors tell what is missing, corrupt or too
// large, one object at a time, and memory is bounded.
//
// It does not compare objects with the hashes that name them, it does not write
// packs, and it knows nothing of refs, of working trees or of what is searched
// for in the objects.
package gitpack
