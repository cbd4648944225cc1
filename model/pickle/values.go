package pickle

import "strings"

// valueModules are modules of the standard library whose functions compute: a
// model keeps them as values, such as the tokenizer of a vectorizer or the
// inverse of a transformation. Called while loading, they are no longer plain.
var valueModules = set(`math cmath statistics operator _operator bisect _bisect heapq _heapq colorsys textwrap html unicodedata time random _random copy json
	json.decoder json.encoder posixpath ntpath genericpath string hashlib _hashlib zlib struct itertools collections functools datetime calendar builtins re`)

// flagName reports whether a name is a constant of the standard library that an
// Enum writes by its name: socket.AF_INET, signal.SIGINT, re.IGNORECASE.
func flagName(n name) bool {
	prefixes, ok := flagPrefixes[n.module]
	if !ok || n.attr != strings.ToUpper(n.attr) || strings.Contains(n.attr, ".") {
		return false
	}
	for p := range strings.FieldsSeq(prefixes) {
		if strings.HasPrefix(n.attr, p) {
			return true
		}
	}
	return false
}

var flagPrefixes = map[string]string{"socket": "AF_ SOCK_ MSG_ AI_", "signal": "SIG", "ssl": "CERT_ OP_ PROTOCOL_ VERIFY_ TLS"}
