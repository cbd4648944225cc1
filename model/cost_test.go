package model_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// padded is a file of size bytes: a head, then zeros.
type padded struct {
	head string
	size int64
}

func (p padded) ReadAt(b []byte, off int64) (int, error) {
	if off >= p.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.size-off))
	clear(b[:n])
	if off < int64(len(p.head)) {
		copy(b[:n], p.head[off:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func TestLargeTensorsAreNotRead(t *testing.T) {
	const gib = 1 << 30
	head := safetensors(fmt.Sprintf(`{"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}`, 10*gib, 10*gib), "")
	one := gguf([]string{pair("general.architecture", "llama")}, []string{tensor("w", 0, 0, 2*gib)}, "")
	node := onnxNode("Relu", "")
	raw := string(binary.AppendUvarint([]byte{9<<3 | 2}, 2*gib-4096))
	weights := string(binary.AppendUvarint([]byte{5<<3 | 2}, uint64(len(raw)+2*gib-4096))) + raw
	graph := string(binary.AppendUvarint([]byte{7<<3 | 2}, uint64(len(node)+len(weights)+2*gib-4096)))
	onnx := num(1, 8) + sub(8, num(2, 17)) + graph + node + weights
	tests := []struct {
		name string
		file padded
	}{
		{"safetensors", padded{head, int64(len(head)) + 10*gib}},
		{"gguf", padded{one, int64(len(one)) + 8*gib}},
		{"onnx", padded{onnx, int64(len(onnx)) + 2*gib - 4096}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := model.Scan(t.Context(), tt.name, tt.file, tt.file.size, model.Limits{})
			if err != nil || r.Format != tt.name || r.Verdict != model.Clean || r.BytesRead > 128<<10 {
				t.Errorf("Scan = %s %s %v %q, %d bytes read, %v; want clean and at most 128 KiB", r.Format, r.Verdict, r.Findings, r.Unread, r.BytesRead, err)
			}
		})
	}
}
