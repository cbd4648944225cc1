package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

func ggufString(s string) string { return u64(uint64(len(s))) + s }

// gguf is a file of version 3 with pairs and tensors.
func gguf(pairs, tensors []string, data string) string {
	head := "GGUF" + u32(3) + u64(uint64(len(tensors))) + u64(uint64(len(pairs))) + strings.Join(pairs, "") + strings.Join(tensors, "")
	if len(tensors) == 0 {
		return head
	}
	return head + strings.Repeat("\x00", (32-len(head)%32)%32) + data
}

func pair(key, text string) string { return ggufString(key) + u32(8) + ggufString(text) }

func tensor(name string, kind int, offset uint64, dims ...uint64) string {
	s := ggufString(name) + u32(len(dims))
	for _, d := range dims {
		s += u64(d)
	}
	return s + u32(kind) + u64(offset)
}

const (
	chat   = `{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}`
	inject = `{{ cycler.__init__.__globals__.os.popen('true').read() }}`
)

func ggufVectors() []vector {
	arch := pair("general.architecture", "llama")
	words := ggufString("tokenizer.ggml.tokens") + u32(9) + u32(8) + u64(2) + ggufString("a") + ggufString("b")
	one := tensor("w", 0, 0, 8)
	return []vector{
		{"plain", gguf([]string{arch, words, pair("tokenizer.chat_template", chat)}, []string{one}, strings.Repeat("\x01", 32)), "gguf", model.Clean, ""},
		{"type_of_tensor", gguf([]string{arch}, []string{tensor("w", 4000, 0, 8)}, strings.Repeat("\x01", 32)), "gguf", model.Suspicious, "type 4000"},
		{"template", gguf([]string{arch, pair("tokenizer.chat_template", inject)}, nil, ""), "gguf", model.Dangerous, "__globals__"},
		{"named_template", gguf([]string{pair("tokenizer.chat_template", chat), pair("tokenizer.chat_template.tool_use", inject)}, nil, ""), "gguf", model.Dangerous, "tool_use"},
		{"repeated_key", gguf([]string{pair("tokenizer.chat_template", chat), pair("tokenizer.chat_template", chat)}, nil, ""), "gguf", model.Suspicious, "twice"},
		{"tensors_overflow", "GGUF" + u32(3) + u64(1<<61) + u64(0), "gguf", model.Dangerous, "tensors"},
		{"pairs_overflow", "GGUF" + u32(3) + u64(0) + u64(1<<63), "gguf", model.Dangerous, "pairs"},
		{"string_overflow", "GGUF" + u32(3) + u64(0) + u64(1) + u64(1<<64-1) + strings.Repeat("x", 64), "gguf", model.Dangerous, "string"},
		{"array_overflow", gguf([]string{ggufString("a") + u32(9) + u32(12) + u64(1<<61)}, nil, ""), "gguf", model.Dangerous, "array"},
		{"dims_overflow", gguf([]string{arch}, []string{tensor("w", 0, 0, 1<<33, 1<<33)}, ""), "gguf", model.Dangerous, "overflow"},
		{"too_many_dims", gguf([]string{arch}, []string{tensor("w", 0, 0, 1, 1, 1, 1, 8)}, strings.Repeat("\x01", 32)), "gguf", model.Suspicious, "dimensions"},
		{"past_the_end", gguf([]string{arch}, []string{tensor("w", 0, 4096, 8)}, strings.Repeat("\x01", 32)), "gguf", model.Suspicious, "tensors to byte"},
		{"offset_overflow", gguf([]string{arch}, []string{tensor("w", 0, 1<<64-32, 8)}, ""), "gguf", model.Dangerous, "overflows"},
		{"pickle_behind", gguf([]string{arch}, []string{one}, strings.Repeat("\x01", 32)+call), "gguf", model.Dangerous, "posix.system"},
		{"alignment", gguf([]string{ggufString("general.alignment") + u32(4) + u32(0)}, nil, ""), "gguf", model.Suspicious, "alignment"},
		{"cut", gguf([]string{arch, arch}, nil, "")[:60], "gguf", model.Unreadable, "ends in its header"},
		{"version", "GGUF" + u32(9) + u64(0) + u64(0), "gguf", model.Unreadable, "version"},
		{"big_endian", "GGUF\x00\x00\x00\x03" + u64(0) + u64(0), "gguf", model.Clean, ""},
	}
}

