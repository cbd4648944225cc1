package jinja

// subscript reads [key] or [from:to:step].
func (p *parser) subscript(v val) val {
	at := p.next().at
	var bounds [3]*val
	var keys []val
	part, colons := 0, 0
	for !p.op("]") {
		if p.ended() || p.l.broken {
			p.fail = true
			return val{}
		}
		switch {
		case p.take(":"):
			colons++
			part = min(part+1, 2)
			continue
		case p.take(","):
			continue
		}
		k := p.expression()
		bounds[part] = &k
		keys = append(keys, k)
		if !p.op("]") && !p.op(":") && !p.op(",") {
			p.mistake()
		}
	}
	p.next()
	if colons > 0 {
		if !p.affords(at, v) {
			return val{built: true}
		}
		return p.folded(at, slice(v, bounds))
	}
	if len(keys) != 1 {
		return val{}
	}
	return p.key(at, v, keys[0])
}

// key judges v[k].
func (p *parser) key(at int, v, k val) val {
	switch {
	case k.sort == str:
		p.j.attribute(at, k.s)
		if v.sort == name && len(v.s) < maxFold {
			return val{sort: name, s: v.s + "." + k.s}
		}
		return val{sort: name, s: k.s}
	case k.sort == num:
		return item(v, k.n)
	case k.built:
		p.j.tell(Odd, at, "an item by a computed name", "which attribute it reaches cannot be told")
	}
	return val{}
}

// arguments reads the arguments of a call.
func (p *parser) arguments() []val {
	p.next()
	var args []val
	kw := map[string]val{}
	for !p.op(")") {
		if p.ended() || p.l.broken {
			p.fail = true
			return args
		}
		if p.op("*") || p.op("**") {
			p.next()
		}
		t := p.tok
		v := p.expression()
		if t.kind == tokName && p.take("=") {
			v = p.expression()
			if len(kw) < maxList {
				kw[t.text] = v
			}
		}
		if len(args) < maxList {
			args = append(args, v)
		}
		if !p.take(",") && !p.op(")") {
			p.mistake()
		}
	}
	p.next()
	p.kw = kw
	return args
}

// filter reads |name(args).
func (p *parser) filter(v val) val {
	t := p.tok
	if t.kind != tokName {
		return p.mistake()
	}
	p.next()
	fn := t.text
	for p.op(".") { // dotted names of filters
		p.next()
		fn += "." + p.next().text
	}
	var args []val
	if p.op("(") {
		args = p.arguments()
	}
	p.filterJudged(t.at, fn, args)
	if !p.affords(t.at, v) {
		return val{built: true}
	}
	return p.folded(t.at, filtered(v, fn, args))
}

// affords takes the folding of v from what one template may cost.
func (p *parser) affords(at int, v val) bool {
	p.j.work += len(v.s) + 16*len(v.items)
	if p.j.work > maxWork {
		p.j.tell(Broken, at, "more to fold than a template needs", "not all of it was followed")
		return false
	}
	return true
}

func (p *parser) filterJudged(at int, fn string, args []val) {
	reaches := fn == "attr"
	if fn == "map" && len(args) > 0 && args[0].s == "attr" {
		reaches, args = true, args[1:]
	}
	if !reaches {
		for _, a := range args {
			if a.built && a.sort == unknown && (fn == "map" || fn == "selectattr" || fn == "rejectattr" || fn == "groupby" || fn == "sort") {
				p.j.tell(Odd, at, "|"+fn+" by a computed name", "which attribute it reaches cannot be told")
			}
		}
		return
	}
	if len(args) == 1 && args[0].sort == str {
		p.j.attribute(at, args[0].s)
		p.j.tell(Odd, at, "|attr("+args[0].s+")", "chat templates do not ask for attributes by filter")
		return
	}
	p.j.tell(Reach, at, "|attr of a name that is not constant", "any attribute can be asked for so")
}

// test reads what follows "is".
func (p *parser) test() {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.l.broken = true
		return
	}
	if p.word("not") {
		p.next()
	}
	if p.tok.kind != tokName {
		p.mistake()
		return
	}
	p.next()
	switch {
	case p.op("("):
		p.arguments()
	case p.tok.kind == tokString, p.tok.kind == tokNumber, p.op("["):
		p.postfix(p.primary())
	case p.tok.kind == tokName && !p.word("and") && !p.word("or") && !p.word("if") && !p.word("else") && !p.word("is") && !p.word("not") && !p.word("in") && !p.word("recursive"):
		p.postfix(p.primary())
	}
}

