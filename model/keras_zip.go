package model

import (
	"path"
	"strings"
)

// isKerasZip: the members of a .keras file.
// Source: keras/src/saving/saving_lib.py.
func isKerasZip(a *archive) bool {
	config, other := false, false
	for i := range a.members {
		switch n := strings.ToLower(a.members[i].name); {
		case n == "config.json":
			config = true
		case n == "metadata.json", strings.HasSuffix(n, ".weights.h5"), strings.HasPrefix(n, "model.weights"):
			other = true
		}
	}
	return config && other
}

func kerasMeta(m *member) bool {
	n := strings.ToLower(m.name)
	return n == "config.json" || n == "metadata.json"
}

// scanKerasZip judges every config.json: readers differ in which of two they
// take.
func scanKerasZip(a *archive) bool {
	k := &kerasJudge{s: a.s, p: a.p}
	keras := false
	var trees []*jnode
	var at []piece
	for i := range a.members {
		m := &a.members[i]
		if !kerasMeta(m) {
			continue
		}
		in, ok := a.open(m)
		if !ok {
			continue
		}
		tree, err := parseJSON(in.stream())
		if strings.EqualFold(m.name, "metadata.json") {
			k.version = tree.text("keras_version")
			continue
		}
		if err != nil {
			a.s.unread(in, err.Error())
		}
		keras = keras || isKerasJSON(tree)
		trees, at = append(trees, tree), append(at, in)
	}
	if !keras {
		return false
	}
	a.s.name(a.p, "keras-zip")
	for i, tree := range trees {
		k.p = at[i]
		k.walk(tree, "")
	}
	k.p = a.p
	a.all(func(m *member) bool { return !kerasMeta(m) })
	if a.s.report.Unread == "" {
		k.answer()
	}
	return true
}

// isMAR: an archive of TorchServe.
func isMAR(a *archive) bool {
	for i := range a.members {
		if strings.EqualFold(path.Clean(a.members[i].name), "MAR-INF/MANIFEST.json") {
			return true
		}
	}
	return false
}

// scanMAR judges the code of the archive; its manifest is a member like others.
// Source: https://github.com/pytorch/serve, model-archiver.
func scanMAR(a *archive) bool {
	a.s.name(a.p, "torch-archive")
	a.all(func(m *member) bool {
		if strings.HasSuffix(strings.ToLower(m.name), ".py") {
			if in, ok := a.open(m); ok {
				a.s.python(in)
			}
			return false
		}
		return true
	})
	return true
}

// isSkopsZip: a schema beside arrays.
func isSkopsZip(a *archive) bool {
	for i := range a.members {
		if strings.EqualFold(a.members[i].name, "schema.json") {
			return true
		}
	}
	return false
}

func scanSkopsZip(a *archive) bool {
	for i := range a.members {
		if !strings.EqualFold(a.members[i].name, "schema.json") {
			continue
		}
		in, ok := a.open(&a.members[i])
		if !ok {
			continue
		}
		if tree, _ := parseJSON(in.stream()); isSkops(tree) {
			a.s.name(a.p, "skops")
		}
	}
	return false // the schema is judged as a member
}
