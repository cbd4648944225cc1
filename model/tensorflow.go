package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Shapes of TensorFlow's files. Source: tensorflow/core/protobuf/saved_model.proto,
// meta_graph.proto, tensorflow/core/framework/graph.proto and function.proto.

// isNodeDef: a name and an operator that look like both.
func isNodeDef(w *window) func(m protoShape) bool {
	return func(m protoShape) bool {
		ops := m.messages(2)
		return m.err == nil && len(ops) == 1 && len(m.messages(1)) <= 1 && tfName(w.text(ops[0], 128)) && len(m.of[7]) == len(m.messages(7))
	}
}

// tfName says whether a text can name an operator.
func tfName(s string) bool {
	if s == "" {
		return false
	}
	for _, c := range s {
		if c != '_' && c != '>' && c != '.' && c != '-' && c != '/' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// graphDef: nodes, or a library of functions.
func graphDef(w *window) func(m protoShape) bool {
	return func(g protoShape) bool {
		return w.any(g.messages(1), isNodeDef(w)) || w.any(g.messages(2), func(l protoShape) bool {
			return w.any(l.messages(1), func(f protoShape) bool {
				return f.err == nil && (w.any(f.messages(3), isNodeDef(w)) || len(f.messages(1)) == 1 && len(f.messages(4)) > 0)
			})
		})
	}
}

func metaGraph(w *window) func(m protoShape) bool {
	return func(m protoShape) bool {
		return w.any(m.messages(2), graphDef(w))
	}
}

func isSavedModel(w *window, m protoShape) bool {
	if len(m.of[1]) > 0 && m.of[1][0].wire != 0 {
		return false
	}
	return w.any(m.messages(2), metaGraph(w)) || m.num(1) == 1 && len(m.of) == 2 && len(m.messages(2)) > 0 &&
		w.any(m.messages(2), func(g protoShape) bool {
			return g.err == nil && w.any(g.messages(1), func(i protoShape) bool { return i.err == nil && len(i.of) > 0 })
		})
}

func isMetaGraph(w *window, m protoShape) bool {
	return metaGraph(w)(m) && (len(m.messages(1)) > 0 || len(m.messages(3)) > 0 || len(m.messages(4)) > 0 || len(m.messages(5)) > 0) && !graphDef(w)(m)
}

func isGraphDef(w *window, m protoShape) bool {
	return graphDef(w)(m)
}

// tensorflow is one file of TensorFlow on its way.
type tensorflow struct {
	*window
	s       *scan
	p       piece
	own     map[string]bool   // functions of the file
	strange map[string]int64  // operators not of TensorFlow, and where
	paths   map[string]string // constant strings by the name of their node
	files   []tfFile
	pass    int
}

// tfFile is an operator that takes the name of a file from another node.
type tfFile struct {
	op, from string
	at       int64
}

const tfKept = 20_000 // names kept of each sort

func newTensorflow(s *scan, p piece) *tensorflow {
	return &tensorflow{window: newWindow(p), s: s, p: p, own: map[string]bool{}, strange: map[string]int64{}, paths: map[string]string{}}
}

func scanSavedModel(s *scan, p piece, m protoShape) {
	t := newTensorflow(s, p)
	t.run(func() error {
		return t.fields(m.all, func(f field) error { return t.into(f, 2, t.meta) })
	})
}

func scanMetaGraphFile(s *scan, p piece, m protoShape) {
	t := newTensorflow(s, p)
	t.run(func() error { return t.fields(m.all, t.meta) })
}

func scanGraphFile(s *scan, p piece, m protoShape) {
	t := newTensorflow(s, p)
	t.run(func() error { return t.fields(m.all, t.graph) })
}

// run walks twice: what functions the file brings is known only at its end.
func (t *tensorflow) run(walk func() error) {
	err := walk()
	t.pass++
	if err == nil {
		err = walk()
	}
	t.s.broken(t.p, "TensorFlow", err)
	for _, op := range slices.Sorted(maps.Keys(t.strange)) {
		at := t.strange[op]
		if tfAmong(tfBeside, op) {
			t.s.find(t.p, Finding{Rule: "operator", What: "the operator " + op, Why: "it comes with a library that the makers of TensorFlow publish beside it", Offset: at, Severity: Info})
			continue
		}
		t.s.find(t.p, Finding{Rule: "operator", What: "the operator " + clipText(op, 80), Why: "it does not come with TensorFlow: it needs a library of its maker, which runs as code", Offset: at, Severity: Medium})
	}
	for _, f := range t.files {
		path, ok := t.paths[f.from]
		if ok && leaves(path) != "" {
			sev := Medium
			if strings.HasPrefix(f.op, "Save") {
				sev = High
			}
			t.s.find(t.p, Finding{Rule: "path", What: f.op + " with " + clipText(path, 120), Why: leaves(path), Offset: f.at, Severity: sev})
		}
	}
}

// into enters a field if it has this number.
func (t *tensorflow) into(f field, num int, visit func(f field) error) error {
	if f.num != num || !f.bytes() {
		return nil
	}
	return t.fields(f, visit)
}

func (t *tensorflow) meta(f field) error {
	switch {
	case !f.bytes():
	case f.num == 2:
		return t.fields(f, t.graph)
	case f.num == 6: // asset_file_def
		return t.fields(f, func(f field) error {
			if f.num == 2 {
				t.asset(t.text(f, 1024), f.off)
			}
			return nil
		})
	}
	return nil
}

func (t *tensorflow) asset(name string, at int64) {
	if why := leaves(name); why != "" {
		t.s.find(t.p, Finding{Rule: "path", What: "an asset at " + clipText(name, 120), Why: why, Offset: at, Severity: High})
	}
}

func (t *tensorflow) graph(f field) error {
	switch {
	case !f.bytes():
	case f.num == 1:
		return t.node(f)
	case f.num == 2:
		return t.fields(f, func(f field) error { return t.into(f, 1, t.function) })
	}
	return nil
}

func (t *tensorflow) function(f field) error {
	switch {
	case !f.bytes():
	case f.num == 1 && t.pass == 0:
		return t.fields(f, func(f field) error {
			if f.num == 1 && len(t.own) < tfKept {
				t.own[t.text(f, 256)] = true
			}
			return nil
		})
	case f.num == 3:
		return t.node(f)
	}
	return nil
}

func (t *tensorflow) node(f field) error {
	if t.pass == 0 {
		return nil
	}
	var name, op, from string
	at := f.off
	err := t.fields(f, func(f field) error {
		switch f.num {
		case 1:
			name = t.text(f, 256)
		case 2:
			op = t.text(f, 256)
		case 3:
			if from == "" {
				from = t.text(f, 256)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if op == "PrintV2" {
		return t.print(f)
	}
	t.judge(op, at)
	switch op {
	case "Save", "SaveV2", "SaveSlices", "Restore", "RestoreV2", "RestoreSlice":
		if len(t.files) < tfKept {
			from, _, _ = strings.Cut(from, ":")
			t.files = append(t.files, tfFile{op, strings.TrimPrefix(from, "^"), at})
		}
	case "Const":
		return t.constant(f, name)
	}
	return nil
}

// print judges PrintV2 by where it writes.
func (t *tensorflow) print(node field) error {
	known := false
	err := t.fields(node, func(attr field) error {
		if attr.num != 5 || !attr.bytes() {
			return nil
		}
		key, to := "", ""
		err := t.fields(attr, func(f field) error {
			if f.num == 1 {
				key = t.text(f, 64)
			}
			return t.into(f, 2, func(v field) error {
				if v.num == 2 {
					to = t.text(v, 1024)
				}
				return nil
			})
		})
		if key == "output_stream" && to != "" && !strings.Contains(to, "://") {
			known = true
		} else if key == "output_stream" {
			t.s.find(t.p, Finding{Rule: "operator", What: "the operator PrintV2 to " + clipText(to, 120), Why: "it writes a file of the machine when the graph runs", Offset: node.off, Severity: Medium})
		}
		return err
	})
	if !known {
		t.judge("PrintV2", node.off)
	}
	return err
}

func (t *tensorflow) judge(op string, at int64) {
	bare := strings.TrimPrefix(op, "Ref")
	if found, bad := tfRuns[op]; bad {
		found.Rule, found.What, found.Offset = "operator", "the operator "+op, at
		t.s.find(t.p, found)
		return
	}
	if t.own[op] || op == "" {
		return
	}
	if tfKnown(op) || tfKnown(bare) {
		if len(t.own) < tfKept {
			t.own[op] = true
		}
		return
	}
	if low := strings.ToLower(op); strings.Contains(low, "pyfunc") || strings.Contains(low, "py_func") {
		t.s.find(t.p, Finding{Rule: "operator", What: "the operator " + clipText(op, 80), Why: "it calls a Python function", Offset: at, Severity: High})
		return
	}
	if _, ok := t.strange[op]; !ok && len(t.strange) < 100 {
		t.strange[op] = at
	}
}

// constant keeps the string of a constant that may be a path.
func (t *tensorflow) constant(node field, name string) error {
	return t.fields(node, func(attr field) error { // NodeDef.attr, a map
		if attr.num != 5 || !attr.bytes() || attr.end-attr.off > 4096 {
			return nil
		}
		return t.fields(attr, func(v field) error { // AttrValue
			return t.into(v, 2, func(v field) error {
				return t.into(v, 8, func(v field) error { // TensorProto.string_val
					if v.num == 8 && len(t.paths) < tfKept {
						t.paths[name] = t.text(v, 1024)
					}
					return nil
				})
			})
		})
	})
}

// isKerasMetadata: the nodes of keras_metadata.pb, whose metadata is JSON.
// Source: keras/protobuf/saved_metadata.proto
func isKerasMetadata(w *window, m protoShape) bool {
	return w.any(m.messages(1), func(n protoShape) bool {
		texts := n.messages(5)
		return n.err == nil && len(n.messages(4)) == 1 && len(texts) == 1 && strings.HasPrefix(w.text(n.messages(4)[0], 64), "_tf_keras") && strings.HasPrefix(w.text(texts[0], 1), "{")
	})
}

func scanKerasMetadata(s *scan, p piece, m protoShape) {
	w := newWindow(p)
	err := w.fields(m.all, func(f field) error {
		if f.num != 1 || !f.bytes() {
			return nil
		}
		return w.fields(f, func(f field) error {
			if f.num != 5 || !f.bytes() {
				return nil
			}
			inner := p.part(f.off, f.end-f.off, fmt.Sprintf("metadata at %d", f.off))
			tree, err := parseJSON(inner.stream())
			if err != nil {
				s.unread(inner, err.Error())
			}
			k := &kerasJudge{s: s, p: p}
			k.walk(tree, "")
			return nil
		})
	})
	s.broken(p, "Keras metadata", err)
}
