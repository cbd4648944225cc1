package find

import "bytes"

// commentLead returns how many bytes at the start of a line are indentation and
// a comment or quotation mark.
func commentLead(line []byte) int {
	i := blank(line, 0)
	for _, lead := range []string{"///", "//", "#", "*", "--", ">>>", ">", ";;", "rem ", "REM ", "'"} {
		if bytes.HasPrefix(line[i:], []byte(lead)) {
			if lead == "'" && i+1 < len(line) && line[i+1] != ' ' {
				break // a literal
			}
			if lead == "--" && i == 0 {
				break
			}
			return blank(line, i+len(lead))
		}
	}
	return i
}

func blank(line []byte, i int) int {
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return i
}

// decodeNotebook undoes the way notebooks keep text: lines are strings of a
// JSON list.
func decodeNotebook(in *reading) *reading {
	return in.replace("notebook", &quotes, func(text []byte, i int) (rune, int) {
		if text[i] == '\\' {
			if n := lineSeam(text[i:]); n > 0 {
				return '\n', n
			}
			return jsonEscape(text[i:])
		}
		return 0, 0
	})
}

// lineSeam reads \n", a line break, and the quote that opens the next line.
func lineSeam(text []byte) int {
	if !bytes.HasPrefix(text, []byte(`\n"`)) {
		return 0
	}
	i := blank(text, 3)
	if i < len(text) && text[i] == ',' {
		i = blank(text, i+1)
	}
	start := i
	for i < len(text) && i < seamLength && isSpace(text[i]) {
		i++
	}
	if i == start && text[i-1] != ',' || i >= len(text) || text[i] != '"' {
		return 0
	}
	return i + 1
}

// decodeFolded joins lines between two parameters, or before the first, as YAML
// and mail fold them. Only such breaks are certain.
func decodeFolded(in *reading) *reading {
	out := in.replace("split", &newlines, func(text []byte, i int) (rune, int) {
		n := lineBreak(text[i:])
		if n == 0 || i == 0 || !isLinkByte(text[i-1]) || !foldable(text[:i]) {
			return 0, 0
		}
		end := i + n + foldLead(text[i+n:])
		if startsParameter(text[end:]) {
			return nothing, end - i
		}
		if c := text[i-1]; c == '&' || c == '?' {
			if k := nameLength(text[end:]); k > 0 && end+k < len(text) && text[end+k] == '=' {
				return nothing, end - i
			}
		}
		return 0, 0
	})
	if out != nil {
		out.cost += likely
	}
	return out
}

// foldable reports whether the line at the end of text holds the start of a URL
// or begins with a parameter. A line that begins otherwise may have been cut
// anywhere, and the start of the link be lost.
func foldable(text []byte) bool {
	line := text[bytes.LastIndexByte(text, '\n')+1:]
	if bytes.Contains(line, []byte("://")) {
		return true
	}
	line = line[foldLead(line):]
	if n := nameLength(line); n > 0 && n < len(line) && line[n] == '=' {
		return true
	}
	return startsParameter(line)
}

// foldLead is commentLead for lines that may be those of a diff.
func foldLead(line []byte) int {
	if len(line) > 1 && (line[0] == '+' || line[0] == '-') && (line[1] == ' ' || line[1] == '\t' || startsParameter(line[1:])) {
		return 1 + commentLead(line[1:])
	}
	return commentLead(line)
}

// decodeContinued joins lines that a character at their end continues.
func decodeContinued(in *reading) *reading {
	out := in.replace("split", &newlines, func(text []byte, i int) (rune, int) {
		if c := text[i]; c == '\n' || c == '\r' || i+1 >= len(text) {
			return 0, 0
		}
		n := lineBreak(text[i+1:])
		if n == 0 {
			return 0, 0
		}
		return nothing, 1 + n + commentLead(text[i+1+n:])
	})
	if out != nil {
		out.cost += likely
	}
	return out
}

// decodeWrapped joins lines that were broken where a link or a run of base64
// had no room. Between a line that ends with a parameter's sign and one that
// begins with one the break is certain; anywhere else it is a guess.
func decodeWrapped(in *reading) *reading {
	sure := true
	out := in.replace("split", &newlines, func(text []byte, i int) (rune, int) {
		n := lineBreak(text[i:])
		if n == 0 || i == 0 || !isLinkByte(text[i-1]) {
			return 0, 0
		}
		end := i + n + commentLead(text[i+n:])
		if end >= len(text) || !isLinkByte(text[end]) {
			return 0, 0
		}
		if bytes.IndexByte([]byte("?&=%"), text[i-1]) < 0 && bytes.IndexByte([]byte("?&=%"), text[end]) < 0 {
			sure = false
		}
		return nothing, end - i
	})
	if out != nil {
		out.cost += likely
		if !sure {
			out.cost += guessed
		}
	}
	return out
}

func lineBreak(text []byte) int {
	switch {
	case text[0] == '\n':
		return 1
	case text[0] == '\r' && len(text) > 1 && text[1] == '\n':
		return 2
	}
	return 0
}
