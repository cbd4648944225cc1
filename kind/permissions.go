package kind

import "strings"

// actions are what permission letters allow, by service. Source: the tables of
// permissions in "Create an account SAS" and "Create a service SAS" of the Azure
// Storage REST reference.
var actions = map[byte]string{
	'r': "read", 'a': "add", 'c': "create", 'w': "write", 'd': "delete", 'x': "delete_version",
	'y': "permanent_delete", 'l': "list", 't': "tag", 'f': "find", 'u': "update", 'm': "move",
	'e': "execute", 'o': "own", 'i': "immutability",
}

// sasActions returns what permissions allow, each once and in their order. The
// letter p sets POSIX permissions of a blob, but takes messages from a queue;
// an account SAS has it for queues only.
func sasActions(permissions string, p string) []string {
	var all []string
	seen := map[string]bool{}
	for i := range len(permissions) {
		c := permissions[i] | 0x20
		a := actions[c]
		if c == 'p' {
			a = p
		}
		if a != "" && !seen[a] {
			seen[a] = true
			all = append(all, a)
		}
	}
	return all
}

// serviceLetters are the letters of ss in the order of output.
var serviceLetters = []struct {
	letter byte
	name   string
}{{'b', "blob"}, {'f', "file"}, {'q', "queue"}, {'t', "table"}}

// allServices are those that an account key opens.
var allServices = []string{"blob", "file", "queue", "table"}

// servicesOf reads ss.
func servicesOf(ss string) []string {
	var all []string
	for _, s := range serviceLetters {
		if strings.IndexByte(strings.ToLower(ss), s.letter) >= 0 {
			all = append(all, s.name)
		}
	}
	return all
}
