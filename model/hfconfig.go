package model

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/overgrant/overgrant/model/jinja"
)

// isHF: a configuration of a Hugging Face library.
func isHF(n *jnode) bool {
	return slices.ContainsFunc([]string{"chat_template", "chat_templates", "auto_map", "custom_pipelines", "tokenizer_class", "processor_class", "model_type", "architectures", "transformers_version", "image_processor_type", "feature_extractor_type"}, n.has)
}

// judgeHF judges configurations of models, tokenizers and processors.
// Source: transformers/dynamic_module_utils.py and utils/chat_template_utils.py.
func judgeHF(s *scan, p piece, n *jnode) {
	for _, key := range []string{"chat_template", "chat_templates"} {
		for _, v := range n.get(key) {
			s.templates(p, v, key, 0)
		}
	}
	s.autoMap(p, n, 0)
	for _, v := range n.get("custom_pipelines") {
		for i := range v.kids {
			s.find(p, Finding{Rule: "remote-code", What: "custom pipeline " + clipText(v.kids[i].text("impl"), 80), Why: "with trust_remote_code it imports a Python file of the repository", Severity: Medium})
		}
	}
}

// templates judges a template, or several by name.
func (s *scan) templates(p piece, v *jnode, where string, depth int) {
	if v.kind == '"' {
		s.template(p, v.s, 0, where)
	}
	if depth > 3 {
		return
	}
	for i := range v.kids {
		s.templates(p, &v.kids[i], where, depth+1)
	}
}

// autoMap looks for auto_map in a configuration and those inside it.
func (s *scan) autoMap(p piece, n *jnode, depth int) {
	for i, key := range n.keys {
		switch v := &n.kids[i]; {
		case key == "auto_map" && v.kind == '{' && len(v.kids) > 0:
			s.mapped(p, v)
		case key == "trust_remote_code" && v.kind == 't':
			s.find(p, Finding{Rule: "remote-code", What: "trust_remote_code: true", Why: "it asks loaders to run code of the repository", Severity: Low})
		case depth < 4:
			s.autoMap(p, v, depth+1)
		}
	}
}

func (s *scan) mapped(p piece, v *jnode) {
	for i := range v.kids {
		classes := []jnode{v.kids[i]}
		if v.kids[i].kind == '[' {
			classes = v.kids[i].kids
		}
		for _, c := range classes {
			if c.kind != '"' {
				continue
			}
			why := "with trust_remote_code it imports a Python file of the repository"
			if strings.Contains(c.s, "--") {
				why = "with trust_remote_code it imports a Python file of another repository"
			}
			s.find(p, Finding{Rule: "remote-code", What: clipText(v.keys[i], 40) + " is " + clipText(c.s, 100), Why: why, Severity: Medium})
		}
	}
}

// diffusersLibraries are those that a pipeline's parts come from without
// custom code. Source: diffusers/pipelines/pipeline_loading_utils.py, LOADABLE_CLASSES.
var diffusersLibraries = []string{"diffusers", "transformers", "onnxruntime.training", "stable_diffusion", "k_diffusion", "optimum", "torch"}

// judgeDiffusers judges model_index.json, whose parts are library and class.
func judgeDiffusers(s *scan, p piece, n *jnode) {
	for i, v := range n.kids {
		if v.kind != '[' || len(v.kids) != 2 || v.kids[0].kind != '"' || v.kids[1].kind != '"' {
			continue
		}
		lib := v.kids[0].s
		first, _, _ := strings.Cut(lib, ".")
		if n.keys[i] == "_class_name" || !slices.Contains(diffusersLibraries, first) && strings.Contains(lib, ".") || dangerousModule(lib) {
			s.foreign(p, lib+"."+v.kids[1].s)
		}
	}
}

// judgePEFT judges the configuration of an adapter: its parent library is
// imported by name. Source: peft/auto.py.
func judgePEFT(s *scan, p piece, n *jnode) {
	for _, m := range n.get("auto_mapping") {
		lib := m.text("parent_library")
		first, _, _ := strings.Cut(lib, ".")
		if lib != "" && !slices.Contains([]string{"transformers", "torch", "diffusers", "peft", "timm", "sentence_transformers", "__main__"}, first) {
			s.foreign(p, lib+"."+m.text("base_model_class"))
		}
	}
}

// jinjaFile is a chat template in a file of its own.
var jinjaFile = Format{
	Name: "jinja",
	Doc:  "chat templates: whether rendering reaches through an object for the interpreter",
	look: func(_ *scan, p piece) bool {
		head := readUpTo(p.at, 0, headSize)
		return textual(head) && len(head) > 4
	},
	scan: scanJinja,
}

// textual says whether bytes are text, the last rune perhaps cut.
func textual(b []byte) bool {
	for i := 0; i < 3 && len(b) > 0 && !utf8.Valid(b); i++ {
		b = b[:len(b)-1]
	}
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}

// scanJinja takes any text with tags; one that neither speaks of messages nor
// reaches for the interpreter is no model's.
func scanJinja(s *scan, p piece) bool {
	b, err := io.ReadAll(io.LimitReader(p.stream(), jinja.MaxTemplate+1))
	if err != nil && len(b) == 0 || !bytes.Contains(b, []byte("{%")) && !bytes.Contains(b, []byte("{{")) || !textual(b[:min(len(b), 4096)]) {
		return false
	}
	text := string(b)
	chat := strings.Contains(text, "message") && (strings.Contains(text, "role") || strings.Contains(text, "content"))
	if !chat && !slices.ContainsFunc(jinja.Judge(text), func(f jinja.Finding) bool { return f.Weight == jinja.Reach }) {
		return false
	}
	s.name(p, "jinja")
	s.template(p, text, 0, "template")
	return true
}
