package model

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// rds is what R's saveRDS and save write.
// Source: R Internals, chapter 1.8, and R_Unserialize in src/main of R.
var rds = Format{
	Name: "rds",
	Doc:  "R's .rds and .RData: promises, which run when they are touched, and functions",
	head: func(head []byte) bool {
		for _, mark := range []string{"RDX2\n", "RDX3\n", "RDA2\n", "RDA3\n", "RDB2\n", "RDB3\n"} {
			if bytes.HasPrefix(head, []byte(mark)) {
				return true
			}
		}
		return rdsHead(head)
	},
	scan: scanRDS,
}

// rdsHead: the letter of an encoding, and the versions of format and writer.
func rdsHead(head []byte) bool {
	switch {
	case len(head) < 14:
		return false
	case bytes.HasPrefix(head, []byte("X\n")):
		v := binary.BigEndian.Uint32(head[2:])
		return v == 2 || v == 3
	case bytes.HasPrefix(head, []byte("B\n")):
		v := binary.LittleEndian.Uint32(head[2:])
		return v == 2 || v == 3
	}
	return bytes.HasPrefix(head, []byte("A\n2\n")) || bytes.HasPrefix(head, []byte("A\n3\n"))
}

// Types of values.
const (
	rSymbol, rList, rClosure, rEnv, rPromise, rLang = 1, 2, 3, 4, 5, 6
	rSpecial, rBuiltin, rChar, rLogical, rInt       = 7, 8, 9, 10, 13
	rReal, rComplex, rString, rDots, rVec, rExpr    = 14, 15, 16, 17, 19, 20
	rBytecode, rPointer, rWeak, rRaw, rS4           = 21, 22, 23, 24, 25

	rAltrep, rAttrList, rAttrLang, rBaseEnv, rEmptyEnv, rBCRef, rBCDef = 238, 239, 240, 241, 242, 243, 244
	rPersist, rPackage, rNamespace, rUnbound, rRef                     = 247, 248, 249, 252, 255
)

const (
	rDepth  = 2000 // values inside values
	rValues = 200_000_000
)

// rReader is one stream on its way.
type rReader struct {
	*window
	s      *scan
	p      piece
	order  binary.ByteOrder
	ascii  bool
	depth  int
	values int
	last   string // the last symbol or text read
	calls  bool
}

func scanRDS(s *scan, p piece) bool {
	r := &rReader{window: newWindow(p), s: s, p: p, order: binary.BigEndian}
	if b := r.take(5); bytes.HasPrefix(b, []byte("RD")) {
		s.name(p, "rdata")
	} else {
		s.name(p, "rds")
		r.off = 0
	}
	switch string(r.take(2)) {
	case "A\n":
		r.ascii = true
	case "B\n":
		r.order = binary.LittleEndian
	}
	version := r.int()
	r.int()
	r.int()
	if version == 3 {
		r.skipBytes(r.int())
	}
	r.item("", true)
	if r.err == nil || errors.Is(r.err, errShort) && p.size < 0 && r.values > 0 && r.depth == 0 {
		return true
	}
	s.unread(p, "R: "+r.err.Error())
	return true
}

// int reads one whole number.
func (r *rReader) int() int {
	if !r.ascii {
		return int(int32(r.number(4, r.order)))
	}
	word := r.line()
	n, err := strconv.Atoi(word)
	if err != nil && word != "NA" && r.err == nil {
		r.err = errSense
	}
	if word == "NA" {
		return -1 << 31
	}
	return n
}

// line reads one line of the text form.
func (r *rReader) line() string {
	var b []byte
	for r.err == nil && len(b) < 1<<20 {
		c := r.take(1)[0]
		if c == '\n' {
			return string(b)
		}
		b = append(b, c)
	}
	return string(b)
}

// length reads the length of a vector.
func (r *rReader) length() uint64 {
	n := r.int()
	if n == -1 {
		hi, lo := r.int(), r.int()
		return uint64(uint32(hi))<<32 | uint64(uint32(lo))
	}
	if n < 0 {
		r.err = errSense
		return 0
	}
	return uint64(n)
}

// skipValues passes n values of a size in bytes, or of so many lines.
func (r *rReader) skipValues(n uint64, size, lines uint64) {
	if !r.ascii {
		if n > 1<<50 {
			r.err = errSense
			return
		}
		r.skip(n * size)
		return
	}
	for range n * lines {
		if r.err != nil {
			return
		}
		r.line()
	}
}

func (r *rReader) skipBytes(n int) {
	switch {
	case n < 0:
	case r.ascii:
		r.line()
	default:
		r.skip(uint64(n))
	}
}

// chars reads the text of a symbol or string.
func (r *rReader) chars() string {
	n := r.int()
	switch {
	case n < 0:
		return ""
	case r.ascii:
		return r.line()
	case n > 256:
		s := string(r.take(256))
		r.skip(uint64(n - 256))
		return s
	}
	return string(r.take(n))
}

