package jinja

import (
	"slices"
	"strings"
)

// reaching are attributes that lead from any object to the interpreter: the
// ladder of every published template injection (CVE-2024-34359, CVE-2026-5760).
var reaching = []string{
	"__class__", "__base__", "__bases__", "__mro__", "__subclasses__", "__globals__", "__builtins__", "__import__",
	"__init__", "__new__", "__dict__", "__code__", "__closure__", "__getattribute__", "__getattr__", "__getitem__",
	"__call__", "__reduce__", "__reduce_ex__", "__self__", "__func__", "__module__", "__loader__", "__spec__",
	"__wrapped__", "__defaults__", "__setattr__", "__init_subclass__", "__enter__", "__exit__", "__del__", "__name__",
	"__qualname__", "__objclass__", "__format__", "__str__", "__repr__", "__doc__", "__iter__", "__next__",
}

// inner are attributes without underscores in front that lead the same way.
// Source: jinja2.sandbox, UNSAFE_FUNCTION_ATTRIBUTES and its fellows.
var inner = []string{
	"func_globals", "func_code", "func_closure", "func_defaults", "im_class", "im_func", "im_self", "mro",
	"gi_frame", "gi_code", "gi_yieldfrom", "cr_frame", "cr_code", "ag_frame", "ag_code",
	"f_globals", "f_builtins", "f_locals", "f_back", "f_code", "tb_frame", "tb_next", "co_consts",
}

// pythonic are names no template environment gives; whoever calls them tries
// for Python.
var pythonic = []string{
	"eval", "exec", "execfile", "compile", "open", "getattr", "setattr", "delattr", "globals", "locals", "vars",
	"breakpoint", "importlib", "import_module", "os", "sys", "subprocess", "builtins", "popen", "shutil", "socket", "pty", "platform",
}

// ladders are objects of the environment that no chat template names, and that
// injections climb by.
var ladders = []string{"cycler", "lipsum", "joiner", "self", "get_flashed_messages", "url_for", "current_app"}

// runs are methods that start programs.
var runs = []string{"popen", "system", "check_output", "check_call", "getoutput", "spawn", "execve", "execv", "import_module", "b64decode", "urlopen"}

const whyReach = "a template that is rendered outside a sandbox runs any Python from there"

// attribute judges an access to an attribute or item by a constant name.
func (j *judge) attribute(at int, attr string) {
	switch {
	case strings.HasPrefix(attr, "__"), slices.Contains(inner, attr):
		j.tell(Reach, at, "."+attr, whyReach)
	case strings.HasPrefix(attr, "_") && len(attr) > 1:
		j.tell(Odd, at, "."+attr, "a private attribute; sandboxes refuse it")
	}
}

// constant judges a string, written or put together.
func (j *judge) constant(at int, v val) {
	if v.sort != str || !strings.Contains(v.s, "_") {
		return
	}
	s := v.s
	if !strings.ContainsAny(s, " \n") {
		for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(".[]{}!:'\"()", r) }) {
			if slices.Contains(reaching, part) && part != "__name__" && part != "__doc__" || slices.Contains(inner, part) && len(part) > 4 {
				j.tell(Reach, at, "'"+part+"'", "the name of an attribute by which a template leaves for the interpreter")
				return
			}
		}
		j.piece(at, s)
		return
	}
	for _, name := range []string{"__globals__", "__subclasses__", "__builtins__", "__import__", "__mro__"} {
		if strings.Contains(s, name) {
			j.tell(Odd, at, "'… "+name+" …'", "a name of the interpreter in a string")
			return
		}
	}
}

// piece judges a string that is a beginning or an end of a telling name.
func (j *judge) piece(at int, s string) {
	if len(s) < 4 || len(s) > 14 || !strings.HasPrefix(s, "__") && !strings.HasSuffix(s, "__") {
		return
	}
	for _, name := range reaching[:16] {
		if strings.HasPrefix(name, s) || strings.HasSuffix(name, s) {
			j.tell(Odd, at, "'"+s+"'", "a piece of "+name+", the name of an attribute by which a template leaves for the interpreter")
			return
		}
	}
}

// named judges the use of a name that the template did not make itself.
func (j *judge) named(at int, n string) {
	switch {
	case j.own[n]:
	case strings.HasPrefix(n, "__"):
		j.tell(Reach, at, n, whyReach)
	case slices.Contains(ladders, n):
		j.tell(Odd, at, n, "no chat template needs it, injections climb by it")
	}
}

// called judges a call of the thing with this path.
func (j *judge) called(at int, path string, args []val) {
	first, _, _ := strings.Cut(path, ".")
	last := path[strings.LastIndexByte(path, '.')+1:]
	switch {
	case !j.own[first] && slices.Contains(pythonic, first):
		j.tell(Reach, at, path+"(…)", "a call of Python, not of a template; it runs where the environment offers it")
	case path != last && slices.Contains(runs, last):
		j.tell(Odd, at, "."+last+"(…)", "the name of a method that runs programs or loads code")
	case path == "range" && !j.own["range"]:
		for _, a := range args {
			if a.sort == num && (a.n > 1e7 || a.n < -1e7) {
				j.tell(Odd, at, "range of millions", "rendering does not end in a useful time")
			}
		}
	}
}
