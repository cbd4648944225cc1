package measure

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/model"
)

// modelLimits bounds the time that one model may take; how much is read of it is
// bounded as of everything else.
var modelLimits = model.Limits{Opcodes: 50_000_000, Unpacked: 256 << 20, Members: 20_000}

// Of a model that is larger than largeModel little is read at many places: the
// header of each tensor. modelGrain is how much is fetched for one. In bytes.
const (
	largeModel = 4 << 20
	modelGrain = 8 << 10
)

// model tells whether loading a piece would run code. It is false if the piece
// is no model.
func (l *look) model(ctx context.Context, p piece) (outcome, bool) {
	at := &limited{at: p.at, left: mostModel}
	r, err := model.Scan(ctx, p.name, at, p.size, modelLimits)
	if r.Verdict == model.NotAModel {
		return outcome{}, false
	}
	l.judged(p, &r)
	switch {
	case errors.Is(err, errLimit):
		return outcome{partial: reasonLimit}, true
	case err != nil:
		return outcome{err: err}, true
	case r.Unread != "":
		l.unread(p, r.Unread)
		return outcome{partial: reasonModel}, true
	}
	return outcome{}, true
}

// modelClass is the class of model files, whatever is in them.
const modelClass = "model"

// classOf names the class of a verdict that is a find.
var classOf = map[model.Verdict]string{model.Dangerous: "dangerous_model", model.Suspicious: "suspicious_model", model.UnsafeFormat: "unsafe_model"}

// judged counts a model that was read.
func (l *look) judged(p piece, r *model.Report) {
	if c := classNamed(modelClass); c != nil && r.Format != "" {
		l.got.Exposure.Class(c.Name).Add(&overgrant.ClassHeld{
			Title: c.Title, Severity: c.Severity, Seen: overgrant.Tally{Objects: 1, Bytes: p.size}, Count: 1, Unit: c.Unit,
		})
	}
	c := classNamed(classOf[r.Verdict])
	if c == nil {
		return
	}
	f := c.Find(classify.Piece{Place: p.place, Size: p.size}, 1)
	f.Hint = hintOf(r)
	l.find(f)
}

// unread tells why part of a model could not be read.
func (l *look) unread(p piece, why string) {
	if len(l.got.Gaps) < maxGaps {
		l.got.Gaps = append(l.got.Gaps, overgrant.Skipped{Place: p.place, Reason: reasonModel, Detail: cut(printable(why), 200), Bytes: p.size})
	}
}

// hintOf says in words what loading a model would do. What it would do it to
// stands in the file alone: an argument may be anything.
func hintOf(r *model.Report) string {
	if len(r.Findings) == 0 {
		return r.Format
	}
	f := r.Findings[0]
	hint := cut(bare(f.What), 80)
	if f.Why != "" {
		hint += ": " + f.Why
	}
	if r.Format != "" {
		hint = r.Format + ", " + hint
	}
	return cut(printable(hint), 200)
}

// bare is what a finding says up to the first thing that is quoted from the
// file: posix.system(…) of posix.system('id').
func bare(what string) string {
	i := strings.IndexFunc(what, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._- ", c)
	})
	switch {
	case i < 0:
		return what
	case what[i] == '(':
		return what[:i] + "(…)"
	}
	return strings.TrimRight(what[:i], " ") + " …"
}

// cut shortens text to n bytes.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}

// beginsAsModel reports whether bytes begin as model files do, whatever they are
// called. Those that are archives are known by their members.
func beginsAsModel(head []byte) bool {
	for _, mark := range []string{"GGUF", "\x89HDF\r\n\x1a\n", "\x93NUMPY"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return beginsAsPickle(head) || beginsAsSafetensors(head) || len(head) >= 8 && string(head[4:8]) == "TFL3"
}

// beginsAsPickle: a protocol number, and an opcode that may follow it; or, in
// the protocols before, an import with a name of Python on each of two lines.
//
// Source: Lib/pickletools.py of CPython.
func beginsAsPickle(head []byte) bool {
	if len(head) >= 3 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 {
		return head[1] >= 4 && head[2] == 0x95 || bytes.IndexByte([]byte("c](}){NKMJXC\x8c\x8a\x8eIVS"), head[2]) >= 0
	}
	if len(head) < 5 || head[0] != 'c' {
		return false
	}
	module, rest, ok := bytes.Cut(head[1:min(len(head), 200)], []byte("\n"))
	name, rest, also := bytes.Cut(rest, []byte("\n"))
	return ok && also && len(rest) > 0 && bytes.IndexByte([]byte("(pq)R0"), rest[0]) >= 0 && dotted(module) && dotted(name)
}

// dotted reports whether text is a name as Python imports them.
func dotted(text []byte) bool {
	for _, c := range text {
		if c != '.' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(text) > 0
}

// beginsAsSafetensors: the size of the header, and a header that is JSON.
func beginsAsSafetensors(head []byte) bool {
	const most = 100_000_000 // of the header, as the library has it
	return len(head) > 10 && binary.LittleEndian.Uint64(head) <= most && head[8] == '{' && (head[9] == '"' || head[9] == ' ')
}
