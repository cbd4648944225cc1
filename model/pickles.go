package model

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/overgrant/overgrant/model/pickle"
)

var pickleFormat = Format{
	Name: "pickle",
	Doc:  "Python pickles of all protocols, one or several in a row, with what lies between and after them: those of joblib, pandas, dill, cloudpickle and PyTorch before 1.6.",
	look: func(*scan, piece) bool { return true },
	scan: func(s *scan, p piece) bool { return s.pickles(p, false).known },
}

// legacyVersion is the protocol number of PyTorch that its old files give as
// their second pickle. Source: torch/serialization.py, PROTOCOL_VERSION.
const legacyVersion = 1001

// stackedMax bounds the pickles in a row that are run.
const stackedMax = 5_000

// told says what came of a run of pickles.
type told struct {
	known   bool    // there was a pickle
	weights weights // of the first of them
}

// weights says whether torch.load(weights_only=True) takes a file.
type weights struct {
	refused string // why not; empty if it does
	since   string // the first release that does, such as "2.6"; empty for 2.4
}

// and counts in another pickle that is loaded in the same way.
func (w *weights) and(res *pickle.Result) {
	if w.refused != "" {
		return
	}
	w.refused = cmp.Or(res.WeightsOnly, res.Fault)
	if res.WeightsSince != "" && newer(res.WeightsSince, w.since) {
		w.since = res.WeightsSince
	}
}

// newer reports whether release a comes after b; both are such as "2.10".
func newer(a, b string) bool {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) > 0
}

// legacy follows the order of an old checkpoint of PyTorch: magic number,
// version, machine, object, keys of the storages, and then their bytes.
type legacy struct {
	is       bool
	weights  weights // of the five pickles
	first    weights // of the first of them
	storages pickle.Storage
}

// pickles runs the pickles that p begins with. Sure says that the container
// promises one.
func (s *scan) pickles(p piece, sure bool) told {
	var off int64
	var old legacy
	var arrays int
	for n := 0; n < stackedMax; n++ {
		certain := sure || pickleHead(readUpTo(p.at, off, 3))
		res := s.run(p, off)
		if n == 0 && !certain && !convincing(&res) {
			return told{}
		}
		if n > 0 && !certain && !convincing(&res) {
			s.after(p, off)
			break
		}
		arrays += res.Arrays
		s.tell(p, &res, n)
		old.follow(n, &res)
		if !res.Stopped || res.Fault != "" {
			s.breaksOff(p, &res)
		}
		if !res.Stopped {
			break
		}
		off = res.End
		if old.is && n == 4 {
			s.storages(p, off, old.storages)
			break
		}
		if s.atEnd(p, off) {
			break
		}
		sure = false
		if n == stackedMax-1 {
			s.unread(p, "more pickles in a row than are run")
		}
	}
	s.named(p, &old, arrays)
	return told{known: true, weights: old.first}
}

// named says which format the pickles turned out to be, and what follows from it.
func (s *scan) named(p piece, old *legacy, arrays int) {
	switch {
	case old.is:
		s.name(p, "pytorch-legacy")
		s.weightsOnly(old.weights)
	case arrays > 0:
		s.name(p, "joblib")
	default:
		s.name(p, "pickle")
	}
}

// pickleHead reports whether bytes begin like a pickle of protocol 2 and later.
func pickleHead(h []byte) bool {
	return len(h) >= 2 && h[0] == 0x80 && h[1] >= 1 && h[1] <= 6
}

// convincing reports whether bytes without a protocol number are a pickle: they
// run to the end, or call something on their way.
func convincing(r *pickle.Result) bool {
	if r.Stopped && r.Fault == "" && r.Opcodes > 1 {
		return true
	}
	for _, f := range r.Findings {
		if f.Level >= pickle.Bad || (f.Rule == "call" || f.Rule == "import" && trampolines[f.What]) && (r.Fault == "" || f.Offset < r.FaultAt) {
			return true
		}
	}
	return false
}

// trampolines are imports that nothing but a pickle begins with.
var trampolines = map[string]bool{"builtins.getattr": true, "builtins.map": true, "builtins.filter": true, "operator.methodcaller": true, "functools.reduce": true}

