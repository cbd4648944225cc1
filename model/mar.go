package model

import (
	"io"
	"slices"
	"strings"
)

// isManifest: the manifest of an archive of TorchServe.
func isManifest(n *jnode) bool {
	return slices.ContainsFunc(n.get("model"), func(m *jnode) bool { return m.has("handler") || m.has("serializedFile") || m.has("modelFile") }) &&
		(n.has("archiverVersion") || n.has("runtime") || n.has("createdOn") || n.has("specificationVersion") || n.has("modelServerVersion") || len(n.get("model")) > 0 && n.get("model")[0].has("modelName"))
}

// torchHandlers come with TorchServe. Source: ts/torch_handler.
var torchHandlers = []string{"base_handler", "image_classifier", "image_segmenter", "object_detector", "text_classifier", "text_handler", "vision_handler", "densenet_handler", "dali_image_classifier"}

func judgeManifest(s *scan, p piece, n *jnode) {
	for _, m := range n.get("model") {
		handler := m.text("handler")
		bare := strings.TrimSuffix(handler, ".py")
		switch {
		case handler == "", slices.Contains(torchHandlers, bare) && bare == handler:
		default:
			s.find(p, Finding{Rule: "handler", What: "the handler " + clipText(handler, 80), Why: "TorchServe runs this Python of the archive when the model is loaded", Severity: Medium})
		}
		if file := m.text("modelFile"); file != "" {
			s.find(p, Finding{Rule: "handler", What: "the model file " + clipText(file, 80), Why: "TorchServe imports this Python of the archive when the model is loaded", Severity: Medium})
		}
		if file := m.text("requirementsFile"); file != "" {
			s.find(p, Finding{Rule: "handler", What: "the requirements " + clipText(file, 80), Why: "TorchServe may install these packages, which run code", Severity: Medium})
		}
		for i, key := range m.keys {
			if why := leaves(m.kids[i].s); why != "" && m.kids[i].kind == '"' && strings.HasSuffix(key, "File") {
				s.find(p, Finding{Rule: "path", What: key + " is " + clipText(m.kids[i].s, 100), Why: why, Severity: High})
			}
		}
	}
}

// pythonTells are calls that no handler of a model needs.
var pythonTells = []string{"os.system(", "os.popen(", "subprocess.", "eval(", "exec(", "__import__(", "pty.spawn", "socket.socket(", "urllib.request.urlopen(", "ctypes.", "marshal.loads(", "os.exec", "base64.b64decode("}

// python judges a Python file that loading would run. Its text is looked
// through, not parsed: it is code whatever it says.
func (s *scan) python(p piece) {
	b, err := io.ReadAll(io.LimitReader(p.stream(), 4<<20))
	if err != nil {
		s.unread(p, err.Error())
	}
	f := Finding{Rule: "python", What: "Python code", Why: "loading the archive runs it", Severity: Medium}
	for _, t := range pythonTells {
		if i := strings.Index(string(b), t); i >= 0 {
			f.What, f.Offset, f.Severity = "Python code with "+t, int64(i), High
			break
		}
	}
	s.find(p, f)
}
