package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fields of ONNX. Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const (
	onnxGraph, onnxOpset, onnxTraining, onnxFunctions = 7, 8, 20, 25 // of ModelProto

	onnxName  = 256 // bytes of a name that are looked at
	onnxNodes = 3   // findings of one sort name this many
)

// onnxDomains are the domains whose operators come with the runtimes; any other
// needs a shared library of its maker.
var onnxDomains = []string{
	"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training",
	"com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "com.microsoft.dml", "com.ms.internal.nhwc",
	"org.pytorch.aten", "org.pytorch.prim", "pkg.onnxscript.torch_lib", "pkg.onnxscript.torch_lib.common",
}

// onnxBeside are the domains of onnxruntime-extensions, which the makers of the
// runtime publish beside it.
var onnxBeside = []string{"ai.onnx.contrib", "com.microsoft.extensions"}

// isONNX: a graph and a version, or functions, in the places of ModelProto.
func isONNX(w *window, m protoShape) bool {
	graphs := m.messages(onnxGraph)
	if len(graphs) == 0 && len(m.messages(onnxFunctions)) == 0 || len(m.of[1]) > 0 && m.of[1][0].wire != 0 {
		return false
	}
	opset := w.any(m.messages(onnxOpset), func(o protoShape) bool {
		return o.err == nil && (len(o.of[2]) > 0 && o.of[2][0].wire == 0 || len(o.messages(1)) > 0 || len(o.of) == 0)
	})
	graph := w.any(graphs, func(g protoShape) bool {
		return len(g.messages(1)) > 0 && w.any(g.messages(1), func(n protoShape) bool { return len(n.messages(4)) > 0 }) ||
			len(g.messages(5)) > 0 || len(g.messages(12)) > 0 || len(g.messages(15)) > 0
	})
	version := m.num(1)
	return opset && (graph || version > 0 && version < 100 || len(graphs) > 0) || graph && version > 0 && version < 100
}

// onnx is one ONNX file on its way.
type onnx struct {
	*window
	s    *scan
	p    piece
	own  map[string]bool // domains of the functions inside the file
	uses map[string][]string
}

func scanONNX(s *scan, p piece, m protoShape) {
	o := &onnx{window: newWindow(p), s: s, p: p, own: map[string]bool{}, uses: map[string][]string{}}
	err := o.fields(m.all, func(f field) error {
		if f.num == onnxFunctions && f.bytes() {
			return o.functionName(f)
		}
		return nil
	})
	if err == nil {
		err = o.fields(m.all, o.model)
	}
	s.broken(p, "ONNX", err)
	o.tellDomains()
}

// functionName records what a function of the file is called: nodes of that
// name need no library.
func (o *onnx) functionName(f field) error {
	var name, domain string
	err := o.fields(f, func(f field) error {
		switch f.num {
		case 1:
			name = o.text(f, onnxName)
		case 10:
			domain = o.text(f, onnxName)
		}
		return nil
	})
	if len(o.own) < 100_000 {
		o.own[domain+"\x00"+name] = true
	}
	return err
}

func (o *onnx) model(f field) error {
	if !f.bytes() {
		return nil
	}
	switch f.num {
	case onnxGraph:
		return o.fields(f, o.graph)
	case onnxTraining:
		return o.fields(f, func(f field) error {
			if f.bytes() && (f.num == 1 || f.num == 2) {
				return o.fields(f, o.graph)
			}
			return nil
		})
	case onnxFunctions:
		return o.fields(f, func(f field) error {
			switch {
			case f.bytes() && f.num == 7:
				return o.node(f)
			case f.bytes() && f.num == 11:
				return o.attribute(f, nil)
			}
			return nil
		})
	}
	return nil
}

func (o *onnx) graph(f field) error {
	if !f.bytes() {
		return nil
	}
	switch f.num {
	case 1:
		return o.node(f)
	case 5:
		return o.tensor(f)
	case 15:
		return o.sparse(f)
	}
	return nil
}

func (o *onnx) node(f field) error {
	var op, domain string
	var text []string // of attributes, for operators that take code by name
	at := f.off
	err := o.fields(f, func(f field) error {
		switch f.num {
		case 4:
			op = o.text(f, onnxName)
		case 7:
			domain = o.text(f, onnxName)
		case 5:
			if f.bytes() {
				return o.attribute(f, &text)
			}
		}
		return nil
	})
	o.judge(op, domain, text, at)
	return err
}

