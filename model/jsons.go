package model

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// jsonFormat holds the formats that are JSON texts. Their keys tell which.
var jsonFormat = Format{
	Name: "json",
	Doc:  "configurations: Keras, Hugging Face (chat templates, remote code), skops, TorchServe, diffusers, MXNet, XGBoost and other boosters",
	head: jsonHead,
	scan: scanJSON,
}

const jsonBytes = 256 << 20 // of one text that are read

func jsonHead(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) < 2 || head[0] != '{' && head[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return len(rest) == 0 || head[0] == '{' && (rest[0] == '"' || rest[0] == '}') || head[0] == '[' && rest[0] == '{'
}

// jsonTold are the keys by which a text is known, or that hold what is judged.
// They are kept however long the rest is.
var jsonTold = []string{
	"class_name", "module", "config", "registered_name", "build_config", "compile_config", "model_config", "modelTopology", "keras_version",
	"chat_template", "chat_templates", "auto_map", "custom_pipelines", "trust_remote_code", "tokenizer_class", "processor_class", "model_type", "architectures",
	"_class_name", "_diffusers_version", "peft_type", "auto_mapping", "transformers_version", "image_processor_type", "feature_extractor_type", "weight_map",
	"__loader__", "__class__", "__module__", "content", "attrs", "func", "obj", "key_types", "_skops_version", "model", "modelName", "archiverVersion", "runtime",
	"learner", "version", "oblivious_trees", "model_info", "tree_info", "max_feature_idx", "nodes", "arg_nodes", "added_tokens",
}

// jsonKinds are asked one after another; each that says yes judges the text.
var jsonKinds = []struct {
	name  string
	is    func(n *jnode) bool
	judge func(s *scan, p piece, n *jnode)
}{
	{"keras-json", isKerasJSON, judgeKerasJSON},
	{"skops", isSkops, judgeSkops},
	{"torch-archive", isManifest, judgeManifest},
	{"diffusers", func(n *jnode) bool { return n.has("_class_name") }, judgeDiffusers},
	{"hf-config", isHF, judgeHF},
	{"peft", func(n *jnode) bool { return n.has("peft_type") }, judgePEFT},
	{"safetensors-index", func(n *jnode) bool { return n.has("weight_map") }, judgeIndex},
	{"mxnet", func(n *jnode) bool { return n.has("nodes") && n.has("arg_nodes") }, judgeMXNet},
	{"xgboost", func(n *jnode) bool { return n.has("learner") && n.has("version") }, nil},
	{"catboost", func(n *jnode) bool { return n.has("oblivious_trees") || n.has("model_info") && n.has("trees") }, nil},
	{"lightgbm", func(n *jnode) bool { return n.has("tree_info") && n.has("max_feature_idx") }, nil},
	{"tokenizer", func(n *jnode) bool { return n.has("added_tokens") && n.has("model") }, nil},
}

func scanJSON(s *scan, p piece) bool {
	head := readUpTo(p.at, 0, 3)
	r := io.LimitReader(p.stream(), min(jsonBytes, 32<<20+16*max(s.report.Size, 0)))
	if bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = io.CopyN(io.Discard, r, 3)
	}
	s.large(p)
	j := newJSON(r)
	if j.space() == '[' {
		return s.jsonList(p, j)
	}
	n := jnode{kind: '{'}
	err := j.eachKey(
		func(key string) bool {
			j.minor = !slices.Contains(jsonTold, key)
			return true
		},
		func(key string, v *jnode) bool {
			if len(n.keys) < jsonNodes/4 || slices.Contains(jsonTold, key) && len(n.keys) < jsonNodes {
				n.keys = append(n.keys, key)
				n.kids = append(n.kids, *v)
			}
			return true
		})
	if err == nil && j.space() != 0 {
		err = errJSON
	}
	found := false
	for _, k := range jsonKinds {
		if !k.is(&n) {
			continue
		}
		s.name(p, k.name)
		found = true
		if k.judge != nil {
			k.judge(s, p, &n)
			if j.cut {
				s.unread(p, errJSONLarge.Error())
			}
		}
		if err != nil {
			s.unread(p, err.Error())
		}
	}
	return found
}

// jsonList reads a text that is a list: the modules of sentence-transformers.
func (s *scan) jsonList(p piece, j *jsonReader) bool {
	n, err := j.value(true)
	if len(n.kids) == 0 || !n.kids[0].has("type") || !n.kids[0].has("path") {
		return false
	}
	s.name(p, "sentence-transformers")
	if err != nil {
		s.unread(p, err.Error())
	}
	for i := range n.kids {
		class := n.kids[i].text("type")
		if class != "" && !strings.HasPrefix(class, "sentence_transformers.") {
			s.foreign(p, class)
		}
	}
	return true
}

// foreign tells of a class that is imported by name from outside the framework.
func (s *scan) foreign(p piece, class string) {
	sev := Medium
	if dangerousModule(class) {
		sev = High
	}
	s.find(p, Finding{Rule: "import", What: clipText(class, 120), Why: "it is imported when the model is loaded: code that is not of the framework", Severity: sev})
}

func isKerasJSON(n *jnode) bool {
	return n.has("class_name") && (n.has("config") || n.has("module")) || n.has("modelTopology") || n.has("model_config") && n.has("keras_version")
}

func judgeKerasJSON(s *scan, p piece, n *jnode) {
	k := &kerasJudge{s: s, p: p}
	k.walk(n, "")
	k.answer()
}

func judgeMXNet(s *scan, p piece, n *jnode) {
	for _, nodes := range n.get("nodes") {
		for i := range nodes.kids {
			if op := nodes.kids[i].text("op"); op == "Custom" || op == "_Native" || op == "_NDArray" {
				s.find(p, Finding{Rule: "operator", What: "the operator " + op, Why: "it calls Python that the loading program registers", Severity: Medium})
			}
		}
	}
}

func judgeIndex(s *scan, p piece, n *jnode) {
	for _, m := range n.get("weight_map") {
		for i := range m.kids {
			if why := leaves(m.kids[i].s); why != "" {
				s.find(p, Finding{Rule: "path", What: "weights from " + clipText(m.kids[i].s, 120), Why: why, Severity: Medium})
			}
		}
	}
}