// run runs the pickle at off, twice where readers would read it in two ways.
func (s *scan) run(p piece, off int64) pickle.Result {
	o := pickle.Options{Opcodes: max(1, s.lim.Opcodes-s.opcodes), Memory: s.lim.Memory >> min(p.depth, 8), Heavy: s.heavy, Inner: func(in pickle.Inner) { s.inner(p, in) }}
	res, _ := pickle.Scan(s.ctx, p.at, off, o)
	s.opcodes += res.Opcodes
	if res.Straddles {
		o.Frames = true
		s.again(p, off, o, &res)
		res.Findings = append(res.Findings, pickle.Finding{
			Rule: "inconsistent", What: "a frame that ends inside an opcode", Level: pickle.Unknown, Offset: off, Opcode: "FRAME",
			Why: "CPython reads it in another way from a stream than from memory",
		})
	}
	if res.Arrays > 0 {
		o.Frames, o.Plain = false, true
		o.Opcodes = min(o.Opcodes, 1_000_000)
		s.again(p, off, o, &res)
	}
	return res
}

// again runs the pickle in another way and adds what is only found so.
func (s *scan) again(p piece, off int64, o pickle.Options, res *pickle.Result) {
	o.Inner = nil
	other, _ := pickle.Scan(s.ctx, p.at, off, o)
	s.opcodes += other.Opcodes
	have := map[string]bool{}
	for _, f := range res.Findings {
		have[f.Rule+f.What] = true
	}
	for _, f := range other.Findings {
		if f.Level >= pickle.Bad && !have[f.Rule+f.What] {
			f.Why += "; seen by some readers only"
			res.Findings = append(res.Findings, f)
		}
	}
}

var severities = [...]Severity{pickle.Info: Info, pickle.Unknown: Medium, pickle.Bad: High, pickle.Dangerous: Critical}

// tell takes over what running the n-th pickle of p found.
func (s *scan) tell(p piece, res *pickle.Result, n int) {
	for _, f := range res.Findings {
		if n > 0 {
			f.Why += fmt.Sprintf(" (pickle %d of the file)", n+1)
		}
		s.find(p, Finding{Rule: f.Rule, What: f.What, Why: f.Why, Offset: f.Offset, Opcode: f.Opcode, Severity: severities[f.Level]})
	}
	for _, g := range res.Globals {
		if len(s.globals) < 10_000 {
			s.globals[g] = struct{}{}
		}
	}
	if res.Exhausted != "" {
		s.unread(p, res.Exhausted)
	}
}

// breaksOff tells of a pickle that an unpickler does not read to its end.
func (s *scan) breaksOff(p piece, res *pickle.Result) {
	why := res.Fault
	if why == "" {
		why = "the pickle does not end"
	}
	s.unread(p, fmt.Sprintf("the pickle breaks off at %d: %s", res.FaultAt, why))
}

func (l *legacy) follow(n int, res *pickle.Result) {
	if n == 1 && res.IsInt && res.Top == legacyVersion {
		l.is = true
	}
	if n < 5 {
		l.weights.and(res)
	}
	if n == 0 {
		l.first = l.weights
	}
	if n == 3 {
		l.storages = res.Storage
	}
}

// storages passes over the bytes of the tensors and looks what comes after.
func (s *scan) storages(p piece, off int64, st pickle.Storage) {
	if st.Odd {
		return
	}
	const count = 8 // before each storage, its number of elements
	end := off + st.Bytes + count*st.Count
	if s.atEnd(p, end) {
		return
	}
	s.aside(p, end, "behind the last tensor, where no loader looks")
}

func (s *scan) atEnd(p piece, off int64) bool {
	if p.size >= 0 {
		return off >= p.size
	}
	return len(readUpTo(p.at, off, 1)) == 0
}

