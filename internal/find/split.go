package find

import "bytes"

// seamLength bounds the text between two parts of a split string, in bytes.
const seamLength = 240

var (
	quotes   = setOf("\"'`\\")
	newlines = setOf("\n\r\\^`_")
)

// The costs of readings that guess: a link that stands there without them wins.
const (
	likely  = 2  // parts that nothing else explains as well
	guessed = 50 // parts that may have nothing to do with each other
)

// decodeSplit joins string literals that the languages in use join: by an
// operator, or because they stand one after the other.
func decodeSplit(in *reading) *reading {
	return in.replace("split", &quotes, func(text []byte, i int) (rune, int) {
		n, s := seam(text[i:])
		if s == joined || s == listed && continues(text[:i], text[i+n:]) {
			return nothing, n
		}
		return 0, 0
	})
}

// continues reports whether the literal that after begins with goes on with the
// URL or the parameters at the end of before. Only such elements of a list
// certainly belong together.
func continues(before, after []byte) bool {
	if len(before) == 0 || !isLinkByte(before[len(before)-1]) || !startsParameter(after) {
		return false
	}
	before = before[max(0, len(before)-Margin/4):]
	part := before[bytes.LastIndexAny(before, "\"'`\n")+1:]
	if after[0] == '?' {
		return bytes.Contains(part, []byte("://")) && bytes.IndexByte(part, '?') < 0
	}
	return bytes.IndexByte(part, '=') > 0 && !bytes.Contains(part, []byte("sig=")) && !bytes.Contains(part, []byte("ignature="))
}

// startsParameter reports whether text begins with the sign and the name of a
// parameter.
func startsParameter(text []byte) bool {
	if len(text) == 0 || text[0] != '?' && text[0] != '&' {
		return false
	}
	n := nameLength(text[1:])
	return n > 0 && n+1 < len(text) && text[n+1] == '='
}

// nameLength returns how many bytes at the start of text may be a name.
func nameLength(text []byte) int {
	n := 0
	for n < len(text) && n < 48 && isNameByte(text[n]) {
		n++
	}
	return n
}

// decodeParts joins literals that are elements of a list, arguments of calls or
// values of variables that follow each other.
func decodeParts(in *reading) *reading {
	out := in.replace("split", &quotes, func(text []byte, i int) (rune, int) {
		if n, s := seam(text[i:]); s != apart {
			return nothing, n
		}
		return 0, 0
	})
	if out != nil {
		out.cost += guessed
	}
	return out
}

// bond is how two string literals belong together.
type bond int

const (
	apart  bond = iota // they do not
	listed             // by standing near each other
	joined             // by the rules of a language
)

// seam reads what lies between two literals: the closing quote of the first at
// text[0], up to the opening quote of the second.
func seam(text []byte) (n int, b bond) {
	text = text[:min(len(text), seamLength)]
	i := 0
	for i < len(text) && i < 8 && text[i] == '\\' {
		i++
	}
	if i == len(text) || text[i] != '"' && text[i] != '\'' && text[i] != '`' {
		return 0, apart
	}
	opening := text[:i+1]
	s := seamScan{text: text, at: i + 1}
	for s.at < len(text) {
		if end, ok := s.literal(opening); ok {
			return end, s.bond(text[end-1] == opening[len(opening)-1])
		}
		if !s.step() {
			return 0, apart
		}
	}
	return 0, apart
}

// seamScan walks over the text between two literals.
type seamScan struct {
	text                          []byte
	at                            int
	breaks                        bool // a line break was seen
	operator, statement, listSign bool
	assigned                      bool // an operator that appends to a variable
}

// bond decides from what was seen; same says that both literals have the same
// quotes.
func (s *seamScan) bond(same bool) bond {
	switch {
	case s.assigned:
		return joined
	case s.statement || s.listSign:
		return listed
	case s.operator || s.breaks && same:
		return joined
	case same:
		return listed
	}
	return apart
}

// literal reports whether the next literal opens here, escaped as deep as the
// first, perhaps behind a prefix such as f or @, and returns where its text
// starts.
func (s *seamScan) literal(opening []byte) (int, bool) {
	i := s.at
	for i < len(s.text) && i-s.at < 2 && bytes.IndexByte([]byte("fFrRbBuULN@$"), s.text[i]) >= 0 {
		i++
	}
	depth := len(opening) - 1
	if s.at == len(opening) || i+depth >= len(s.text) || !bytes.Equal(s.text[i:i+depth], opening[:depth]) {
		return 0, false // "" is an empty string or a doubled quote, not a seam
	}
	c := s.text[i+depth]
	return i + depth + 1, c == '"' || c == '\'' || c == '`'
}

// operators join strings in some language: + Java, JavaScript, C#, Go, Python,
// Swift; . PHP, Perl; & VB, SQL Server; .. Lua; ++ Haskell, Erlang; ~ D; <<
// C++; || SQL; ^ OCaml.
var operators = setOf("+.&~<|^")

// step goes on by one thing that may stand between two literals.
func (s *seamScan) step() bool {
	rest := s.text[s.at:]
	c := rest[0]
	switch {
	case c == '\n':
		s.breaks = true
		s.at++
		s.at += commentLead(s.text[s.at:])
	case isSpace(c):
		s.at++
	case isSpace(s.text[s.at-1]) && startsComment(rest):
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return false
		}
		s.at += end
	case bytes.HasPrefix(rest, []byte("/*")):
		end := bytes.Index(rest, []byte("*/"))
		if end < 0 {
			return false
		}
		s.at += end + 2
	case c == '\\' || c == '_' || c == '^' || c == '`': // continues the line
		if i := bytes.IndexByte(rest, '\n'); i < 1 || len(bytes.TrimSpace(rest[1:i])) > 0 {
			if c == '\\' && len(rest) > 1 && rest[1] == 'n' { // code inside a JSON string
				s.breaks = true
				s.at += 2
				return true
			}
			if c == '^' {
				s.operator = true
				s.at++
				return true
			}
			return false
		}
		s.breaks = true
		s.at++
	case s.call(rest):
	case operators.has(c):
		s.operator = true
		if s.at++; len(rest) > 1 && rest[1] == '=' { // url += "…"
			s.assigned = true
			s.at++
		}
	case c == ',' || c == ')' || c == '(' || c == ';' || c == '[' || c == ']' || c == '{' || c == '}':
		s.listSign = s.listSign || c != '(' && c != ')'
		s.at++
	default:
		return s.word(rest)
	}
	return true
}

func startsComment(rest []byte) bool {
	return bytes.HasPrefix(rest, []byte("//")) || bytes.HasPrefix(rest, []byte("# ")) || bytes.HasPrefix(rest, []byte("--"))
}

// call steps over .append( and its likes.
func (s *seamScan) call(rest []byte) bool {
	for _, name := range []string{".append(", ".Append(", ".concat(", ".push(", ".add(", ".write(", ".AppendLine("} {
		if bytes.HasPrefix(rest, []byte(name)) {
			s.operator = true
			s.at += len(name) - 1
			return true
		}
	}
	return false
}

// word steps over a name, as in url += "…" or let b = "…".
func (s *seamScan) word(rest []byte) bool {
	i := 0
	for i < len(rest) && i < 48 && (isNameByte(rest[i]) || rest[i] == '$' || rest[i] == '=' || rest[i] == ':' || rest[i] == '%') {
		i++
	}
	if i == 0 || i == 48 {
		return false
	}
	s.statement = true
	s.at += i
	return true
}