// judge tells of a node that needs more than the runtimes bring.
func (o *onnx) judge(op, domain string, text []string, at int64) {
	lower := strings.ToLower(op)
	switch {
	case o.own[domain+"\x00"+op]:
	case lower == "pyop" || lower == "pyfunc" || lower == "pythonop" || strings.HasPrefix(domain, "ai.onnx.contrib") && strings.HasPrefix(lower, "py") || domain == "pyopmulti_1":
		what := "the operator " + clipText(domain+"."+op, 80)
		if len(text) > 0 {
			what += " with " + clipText(strings.Join(text, " "), 120)
		}
		o.s.find(o.p, Finding{Rule: "operator", What: what, Why: "it calls Python by name when the model runs", Offset: at, Severity: High})
	case !slices.Contains(onnxDomains, domain) && len(o.uses) < 100:
		if len(o.uses[domain]) < onnxNodes && !slices.Contains(o.uses[domain], op) {
			o.uses[domain] = append(o.uses[domain], op)
		}
	case len(op) == 0:
	case strings.ContainsAny(op, "/\\;`$ "):
		o.s.find(o.p, Finding{Rule: "operator", What: "the operator " + clipText(op, 80), Why: "no runtime has an operator of such a name", Offset: at, Severity: Medium})
	}
}

func (o *onnx) tellDomains() {
	for _, domain := range slices.Sorted(maps.Keys(o.uses)) {
		ops := o.uses[domain]
		if slices.Contains(onnxBeside, domain) {
			o.s.find(o.p, Finding{Rule: "operator", What: fmt.Sprintf("operators of %s: %s", domain, clipText(strings.Join(ops, ", "), 120)), Why: "they come with onnxruntime-extensions", Severity: Info})
			continue
		}
		o.s.find(o.p, Finding{Rule: "operator", What: fmt.Sprintf("operators of %s: %s", clipText(domain, 80), clipText(strings.Join(ops, ", "), 120)),
			Why: "they need a shared library of their maker, which runs as code in the process", Severity: Medium})
	}
}

// attribute enters what an attribute can hold: tensors, graphs, and text.
func (o *onnx) attribute(f field, text *[]string) error {
	return o.fields(f, func(f field) error {
		if !f.bytes() {
			return nil
		}
		switch f.num {
		case 4, 9:
			if text != nil && len(*text) < 8 {
				*text = append(*text, o.window.text(f, 80))
			}
		case 5, 10:
			return o.tensor(f)
		case 6, 11:
			return o.fields(f, o.graph)
		case 22, 23:
			return o.sparse(f)
		}
		return nil
	})
}

func (o *onnx) sparse(f field) error {
	return o.fields(f, func(f field) error {
		if f.bytes() && (f.num == 1 || f.num == 2) {
			return o.tensor(f)
		}
		return nil
	})
}

// tensor reads where the values of a tensor lie; the values are passed over.
func (o *onnx) tensor(f field) error {
	return o.fields(f, func(f field) error {
		if f.num != 13 || !f.bytes() {
			return nil
		}
		var key, value string
		err := o.fields(f, func(f field) error {
			switch f.num {
			case 1:
				key = o.window.text(f, onnxName)
			case 2:
				value = o.window.text(f, 4096)
			}
			return nil
		})
		if key == "location" {
			o.location(value, f.off)
		}
		return err
	})
}

func (o *onnx) location(path string, at int64) {
	if why := leaves(path); why != "" {
		sev := High
		if strings.Contains(path, "://") {
			sev = Medium
		}
		o.s.find(o.p, Finding{Rule: "path", What: "values of a tensor from " + clipText(path, 160), Offset: at, Severity: sev,
			Why: why + ": loading reads it into the model (CVE-2022-25882, CVE-2024-27318, CVE-2025-51480)"})
	}
}

// leaves tells why a path that should stay beside its file does not. It returns
// nothing for one that stays.
func leaves(path string) string {
	slashed := strings.ReplaceAll(path, `\`, "/")
	switch {
	case strings.Contains(slashed, "://"):
		return "it is an address, not a file beside the model"
	case strings.HasPrefix(slashed, "/"), strings.HasPrefix(slashed, "~"), len(slashed) > 1 && slashed[1] == ':':
		return "an absolute path"
	case slices.Contains(strings.Split(slashed, "/"), ".."):
		return "the path leaves the folder of the model"
	case strings.ContainsRune(path, 0):
		return "a zero byte in a path"
	}
	return ""
}
