package jinja

import (
	"strconv"
	"strings"
)

// sort of a value that the parser knows.
type sort uint8

const (
	unknown sort = iota
	str
	num
	list
	name // of the environment: cycler, messages
)

// val is what is known of an expression.
type val struct {
	sort  sort
	s     string // of a str; of a name its dotted path
	n     int64
	items []val
	built bool // composed by an operation, not written as it is
	part  bool // one of several strings
}

func text(s string) val {
	if len(s) > maxFold {
		return val{built: true}
	}
	return val{sort: str, s: s, built: true}
}

// plus folds a + b, and a ~ b where tilde.
func plus(a, b val, op string) val {
	built := val{built: true}
	if op == "~" {
		x, ok := shown(a)
		y, ok2 := shown(b)
		if ok && ok2 {
			return text(x + y)
		}
		return built
	}
	switch {
	case a.sort == str && b.sort == str:
		return text(a.s + b.s)
	case a.sort == num && b.sort == num:
		return val{sort: num, n: a.n + b.n}
	case a.sort == list && b.sort == list && len(a.items)+len(b.items) <= maxList:
		return val{sort: list, items: append(append([]val(nil), a.items...), b.items...), built: true}
	case a.sort == str, b.sort == str, a.built, b.built, a.part, b.part:
		return built
	}
	return val{}
}

func shown(v val) (string, bool) {
	switch v.sort {
	case str:
		return v.s, true
	case num:
		return strconv.FormatInt(v.n, 10), true
	}
	return "", false
}

// times folds a * b.
func times(a, b val) val {
	if a.sort == num {
		a, b = b, a
	}
	if b.sort != num {
		return val{built: a.built || b.built}
	}
	switch {
	case a.sort == num:
		return val{sort: num, n: a.n * b.n}
	case a.sort == str && b.n >= 0 && b.n <= maxFold && int64(len(a.s))*b.n <= maxFold:
		return text(strings.Repeat(a.s, int(b.n)))
	}
	return val{built: true}
}

// printf folds Python's % formatting of strings.
func printf(f string, args []val) val {
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		if f[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if len(args) == 0 {
			return val{built: true}
		}
		s, ok := shown(args[0])
		if f[i] == 'c' && args[0].sort == num {
			s = string(rune(args[0].n))
		} else if !ok || f[i] != 's' && f[i] != 'd' {
			return val{built: true}
		}
		b.WriteString(s)
		args = args[1:]
		if b.Len() > maxFold {
			return val{built: true}
		}
	}
	return text(b.String())
}

// brace folds str.format with plain and numbered fields.
func brace(f string, args []val) val {
	var b strings.Builder
	next := 0
	for i := 0; i < len(f); i++ {
		switch {
		case strings.HasPrefix(f[i:], "{{"), strings.HasPrefix(f[i:], "}}"):
			b.WriteByte(f[i])
			i++
		case f[i] == '{':
			end := strings.IndexByte(f[i:], '}')
			if end < 0 {
				return val{built: true}
			}
			field, spec, _ := strings.Cut(f[i+1:i+end], ":")
			n := next
			if field != "" {
				k, err := strconv.Atoi(field)
				if err != nil {
					return val{built: true}
				}
				n = k
			}
			next = n + 1
			if n < 0 || n >= len(args) {
				return val{built: true}
			}
			s, ok := shown(args[n])
			if spec == "c" && args[n].sort == num {
				s, ok = string(rune(args[n].n)), true
			}
			if !ok {
				return val{built: true}
			}
			b.WriteString(s)
			i += end
		default:
			b.WriteByte(f[i])
		}
		if b.Len() > maxFold {
			return val{built: true}
		}
	}
	return text(b.String())
}

func reversed(v val) val {
	switch v.sort {
	case str:
		r := []rune(v.s)
		for a, b := 0, len(r)-1; a < b; a, b = a+1, b-1 {
			r[a], r[b] = r[b], r[a]
		}
		return text(string(r))
	case list:
		items := make([]val, len(v.items))
		for i, it := range v.items {
			items[len(items)-1-i] = it
		}
		return val{sort: list, items: items, built: true}
	}
	return val{built: v.built}
}

