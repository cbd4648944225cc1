package jinja

import (
	"math"
	"slices"
	"strconv"
)

// parser reads the expressions of one tag and judges on its way.
type parser struct {
	j     *judge
	l     *lexer
	tok   token
	depth int
	fail  bool
	kw    map[string]val // keywords of the last call
}

func (p *parser) next() token {
	t := p.tok
	p.tok = p.l.next()
	return t
}

func (p *parser) op(text string) bool {
	return p.tok.kind == tokOp && p.tok.text == text
}

func (p *parser) word(text string) bool {
	return p.tok.kind == tokName && p.tok.text == text
}

func (p *parser) take(op string) bool {
	if p.op(op) {
		p.next()
		return true
	}
	return false
}

func (p *parser) ended() bool {
	return p.tok.kind == tokEnd || p.tok.kind == tokEOF
}

// mistake records that the tag does not parse, and goes one token on so that
// what follows is judged.
func (p *parser) mistake() val {
	p.fail = true
	if !p.ended() {
		p.next()
	}
	return val{}
}

// tuple reads expressions with commas between them.
func (p *parser) tuple() val {
	first := p.expression()
	if !p.op(",") {
		return first
	}
	out := val{sort: list, items: []val{first}}
	for p.take(",") {
		if p.ended() || p.op(")") || p.op("=") {
			break
		}
		v := p.expression()
		if len(out.items) < maxList {
			out.items = append(out.items, v)
		}
	}
	return out
}

// expression reads one expression with its condition.
func (p *parser) expression() val {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.l.broken = true // deeper than any template; the rest is not read
		return val{}
	}
	v := p.either()
	for p.word("if") {
		p.next()
		p.either()
		if p.word("else") {
			p.next()
			if w := p.expression(); v.sort != str || w.sort != str || v.s != w.s {
				v = val{built: v.built || w.built, part: v.sort == str || w.sort == str || v.part || w.part}
			}
		}
	}
	return v
}

// either reads or, and, not.
func (p *parser) either() val {
	v := p.negated()
	for p.word("or") || p.word("and") {
		p.next()
		w := p.negated()
		v = val{built: v.built || w.built, part: v.sort == str || w.sort == str || v.part || w.part}
	}
	return v
}

func (p *parser) negated() val {
	not := false
	for p.word("not") {
		p.next()
		not = true
	}
	v := p.compare()
	if not {
		return val{}
	}
	return v
}

func (p *parser) compare() val {
	v := p.sum()
	for {
		switch {
		case p.tok.kind == tokOp && slices.Contains([]string{"==", "!=", "<", ">", "<=", ">="}, p.tok.text):
			p.next()
		case p.word("in"):
			p.next()
		case p.word("not"):
			p.next()
			if !p.word("in") {
				return p.mistake()
			}
			p.next()
		default:
			return v
		}
		w := p.sum()
		v = val{items: w.items} // the items of "x in [...]" serve the for tag
	}
}

func (p *parser) sum() val {
	v := p.concat()
	for p.op("+") || p.op("-") {
		at, op := p.tok.at, p.next().text
		w := p.concat()
		if op == "+" {
			v = p.folded(at, plus(v, w, "+"))
		} else {
			v = val{}
		}
	}
	return v
}

func (p *parser) concat() val {
	v := p.product()
	for p.op("~") {
		at := p.next().at
		v = p.folded(at, plus(v, p.product(), "~"))
	}
	return v
}

// folded judges what was put together.
func (p *parser) folded(at int, v val) val {
	p.j.constant(at, v)
	return v
}

func (p *parser) product() val {
	v := p.power()
	for p.tok.kind == tokOp && slices.Contains([]string{"*", "/", "//", "%"}, p.tok.text) {
		at, op := p.tok.at, p.next().text
		w := p.power()
		switch {
		case op == "*":
			if v.sort == str && w.n > 1e7 || w.sort == str && v.n > 1e7 {
				p.j.tell(Odd, at, "a string of many megabytes", "rendering takes the memory")
			}
			v = p.folded(at, times(v, w))
		case op == "%" && v.sort == str:
			args := []val{w}
			if w.sort == list {
				args = w.items
			}
			v = p.folded(at, printf(v.s, args))
		default:
			v = val{}
		}
	}
	return v
}

func (p *parser) power() val {
	v := p.unary()
	for p.op("**") {
		at := p.next().at
		if w := p.unary(); v.sort == num && w.sort == num && math.Abs(float64(w.n)) > 10_000 {
			p.j.tell(Odd, at, "a power of millions of digits", "rendering does not end in a useful time")
		}
		v = val{}
	}
	return v
}

