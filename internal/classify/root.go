package classify

import "bytes"

// below says that what lies in a folder of this name belongs together, as far as
// the parts that follow it are the same.
type below struct {
	folder string // lower case; "*x" is one that ends in x
	parts  int
}

// root returns how much of a name stands for the thing that the file is a part
// of, by the first folder that fits; the whole name if none does.
func root(name []byte, all []below) []byte {
	for from := 0; from < len(name); {
		end := nextPart(name, from)
		for _, b := range all {
			if b.fits(name[from:end]) {
				for range b.parts {
					end = nextPart(name, min(end+1, len(name)))
				}
				return name[:end]
			}
		}
		from = end + 1
	}
	return name
}

// nextPart returns where the part of a path that begins at from ends.
func nextPart(name []byte, from int) int {
	if i := bytes.IndexAny(name[from:], `/\!`); i >= 0 {
		return from + i
	}
	return len(name)
}

func (b below) fits(part []byte) bool {
	folder, anywhere := b.folder, false
	if folder[0] == '*' {
		folder, anywhere = folder[1:], true
	}
	if len(part) < len(folder) || !anywhere && len(part) != len(folder) {
		return false
	}
	return bytes.EqualFold(part[len(part)-len(folder):], []byte(folder))
}

// backupRoot returns the backup that a file belongs to: that of one machine.
func backupRoot(name []byte) []byte {
	return root(name, []below{
		{"windowsimagebackup", 1}, {"filehistory", 2}, {"backups.backupdb", 1}, {"*.sparsebundle", 0}, {"*.backupbundle", 0}, {"clonezilla-img", 1}, {"crashplan", 1},
	})
}

// profileRoot returns the profile that a file belongs to: that of one person on
// one machine.
func profileRoot(name []byte) []byte {
	return root(name, []below{{"users", 1}, {"documents and settings", 1}, {"home", 1}, {"root", 0}, {"appdata", 0}})
}