// statement reads a {% tag %}.
func (p *parser) statement() {
	if p.tok.kind != tokName {
		p.mistake()
		return
	}
	t := p.next()
	switch t.text {
	case "set", "with":
		p.assign()
	case "for":
		p.loop()
	case "macro":
		p.macro()
	case "call":
		if p.op("(") {
			p.params()
		}
		p.expression()
	case "import", "include", "from", "extends":
		p.j.tell(Odd, t.at, "{% "+t.text+" %}", "it loads another file")
		for !p.ended() {
			p.next()
		}
	case "filter":
		p.postfix(p.filter(val{}))
	case "block", "trans", "pluralize", "autoescape", "endblock", "scoped", "required", "endmacro", "endtrans":
		for !p.ended() {
			p.expression()
			p.take("=")
			p.take(",")
			if p.fail {
				return
			}
		}
	case "else", "endif", "endfor", "endset", "endwith", "endcall", "endfilter", "endraw", "raw",
		"endautoescape", "break", "continue", "generation", "endgeneration", "debug":
	default: // if, elif, do, print and what extensions bring
		if !p.ended() {
			p.tuple()
		}
	}
}

// assign reads name = value, several for with, and the head of a set block.
func (p *parser) assign() {
	for !p.ended() && !p.l.broken {
		targets := p.targets()
		if p.op("|") { // a set block with a filter
			p.postfix(val{})
			return
		}
		if !p.take("=") {
			return
		}
		p.kw = nil
		v := p.tuple()
		if len(targets) == 1 {
			p.j.set(targets[0], v)
			if v.sort == name && v.s == "()" {
				for k, x := range p.kw {
					p.j.set(targets[0]+"."+k, x)
				}
			}
		} else {
			for i, n := range targets {
				p.j.set(n, item(v, int64(i)))
			}
		}
		if !p.take(",") {
			return
		}
	}
}

// targets reads the names to the left of = or in.
func (p *parser) targets() []string {
	var out []string
	for p.tok.kind == tokName && !p.word("in") || p.op("(") || p.op(")") || p.op(",") || p.op(".") {
		t := p.next()
		switch {
		case t.kind == tokName:
			out = append(out, t.text)
		case t.text == "." && len(out) > 0 && p.tok.kind == tokName:
			p.j.attribute(p.tok.at, p.tok.text)
			out[len(out)-1] += "." + p.next().text
		}
	}
	return out
}

func (p *parser) loop() {
	targets := p.targets()
	if !p.word("in") {
		p.mistake()
		return
	}
	p.next()
	over := p.j.overList(p.tupleNoCondition())
	for _, n := range targets {
		p.j.set(n, over)
	}
	if p.word("recursive") {
		p.next()
	}
	if p.word("if") {
		p.next()
		p.expression()
	}
	if p.word("recursive") {
		p.next()
	}
}

// tupleNoCondition reads what a for tag walks over: its if is the loop's own.
func (p *parser) tupleNoCondition() val {
	v := p.either()
	if !p.op(",") {
		return v
	}
	for p.take(",") {
		p.either()
	}
	return val{part: true}
}

// overList tells what is known of a variable that walks over v.
func (j *judge) overList(v val) val {
	switch {
	case v.sort == list && len(v.items) == 1:
		return v.items[0]
	case v.sort == str:
		return val{part: true}
	}
	for _, it := range v.items {
		if it.sort == str || it.built {
			return val{part: true}
		}
	}
	return val{}
}

func (p *parser) macro() {
	t := p.next()
	if t.kind != tokName {
		p.mistake()
		return
	}
	p.j.own[t.text] = true
	if p.op("(") {
		p.params()
	}
}

// params reads the parameters of a macro: names, some with defaults.
func (p *parser) params() {
	p.next()
	for !p.op(")") {
		if p.ended() || p.l.broken {
			p.fail = true
			return
		}
		t := p.next()
		if t.kind == tokName {
			p.j.set(t.text, val{})
		}
		if p.take("=") {
			p.expression()
		}
		if !p.take(",") && !p.op(")") {
			p.mistake()
		}
	}
	p.next()
}

// set records a variable. One that is set twice to different things is known to
// be a string, or nothing is known of it.
func (j *judge) set(n string, v val) {
	j.own[n] = true
	if len(j.vars) >= maxNames {
		clear(j.vars) // a template of thousands of names: what follows is not folded
	}
	old, again := j.vars[n]
	if again && (old.sort != v.sort || old.s != v.s || old.n != v.n || v.sort == list) {
		stringy := func(v val) bool { return v.sort == str || v.part || v.built }
		v = val{built: v.built || old.built, part: stringy(old) || stringy(v)}
	}
	if v.sort == name {
		v = val{built: v.built, part: v.part}
	}
	j.vars[n] = v
}