func join(v val, sep string) val {
	if v.sort == str {
		chars := strings.Split(v.s, "")
		return text(strings.Join(chars, sep))
	}
	if v.sort != list {
		return val{built: true}
	}
	var b strings.Builder
	for i, it := range v.items {
		s, ok := shown(it)
		if !ok || b.Len() > maxFold {
			return val{built: true}
		}
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(s)
	}
	return text(b.String())
}

// filtered folds a filter or a method of the same sense. A filter that is not
// known gives an unknown value.
func filtered(v val, filter string, args []val) val {
	arg := func(i int) string {
		if i < len(args) && args[i].sort == str {
			return args[i].s
		}
		return ""
	}
	switch filter {
	case "reverse":
		return reversed(v)
	case "list":
		if v.sort == str {
			return chars(v.s)
		}
		return v
	case "format":
		if v.sort == str {
			return printf(v.s, args)
		}
	case "join":
		return join(v, arg(0))
	case "string", "safe", "trim", "strip", "e", "escape", "unique":
		if v.sort == str && (filter == "trim" || filter == "strip") {
			return text(strings.TrimSpace(v.s))
		}
		return v
	case "first", "last":
		return item(v, map[string]int64{"first": 0, "last": -1}[filter])
	}
	if v.sort != str {
		return val{built: v.built}
	}
	switch filter {
	case "lower":
		return text(strings.ToLower(v.s))
	case "upper":
		return text(strings.ToUpper(v.s))
	case "swapcase":
		return text(strings.Map(func(r rune) rune {
			if u := strings.ToUpper(string(r)); u != string(r) {
				return []rune(u)[0]
			}
			return []rune(strings.ToLower(string(r)))[0]
		}, v.s))
	case "replace":
		if len(args) >= 2 && args[0].sort == str && args[1].sort == str && (args[0].s != "" || len(v.s) < 64) {
			return text(strings.ReplaceAll(v.s, args[0].s, args[1].s))
		}
	case "split":
		return split(v.s, arg(0), len(args) > 0)
	}
	return val{built: true}
}

func chars(s string) val {
	out := val{sort: list, built: true}
	for _, r := range s {
		if len(out.items) == maxList {
			return val{built: true}
		}
		out.items = append(out.items, val{sort: str, s: string(r)})
	}
	return out
}

func split(s, sep string, given bool) val {
	parts := strings.Fields(s)
	if given && sep != "" {
		parts = strings.Split(s, sep)
	}
	out := val{sort: list, built: true}
	for _, p := range parts[:min(len(parts), maxList)] {
		out.items = append(out.items, val{sort: str, s: p})
	}
	return out
}

// item folds v[i].
func item(v val, i int64) val {
	switch v.sort {
	case str:
		return item(chars(v.s), i)
	case list:
		if i < 0 {
			i += int64(len(v.items))
		}
		if i >= 0 && i < int64(len(v.items)) {
			return v.items[i]
		}
	}
	return val{built: v.built}
}

// slice folds v[from:to:step] where all three are constant.
func slice(v val, bounds [3]*val) val {
	src := v
	if v.sort == str {
		src = chars(v.s)
	}
	if src.sort != list {
		return val{built: v.built}
	}
	n := int64(len(src.items))
	step, from, to := int64(1), int64(0), n
	for _, b := range bounds {
		if b != nil && b.sort != num {
			return val{built: true}
		}
	}
	if bounds[2] != nil {
		step = bounds[2].n
	}
	if step == 0 {
		return val{built: true}
	}
	if step < 0 {
		from, to = n-1, -1
	}
	clamp := func(i int64) int64 {
		if i < 0 {
			i += n
		}
		return max(-1, min(i, n))
	}
	if bounds[0] != nil {
		from = clamp(bounds[0].n)
	}
	if bounds[1] != nil {
		to = clamp(bounds[1].n)
	}
	out := val{sort: list, built: true}
	for i := from; (step > 0 && i < to || step < 0 && i > to) && len(out.items) < maxList; i += step {
		if i >= 0 && i < n {
			out.items = append(out.items, src.items[i])
		}
	}
	if v.sort == str {
		return join(out, "")
	}
	return out
}