func TestGGUF(t *testing.T) { judge(t, ggufVectors()) }

func FuzzGGUF(f *testing.F) { hunt(f, ggufVectors()) }

func safetensors(header, data string) string { return u64(uint64(len(header))) + header + data }

func safetensorsVectors() []vector {
	a := func(from, to int) string {
		return fmt.Sprintf(`{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}`, to-from, from, to)
	}
	return []vector{
		{"plain", safetensors(`{"__metadata__":{"format":"pt"},"a":`+a(0, 4)+`,"b":`+a(4, 8)+`}  `, "12345678"), "safetensors", model.Clean, ""},
		{"empty", safetensors(`{}`, ""), "safetensors", model.Clean, ""},
		{"out_of_order", safetensors(`{"b":`+a(4, 8)+`,"a":`+a(0, 4)+`}`, "12345678"), "safetensors", model.Clean, ""},
		{"repeated_key", safetensors(`{"a":`+a(0, 4)+`,"a":`+a(0, 4)+`}`, "1234"), "safetensors", model.Suspicious, "twice"},
		{"overlap", safetensors(`{"a":`+a(0, 4)+`,"b":`+a(2, 6)+`}`, "123456"), "safetensors", model.Suspicious, "overlap"},
		{"hole", safetensors(`{"a":`+a(0, 4)+`,"b":`+a(6, 8)+`}`, "12345678"), "safetensors", model.Suspicious, "belong to no tensor"},
		{"pickle_in_a_hole", safetensors(fmt.Sprintf(`{"b":%s}`, a(len(call), len(call)+2)), call+"12"), "safetensors", model.Dangerous, "posix.system"},
		{"trailing", safetensors(`{"a":`+a(0, 4)+`}`, "1234more"), "safetensors", model.Suspicious, "behind"},
		{"pickle_behind", safetensors(`{"a":`+a(0, 4)+`}`, "1234"+call), "safetensors", model.Dangerous, "posix.system"},
		{"zip_behind", safetensors(`{"a":`+a(0, 4)+`}`, "1234"+zipStored("data.pkl", call)), "", model.Dangerous, "posix.system"},
		{"wrong_size", safetensors(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}`, "1234"), "safetensors", model.Suspicious, "in a place of"},
		{"shape_overflow", safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,16],"data_offsets":[0,4]}}`, "1234"), "safetensors", model.Suspicious, "overflow"},
		{"negative", safetensors(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}}`, "1234"), "safetensors", model.Unreadable, "cannot be"},
		{"unknown_type", safetensors(`{"a":{"dtype":"X9","shape":[4],"data_offsets":[0,4]}}`, "1234"), "safetensors", model.Unreadable, "unknown type"},
		{"space_first", safetensors(` {"a":`+a(0, 4)+`}`, "1234"), "safetensors", model.Unreadable, "begin"},
		{"header_too_long", u64(200_000_000) + `{"a":1}`, "safetensors", model.Suspicious, "200000000"},
		{"cut", safetensors(`{"a":`+a(0, 4)+`}`, "12"), "safetensors", model.Unreadable, "ends in its tensors"},
	}
}

// zipStored is a zip archive of one member, not compressed.
func zipStored(name, data string) string {
	le := u32(0) + u32(len(data)) + u32(len(data)) + u16(len(name)) + u16(0)
	local := "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00" + le + name + data
	central := "PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00" + le + u16(0) + u16(0) + u16(0) + u32(0) + u32(0) + name
	return local + central + "PK\x05\x06" + u32(0) + u16(1) + u16(1) + u32(len(central)) + u32(len(local)) + u16(0)
}

func TestSafetensors(t *testing.T) { judge(t, safetensorsVectors()) }

func FuzzSafetensors(f *testing.F) { hunt(f, safetensorsVectors()) }