// after looks into bytes that follow the pickles and are none.
func (s *scan) after(p piece, off int64) {
	const window = 1 << 20
	tried := 0
	for at := off; at < off+window && tried < 64; {
		b := readUpTo(p.at, at, 64<<10)
		for i := 0; i+2 < len(b) && tried < 64; i++ {
			if b[i] == 0x80 && b[i+1] >= 2 && b[i+1] <= 5 && startsPickle[b[i+2]] {
				tried++
				s.aside(p, at+int64(i), "hidden behind what is loaded")
			}
		}
		if len(b) < 64<<10 {
			return
		}
		at += int64(len(b)) - 2
	}
}

// startsPickle are the opcodes that follow PROTO.
var startsPickle = func() (ops [256]bool) {
	for _, op := range []byte("c(]})NKMJXC\x8c\x8a\x95iVS") {
		ops[op] = true
	}
	return ops
}()

// pushes are the opcodes with which a pickle can begin that begins like something
// else: they swallow bytes, or none. A number or an import of such bytes fails.
var pushes = func() (ops [256]bool) {
	for _, op := range []byte("(]})NKMJXCGUTBVS\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96") {
		ops[op] = true
	}
	return ops
}()

// aside runs a pickle that no loader is known to reach; what it would do makes
// the file suspicious, no more.
func (s *scan) aside(p piece, off int64, where string) {
	o := pickle.Options{Opcodes: 1_000_000, Memory: s.lim.Memory >> min(p.depth+1, 8), Heavy: s.heavy}
	if p.depth < asideDepth {
		o.Inner = func(in pickle.Inner) {
			s.aside(piece{at: in.R, size: in.Size, path: p.path, depth: p.depth + 1}, 0, fmt.Sprintf("in one that is kept as data, at %d", in.Offset))
		}
	}
	res, _ := pickle.Scan(s.ctx, p.at, off, o)
	s.opcodes += res.Opcodes
	for _, f := range res.Findings {
		if f.Level >= pickle.Bad || f.Level == pickle.Unknown && f.Rule == "call" && res.Stopped {
			s.find(p, Finding{Rule: "hidden", What: f.What, Why: "a pickle " + where + ": " + f.Why, Offset: f.Offset, Opcode: f.Opcode, Severity: Medium})
		}
	}
}

// polyglotMax is how much is read of a file that is something else to see whether
// it is a pickle as well, in bytes.
const polyglotMax = 4 << 20

// rationed is a file that ends when so much of it was read.
type rationed struct {
	io.ReaderAt
	left int
}

func (r *rationed) ReadAt(b []byte, off int64) (int, error) {
	if len(b) > r.left {
		return 0, io.EOF
	}
	r.left -= len(b)
	return r.ReaderAt.ReadAt(b, off)
}

// polyglot runs a file of another format as a pickle, if it begins with a value:
// whoever loads it under the name of one does.
func (s *scan) polyglot(p piece, head []byte) {
	if len(head) < 2 || !pushes[head[0]] && !pickleHead(head) {
		return
	}
	p.at = &rationed{p.at, polyglotMax}
	s.aside(p, 0, "that the file is as well")
}

// asideDepth is how deep pickles that lie in one another as data are followed.
const asideDepth = 4

// inner looks into bytes that a pickle carries.
func (s *scan) inner(p piece, in pickle.Inner) {
	if p.depth >= s.lim.Depth {
		if !in.Inert {
			s.unread(p, "pickles nested too deep")
		}
		return
	}
	if in.Inert {
		s.aside(piece{at: in.R, size: in.Size, path: p.path, depth: p.depth + 1}, 0, fmt.Sprintf("kept as data at %d", in.Offset))
		return
	}
	s.format(piece{at: in.R, size: in.Size, path: p.inner(fmt.Sprintf("bytes at %d", in.Offset)), depth: p.depth + 1})
}

// weightsOnly records whether torch.load(weights_only=True) takes the file.
func (s *scan) weightsOnly(w weights) {
	answer := "yes"
	switch {
	case w.refused != "":
		answer = "no: " + w.refused
	case w.since != "":
		answer = "yes, from PyTorch " + w.since + " on"
	}
	if s.report.LoadsUnder.TorchWeightsOnly == "" {
		s.report.LoadsUnder.TorchWeightsOnly = answer
	}
}