func (p *parser) unary() val {
	minus := false
	for p.op("-") || p.op("+") {
		minus = minus != (p.next().text == "-")
	}
	v := p.postfix(p.primary())
	if minus && v.sort == num {
		v.n = -v.n
	}
	return v
}

func (p *parser) primary() val {
	t := p.tok
	switch t.kind {
	case tokString:
		s := ""
		for p.tok.kind == tokString { // adjacent strings are one
			p.j.constant(p.tok.at, val{sort: str, s: p.tok.text})
			if len(s) <= maxFold {
				s += p.tok.text
			}
			p.next()
		}
		v := val{sort: str, s: s}
		if len(s) > maxFold {
			v = val{}
		}
		return p.folded(t.at, v)
	case tokNumber:
		p.next()
		n, err := strconv.ParseInt(t.text, 0, 64)
		if err != nil {
			f, _ := strconv.ParseFloat(t.text, 64)
			n = int64(min(f, 1e18))
		}
		return val{sort: num, n: n}
	case tokName:
		p.next()
		p.j.named(t.at, t.text)
		if v, ok := p.j.vars[t.text]; ok && v.sort != unknown {
			return v
		} else if ok {
			return val{sort: name, s: t.text, built: v.built, part: v.part}
		}
		return val{sort: name, s: t.text}
	case tokOp:
		return p.bracket(t)
	}
	return p.mistake()
}

// bracket reads a list, a dict or a group.
func (p *parser) bracket(t token) val {
	shut := map[string]string{"(": ")", "[": "]", "{": "}"}[t.text]
	if shut == "" {
		return p.mistake()
	}
	p.next()
	out := val{sort: list}
	commas := 0
	for !p.op(shut) {
		if p.ended() || p.l.broken {
			p.fail = true
			return val{}
		}
		v := p.expression()
		if shut == "}" && p.take(":") {
			v = p.expression()
		}
		if len(out.items) < maxList {
			out.items = append(out.items, v)
		}
		if p.take(",") {
			commas++
			continue
		}
		if !p.op(shut) {
			p.mistake()
		}
	}
	p.next()
	if shut == ")" && commas == 0 && len(out.items) == 1 {
		return out.items[0]
	}
	if shut == "}" {
		return val{}
	}
	return out
}

// postfix reads what follows a value: attributes, items, calls, filters, tests.
func (p *parser) postfix(v val) val {
	for {
		switch {
		case p.take("."):
			v = p.dot(v)
		case p.op("["):
			v = p.subscript(v)
		case p.op("("):
			at := p.tok.at
			args := p.arguments()
			if v.sort == name {
				p.j.called(at, v.s, args)
				v = p.result(at, v, args)
			} else {
				v = val{built: v.built}
			}
		case p.take("|"):
			v = p.filter(v)
		case p.word("is"):
			p.next()
			p.test()
			v = val{}
		default:
			return v
		}
		if p.l.broken {
			return v
		}
	}
}

func (p *parser) dot(v val) val {
	t := p.tok
	if t.kind != tokName && t.kind != tokNumber {
		return p.mistake()
	}
	p.next()
	p.j.attribute(t.at, t.text)
	path := t.text
	switch v.sort {
	case name:
		path = v.s + "." + t.text
	case str, list:
		return val{sort: name, s: "." + t.text, items: []val{v}}
	}
	if known, ok := p.j.vars[path]; ok && known.sort != unknown {
		return known
	} else if ok {
		return val{sort: name, s: path, built: known.built, part: known.part}
	}
	if len(path) > maxFold {
		path = t.text
	}
	return val{sort: name, s: path}
}

// result folds the call of a method of a constant.
func (p *parser) result(at int, fn val, args []val) val {
	if len(fn.items) != 1 || fn.s == "" || fn.s[0] != '.' {
		if fn.s == "namespace" || fn.s == "dict" {
			return val{sort: name, s: "()"}
		}
		return val{built: false}
	}
	base := fn.items[0]
	if !p.affords(at, base) {
		return val{built: true}
	}
	switch m := fn.s[1:]; m {
	case "format":
		return p.folded(at, brace(base.s, args))
	case "join":
		if len(args) == 1 {
			return p.folded(at, join(args[0], base.s))
		}
		return val{built: true}
	default:
		return p.folded(at, filtered(base, m, args))
	}
}
