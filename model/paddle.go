package model

import "strings"

// isPaddle: a ProgramDesc, whose blocks have operators.
// Source: https://github.com/PaddlePaddle/Paddle, paddle/fluid/framework/framework.proto
func isPaddle(w *window, m protoShape) bool {
	return w.any(m.messages(1), func(b protoShape) bool {
		// BlockDesc: idx and parent_idx are numbers, vars and ops messages.
		return len(b.of[1]) > 0 && b.of[1][0].wire == 0 && len(b.of[2]) > 0 && b.of[2][0].wire == 0 &&
			(len(b.messages(3)) > 0 || len(b.messages(4)) > 0)
	})
}

// paddleOps are operators that run Python or touch files.
var paddleOps = map[string]Finding{
	"py_func":          {Why: "it calls a Python function when the model runs", Severity: High},
	"py_layer":         {Why: "it calls a Python function when the model runs", Severity: Medium},
	"run_program":      {Why: "it runs a program that is not in the file", Severity: Medium},
	"load":             {Why: "it reads a file when the model runs", Severity: Medium},
	"load_combine":     {Why: "it reads a file when the model runs", Severity: Medium},
	"save":             {Why: "it writes a file when the model runs", Severity: High},
	"save_combine":     {Why: "it writes a file when the model runs", Severity: High},
	"read_file":        {Why: "it reads a file when the model runs", Severity: High},
	"listen_and_serv":  {Why: "it opens a port when the model runs", Severity: High},
	"custom_op":        {Why: "it needs a shared library of its maker", Severity: Medium},
	"custom_engine":    {Why: "it needs a shared library of its maker", Severity: Medium},
	"tensorrt_engine":  {Why: "it holds an engine with code for a GPU", Severity: Low},
	"cinn_launch":      {Why: "it holds code that is compiled when the model runs", Severity: Low},
	"distributed_push": {Why: "it sends to the network when the model runs", Severity: Medium},
}

func scanPaddle(s *scan, p piece, m protoShape) {
	w := newWindow(p)
	err := w.fields(m.all, func(block field) error {
		if block.num != 1 || !block.bytes() {
			return nil
		}
		return w.fields(block, func(op field) error {
			if op.num != 4 || !op.bytes() {
				return nil
			}
			return w.fields(op, func(f field) error {
				if f.num != 3 || !f.bytes() {
					return nil
				}
				name := w.text(f, 128)
				if found, bad := paddleOps[strings.ToLower(name)]; bad {
					found.Rule, found.What, found.Offset = "operator", "the operator "+name, f.off
					s.find(p, found)
				}
				return nil
			})
		})
	})
	s.broken(p, "Paddle", err)
}