// item reads one value. tag is the name it is bound to; top says that it is
// bound in the workspace. It returns the type.
func (r *rReader) item(tag string, top bool) int {
	if r.depth++; r.depth > rDepth {
		r.err = errors.New("values nested too deep")
	}
	defer func() { r.depth-- }()
	for r.err == nil { // along a list
		if r.values++; r.values > rValues {
			r.err = errors.New("more values than are read")
			return 0
		}
		at := r.off
		flags := r.int()
		kind := flags & 0xff
		if r.err != nil {
			return 0
		}
		if kind != rList && kind != rLang && kind != rClosure && kind != rPromise && kind != rDots && kind != rAttrList && kind != rAttrLang {
			r.plain(kind, flags, top)
			return kind
		}
		if kind == rAttrList || kind == rAttrLang {
			flags |= 0x200
		}
		if flags&0x200 != 0 {
			r.item("", false)
		}
		name := tag
		if flags&0x400 != 0 {
			r.last = ""
			r.item("", false)
			if kind == rList {
				name = r.last
			}
		}
		first := r.item(name, top && kind == rList)
		r.tell(kind, first, flags, name, top, at)
		if kind == rPromise || kind == rClosure {
			r.item("", false)
			return kind
		}
		top = top && kind == rList
		tag = ""
	}
	return 0
}

// tell judges a closure, promise or call of which the first part was read.
func (r *rReader) tell(kind, first, flags int, name string, top bool, at int64) {
	f := Finding{Offset: at}
	switch {
	case kind == rPromise && (first == rUnbound || flags&0x400 != 0):
		f.Rule, f.What, f.Severity = "promise", "a promise that is not kept yet", Critical
		f.Why = "R runs its code as soon as the value is touched, also while loading (CVE-2024-27322)"
	case kind == rClosure && top && slices.Contains([]string{".First", ".Last", ".onLoad", ".onAttach", ".First.sys"}, name):
		f.Rule, f.What, f.Severity = "function", "the function "+name, High
		f.Why = "R calls a function of this name by itself when it starts or ends"
	case kind == rClosure && top && slices.Contains([]string{"print", "library", "require", "c", "q", "quit", "ls", "predict", "load", "readRDS", "source", "cat", "summary", "head", "str"}, name):
		f.Rule, f.What, f.Severity = "function", "the function "+name, Medium
		f.Why = "loading puts it before R's own function of that name"
	case kind == rClosure:
		f.Rule, f.What, f.Severity, f.Why = "function", "functions", Low, "they run when they are called, not while loading"
	case kind == rLang && !r.calls:
		r.calls = true
		f.Rule, f.What, f.Severity, f.Why = "call", "calls, as data", Info, "formulas and records of calls; they run only if evaluated"
	default:
		return
	}
	r.s.find(r.p, f)
}

// plain reads a value that is no list.
func (r *rReader) plain(kind, flags int, top bool) {
	switch kind {
	case rSymbol:
		r.item("", false)
		return
	case rEnv:
		r.int()
		for range 4 {
			r.item("", false)
		}
		return
	case rChar:
		r.last = r.chars()
	case rSpecial, rBuiltin:
		name := r.chars()
		r.s.find(r.p, Finding{Rule: "function", What: "the builtin " + clipText(name, 40), Why: "it runs when it is called, not while loading", Severity: Info})
	case rLogical, rInt:
		r.skipValues(r.length(), 4, 1)
	case rReal:
		r.skipValues(r.length(), 8, 1)
	case rComplex:
		r.skipValues(r.length(), 16, 2)
	case rRaw:
		if n := r.length(); r.ascii {
			r.skipValues(n, 1, 1)
		} else {
			r.skip(n)
		}
	case rString, rVec, rExpr:
		for n := r.length(); n > 0 && r.err == nil; n-- {
			r.item("", false)
		}
	case rPointer, rAltrep, rWeak, rS4, rBytecode:
		r.odd(kind)
	case rNamespace, rPackage, rPersist:
		r.int()
		for n := r.int(); n > 0 && r.err == nil; n-- {
			r.item("", false)
		}
		return
	case rRef:
		if flags>>8 == 0 {
			r.int()
		}
		return
	default:
		if kind < rBaseEnv {
			r.err = fmt.Errorf("a value of type %d", kind)
		}
		return
	}
	if flags&0x200 != 0 {
		r.item("", false)
	}
}

// odd reads what models seldom have.
func (r *rReader) odd(kind int) {
	switch kind {
	case rPointer:
		r.item("", false)
		r.item("", false)
	case rAltrep:
		for range 3 {
			r.item("", false)
		}
	case rBytecode:
		r.s.find(r.p, Finding{Rule: "function", What: "compiled functions", Why: "they run when they are called, not while loading", Severity: Low})
		r.int()
		r.bytecode()
	}
}

// bytecode reads code and its constants. Source: ReadBC1 of R.
func (r *rReader) bytecode() {
	if r.depth++; r.depth > rDepth {
		r.err = errors.New("values nested too deep")
	}
	defer func() { r.depth-- }()
	r.item("", false)
	for n := r.int(); n > 0 && r.err == nil; n-- {
		switch kind := r.int(); kind {
		case rBytecode:
			r.bytecode()
		case rLang, rList, rBCDef, rBCRef, rAttrLang, rAttrList:
			r.bytecodeLang(kind)
		default:
			r.item("", false)
		}
	}
}

// bytecodeLang reads a call among the constants. Source: ReadBCLang.
func (r *rReader) bytecodeLang(kind int) {
	if r.depth++; r.depth > rDepth {
		r.err = errors.New("values nested too deep")
	}
	defer func() { r.depth-- }()
	for r.err == nil {
		switch kind {
		case rBCRef:
			r.int()
			return
		case rBCDef:
			r.int()
			kind = r.int()
			continue
		case rLang, rList, rAttrLang, rAttrList:
		default:
			r.item("", false)
			return
		}
		if kind == rAttrLang || kind == rAttrList {
			r.item("", false)
		}
		r.item("", false) // the tag
		r.bytecodeLang(r.int())
		kind = r.int()
		r.values++
	}
}
