package model

import "io"

// protobuf holds those formats that are bare protocol buffers. Nothing in such
// a file says which schema it follows: its shape does. A file that has the
// shapes of two is read as both.
var protobuf = Format{
	Name: "protobuf",
	Doc:  "ONNX, TensorFlow (SavedModel, metagraph, frozen graph, Keras metadata), CoreML and Paddle: operators that run code or reach files",
	head: protobufHead,
	scan: scanProtobuf,
}

// protobufKinds are asked in this order; the first that says yes gives the name.
var protobufKinds = []struct {
	name string
	is   func(w *window, m protoShape) bool
	scan func(s *scan, p piece, m protoShape)
}{
	{"onnx", isONNX, scanONNX},
	{"tf-savedmodel", isSavedModel, scanSavedModel},
	{"tf-metagraph", isMetaGraph, scanMetaGraphFile},
	{"tf-graph", isGraphDef, scanGraphFile},
	{"coreml", isCoreML, scanCoreML},
	{"paddle", isPaddle, scanPaddle},
	{"keras-metadata", isKerasMetadata, scanKerasMetadata},
}

// protoShape is the outermost message of a file.
type protoShape struct {
	all  field
	of   map[int][]field // the first fields of each number
	more bool            // there were more than are kept
	err  error           // how the message broke off
}

const (
	protoShapeFields = 64      // kept of each number
	protoNumbers     = 1 << 12 // fields of numbers; a model has few beside its messages
)

// num returns the value of a field of numbers, 0 where there is none.
func (m protoShape) num(n int) uint64 {
	v := uint64(0)
	for _, f := range m.of[n] {
		if f.wire == 0 {
			v = f.n
		}
	}
	return v
}

// messages returns the fields of a number that are bytes.
func (m protoShape) messages(n int) []field {
	var out []field
	for _, f := range m.of[n] {
		if f.bytes() {
			out = append(out, f)
		}
	}
	return out
}

// protobufHead tells whether the first fields can be those of a message. What
// begins with the protocol number of a pickle would be one whose first field is
// a number of 16 to 96: no format has those.
func protobufHead(head []byte) bool {
	if pickleHead(head) {
		return false
	}
	w := &window{size: int64(len(head)), buf: head, at: noMore{}}
	tag, at, err := w.varint(0, w.size)
	if err != nil || tag>>3 == 0 || tag>>3 > 2000 {
		return false
	}
	switch tag & 7 {
	case 0:
		_, at, err = w.varint(at, w.size)
		return err == nil && at < w.size
	case 2:
		n, _, err := w.varint(at, w.size)
		return err == nil && n < 1<<40
	}
	return false
}

// noMore is a file of which all is already in the window.
type noMore struct{}

func (noMore) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// shape reads the outermost fields of a message, entering none.
func (w *window) shape(m field) protoShape {
	out := protoShape{all: m, of: map[int][]field{}}
	count, numbers := 0, 0
	out.err = w.fields(m, func(f field) error {
		if count++; count > 8 && len(out.of) == 1 && len(out.of[f.num]) == 0 && f.num > 2000 {
			return errSense
		}
		if !f.bytes() {
			numbers++
		}
		if len(out.of) > 200 || numbers > protoNumbers {
			return errSense
		}
		if fs := out.of[f.num]; len(fs) < protoShapeFields {
			out.of[f.num] = append(fs, f)
		} else {
			out.more = true
		}
		return nil
	})
	return out
}

// any says whether one of the messages has the shape that is asked for.
func (w *window) any(fs []field, is func(m protoShape) bool) bool {
	for i, f := range fs {
		if i == 4 {
			return false
		}
		if is(w.shape(f)) {
			return true
		}
	}
	return false
}

func scanProtobuf(s *scan, p piece) bool {
	if p.size < 0 {
		p.size = s.extent(p)
	}
	w := newWindow(p)
	m := w.shape(field{wire: 2, end: w.size})
	found := false
	for _, k := range protobufKinds {
		if !k.is(w, m) {
			continue
		}
		s.name(p, k.name)
		found = true
		k.scan(s, p, m)
	}
	if found && m.err != nil {
		s.unread(p, "a message breaks off: "+m.err.Error())
	}
	return found
}

// broken records that a message inside p could not be read.
func (s *scan) broken(p piece, where string, err error) {
	if err != nil {
		s.unread(p, where+": "+err.Error())
	}
}
