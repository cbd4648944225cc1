package model

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// native is programs that carry their model, such as llamafile. A program
// without a model inside is no model.
var native = Format{
	Name: "llamafile",
	Doc:  "programs with a model inside: llamafile, and files that are both",
	head: nativeHead,
	scan: scanNative,
}

// apeMarks begin programs that run on several systems.
// Source: https://github.com/jart/cosmopolitan, ape/specification.md.
var apeMarks = []string{"MZqFpD='", "jartsr='", "APEDBG='"}

func nativeHead(head []byte) bool {
	for _, mark := range append([]string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"}, apeMarks...) {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return false
}

func scanNative(s *scan, p piece) bool {
	head := readUpTo(p.at, 0, 16)
	ape := false
	for _, mark := range apeMarks {
		ape = ape || bytes.HasPrefix(head, []byte(mark))
	}
	before := len(s.report.Findings)
	inside := false
	if p.size > 0 {
		tail := readUpTo(p.at, max(0, p.size-tailSize), tailSize)
		if findEnd(tail) >= 0 {
			inside = scanZip(s, p) && (s.report.Format != "" && s.report.Format != "zip" || len(s.report.Findings) > before || ape)
		}
	}
	if !ape && !inside {
		return false
	}
	if p.depth == 0 {
		s.report.Format = "llamafile"
	}
	s.find(p, Finding{Rule: "program", What: "a program", Why: "it is not loaded but run, as code of the machine", Severity: Medium})
	return true
}

// tflite is TensorFlow Lite.
// Source: tensorflow/compiler/mlir/lite/schema/schema.fbs
var tflite = Format{
	Name: "tflite",
	Doc:  "TensorFlow Lite: custom operators, and TensorFlow's own that reach files",
	head: func(head []byte) bool { return len(head) > 8 && string(head[4:8]) == "TFL3" },
	scan: scanTFLite,
}

// tfliteCustom are custom operators that come with TensorFlow Lite or MediaPipe.
var tfliteCustom = []string{"TFLite_Detection_PostProcess", "AudioSpectrogram", "Mfcc", "Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D", "TransformTensorBilinear", "Landmarks2TransformMatrix", "edgetpu-custom-op",
	"ParseExample", "ParseExampleV2", "Irfft2d", "Rfft2d", "NumericVerify", "HashtableLookup", "RandomUniform", "RandomStandardNormal", "Multinomial", "AvgPool3D", "MaxPool3D", "Conv3D", "Relu1", "Atan2", "Sign", "Table", "RoiToTransformMatrix", "SignalFramer", "StablehloComposite"}

// flat reads a FlatBuffer. Source: https://flatbuffers.dev/internals/
type flat struct{ *window }

func (f flat) u32(at int64) int64 {
	b, err := f.slice(at, 4)
	if err != nil {
		if f.err == nil {
			f.err = err
		}
		return 0
	}
	return int64(binary.LittleEndian.Uint32(b))
}

// field returns where a field of a table stands, 0 if it has none.
func (f flat) field(table int64, n int64) int64 {
	vtable := table - int64(int32(f.u32(table)))
	b, err := f.slice(vtable, 2)
	if err != nil || int64(binary.LittleEndian.Uint16(b)) < 6+2*n {
		return 0
	}
	if b, err = f.slice(vtable+4+2*n, 2); err != nil {
		return 0
	}
	if off := int64(binary.LittleEndian.Uint16(b)); off > 0 {
		return table + off
	}
	return 0
}

// follow goes where a field points to.
func (f flat) follow(at int64) int64 {
	if at == 0 {
		return 0
	}
	return at + f.u32(at)
}

func (f flat) text(at int64) string {
	n := f.u32(at)
	b, err := f.slice(at+4, int(min(n, 256)))
	if err != nil {
		return ""
	}
	return string(b)
}

func scanTFLite(s *scan, p piece) bool {
	s.name(p, "tflite")
	f := flat{newWindow(p)}
	codes := f.follow(f.field(f.u32(0), 1))
	if codes > 0 {
		n := f.u32(codes)
		if n > 100_000 {
			f.window.err = errSense
			n = 0
		}
		for i := range n {
			at := codes + 4 + 4*i
			if custom := f.follow(f.field(at+f.u32(at), 1)); custom > 0 {
				s.tfliteOp(p, f.text(custom), custom)
			}
		}
	}
	if f.window.err != nil {
		s.unread(p, "TensorFlow Lite: "+f.window.err.Error())
	}
	return true
}

func (s *scan) tfliteOp(p piece, name string, at int64) {
	flex, isFlex := strings.CutPrefix(name, "Flex")
	f := Finding{Rule: "operator", What: "the operator " + clipText(name, 80), Offset: at, Severity: Medium, Why: "it does not come with TensorFlow Lite: it needs a library of its maker, which runs as code"}
	for _, known := range tfliteCustom {
		if name == known || name == "" {
			return
		}
	}
	if isFlex {
		bad, ok := tfRuns[flex]
		switch {
		case ok:
			f.Why, f.Severity = bad.Why, bad.Severity
		case tfKnown(flex):
			return
		}
	}
	s.find(p, f)
}
