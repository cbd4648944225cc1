package store

import "path/filepath"

// DefaultPath returns where the store of a user lies: the state folder of the
// system named by goos, as environment variables have it. It is empty if they do
// not tell.
//
// Sources: XDG Base Directory Specification 0.8 ($XDG_STATE_HOME, which counts
// only if absolute); Known Folders (FOLDERID_LocalAppData); Apple's File System
// Programming Guide (Application Support).
func DefaultPath(goos string, getenv func(string) string) string {
	const name = "store.db"
	home := getenv("HOME")
	switch goos {
	case "windows":
		if local := getenv("LocalAppData"); local != "" {
			return filepath.Join(local, "overgrant", name)
		}
		return ""
	case "darwin", "ios":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support", "overgrant", name)
		}
		return ""
	}
	if state := getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "overgrant", name)
	}
	if home != "" {
		return filepath.Join(home, ".local", "state", "overgrant", name)
	}
	return ""
}
