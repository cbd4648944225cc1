package pickle_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/pickle"
)

func scan(t testing.TB, text string, o pickle.Options) pickle.Result {
	t.Helper()
	res, err := pickle.Scan(context.Background(), strings.NewReader(text), 0, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// worst is the highest level of the findings.
func worst(res pickle.Result) pickle.Level {
	level := pickle.Info
	for _, f := range res.Findings {
		level = max(level, f.Level)
	}
	return level
}

func tells(res pickle.Result, what string) bool {
	for _, f := range res.Findings {
		if strings.Contains(f.What, what) {
			return true
		}
	}
	return false
}

// TestReaderDifferentials holds streams at which other readers stop, or which
// they read in another way than CPython does.
func TestReaderDifferentials(t *testing.T) {
	tests := []struct{ name, text string }{
		{"int_base_16", "I0x10\n0" + shell() + stop},
		{"int_base_8", "I0o17\n0" + shell() + stop},
		{"int_base_2_after_proto", proto(2) + "I0b1\n0" + shell() + stop},
		{"int_octal_of_c", "I017\n0" + shell() + stop},
		{"long_base_16", "L0x10L\n0" + shell() + stop},
		{"int_with_underscores", "I1_000\n0" + shell() + stop},
		{"string_not_ascii", "S'\xc3\xa4'\n0" + shell() + stop},
		{"binstring_not_ascii", "T\x02\x00\x00\x00\xc3\xa40" + shell() + stop},
		{"surrogate_in_unicode", "V\\ud800\n0" + shell() + stop},
		{"lone_surrogate_in_binunicode", bu("\xed\xa0\x80") + pop + shell() + stop},
		{"proto_in_the_middle", shell() + proto(2) + pop + shell() + stop},
		{"persid_first", "Pwhatever\n0" + shell() + stop},
		{"float_odd", "Finf\n0" + shell() + stop},
		{"put_with_sign", none + "p+1\n0" + shell() + stop},
		{"get_with_blanks", none + "p1\n0g 1\n0" + shell() + stop},
		{"next_buffer", "\x97\x980" + shell() + stop},
		{"mark_popped_by_pop", mark + pop + shell() + stop},
		{"escaped_names", "Vposi\\u0078\nVsystem\n\x93" + bu("true") + tuple1 + reduce + stop},
		{"quoted_names", "S'posi\\x78'\nS'syst\\145m'\n\x93" + bu("true") + tuple1 + reduce + stop},
		{"names_of_python_2", glob("__builtin__", "eval") + bu("1") + tuple1 + reduce + stop},
		{"names_of_python_2_commands", glob("commands", "getoutput") + bu("true") + tuple1 + reduce + stop},
		{"no_stop", shell()},
		{"invalid_opcode_after", shell() + "\xff"},
		{"truncated_after", shell() + "X\xff"},
		{"bytearray8", "\x96" + "\x01\x00\x00\x00\x00\x00\x00\x00x0" + shell() + stop},
		{"binunicode8", "\x8d\x05\x00\x00\x00\x00\x00\x00\x00posix\x8d\x06\x00\x00\x00\x00\x00\x00\x00system\x93" + bu("true") + tuple1 + reduce + stop},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res := scan(t, tt.text, pickle.Options{}); worst(res) != pickle.Dangerous {
				t.Errorf("Scan(%q) = %+v; want a dangerous finding", tt.text, res)
			}
		})
	}
}

// TestShortFrame reads a stream whose frame ends in the middle of an opcode. Read
// on, it holds a harmless text; to a reader that drops what is left of a frame
// it holds a call.
func TestShortFrame(t *testing.T) {
	payload := shell()
	inside := "X" + le32(len(payload)+4) // the argument crosses the end of the frame
	text := proto(4) + frame(len(inside)+2) + inside + "ab" + strings.Repeat("z", 4) + strings.Repeat("y", len(payload)) + pop + payload + stop
	linear := scan(t, proto(4)+frame(len(inside)+2)+inside+"ab"+"zz"+payload+none+stop, pickle.Options{})
	if !linear.Straddles || worst(linear) > pickle.Info {
		t.Errorf("read on: straddles %v, %+v; want a straddle and no finding", linear.Straddles, linear.Findings)
	}
	// "X" and its length are read, then "ab" is what is left of the frame and is
	// lost: the text that follows begins behind it.
	dropped := scan(t, text, pickle.Options{Frames: true})
	if !dropped.Straddles || worst(dropped) != pickle.Dangerous {
		t.Errorf("dropped: straddles %v, %+v; want a call", dropped.Straddles, dropped.Findings)
	}
}

func TestOtherWaysToCall(t *testing.T) {
	system := glob("posix", "system")
	cmd := bu("true")
	tests := []struct{ name, text string }{
		{"reduce", shell() + stop},
		{"reduce_popped", shell() + pop + none + stop},
		{"reduce_dropped_by_pop_mark", mark + shell() + popMark + none + stop},
		{"stack_global", proto(4) + stackGlobal("posix", "system") + cmd + tuple1 + reduce + stop},
		{"stack_global_without_proto", stackGlobal("posix", "system") + cmd + tuple1 + reduce + stop},
		{"inst", mark + cmd + "iposix\nsystem\n" + stop},
		{"obj", mark + system + cmd + obj + stop},
		{"obj_popped", mark + system + cmd + obj + pop + none + stop},
		{"newobj", glob("subprocess", "Popen") + cmd + tuple1 + newobj + stop},
		{"newobj_ex", proto(4) + stackGlobal("subprocess", "Popen") + cmd + tuple1 + dict + "\x92" + stop},
		{"put_after_dup", proto(4) + sbu("math") + sbu("posix") + dup + put(0) + pop + pop + pop + get(0) + sbu("system") + "\x93" + cmd + tuple1 + reduce + stop},
		{"put_after_pop", proto(4) + sbu("posix") + sbu("decoy") + pop + put(3) + get(3) + sbu("system") + "\x93" + cmd + tuple1 + reduce + stop},
		{"memo_overwritten", proto(4) + sbu("math") + put(0) + sbu("posix") + put(0) + get(0) + sbu("system") + "\x93" + cmd + tuple1 + reduce + stop},
		{"memoize_takes_the_count", proto(4) + sbu("a") + put(7) + sbu("posix") + memoize + get(1) + sbu("system") + "\x93" + cmd + tuple1 + reduce + stop},
		{"sparse_memo", proto(4) + sbu("posix") + "r\x00\x00\x01\x00" + pop + "j\x00\x00\x01\x00" + sbu("system") + "\x93" + cmd + tuple1 + reduce + stop},
		{"decoys", sbu("collections") + sbu("OrderedDict") + pop + pop + stackGlobal("posix", "system") + cmd + tuple1 + reduce + stop},
		{"dotted", proto(4) + stackGlobal("pathlib", "os.system") + cmd + tuple1 + reduce + stop},
		{"dotted_through_a_private_name", proto(4) + stackGlobal("collections", "_sys.exit") + emptyTuple + reduce + stop},
		{"module_of_a_module", proto(4) + stackGlobal("posixpath", "os") + put(0) + pop + get(0) + sbu("system") + tuple2 + put(1) + pop + glob("builtins", "getattr") + get(1) + reduce + stop},
		{"getattr", glob("builtins", "getattr") + glob("builtins", "__import__") + bu("os") + tuple1 + reduce + bu("system") + tuple2 + reduce + cmd + tuple1 + reduce + stop},
		{"getattr_dunder", glob("builtins", "getattr") + glob("collections", "OrderedDict") + bu("__init__") + tuple2 + reduce + stop},
		{"attrgetter_dunder", glob("operator", "attrgetter") + bu("__globals__.x") + tuple1 + reduce + stop},
		{"partial", glob("functools", "partial") + system + cmd + tuple2 + reduce + emptyTuple + reduce + stop},
		{"map", glob("builtins", "map") + system + "](" + cmd + "e" + tuple2 + reduce + stop},
		{"rebuild_from_type_v2", glob("torch._tensor", "_rebuild_from_type_v2") + mark + system + glob("torch", "Tensor") + cmd + tuple1 + none + tuple + reduce + stop},
		{"newobj_of_copyreg", glob("copyreg", "__newobj__") + glob("subprocess", "Popen") + cmd + tuple2 + reduce + stop},
		{"reconstructor", glob("copyreg", "_reconstructor") + glob("subprocess", "Popen") + glob("builtins", "object") + none + tuple3 + reduce + stop},
		{"ufunc", glob("numpy.core", "_ufunc_reconstruct") + bu("os") + bu("system") + tuple2 + reduce + stop},
		{"pip", glob("pip._internal", "main") + "](" + bu("install") + "e" + tuple1 + reduce + stop},
		{"import_dotted_name", glob("torch._utils", "_import_dotted_name") + bu("os.system") + tuple1 + reduce + cmd + tuple1 + reduce + stop},
		{"uncalled", system + stop},
		{"in_the_state_of_an_object", glob("argparse", "Namespace") + emptyTuple + newobj + dict + bu("f") + system + setItem + build + stop},
		{"build_on_a_class", glob("collections", "OrderedDict") + dict + bu("__setstate__") + none + setItem + build + stop},
		{"partial_that_holds_itself", system + pop + glob("functools", "partial") + glob("torch.nn.functional", "relu") + tuple1 + reduce + put(0) + get(0) + tuple1 + build + emptyTuple + reduce + stop},
		{"item_of_a_module", glob("sys", "modules") + bu("collections") + none + setItem + stop},
		{"class_with_a_hash", dict + glob("builtins", "type") + mark + bu("X") + emptyTuple + dict + tuple + reduce + none + setItem + stop},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res := scan(t, tt.text, pickle.Options{}); worst(res) < pickle.Bad {
				t.Errorf("Scan(%q) = %+v; want a dangerous finding", tt.text, res.Findings)
			}
		})
	}
}

func TestHarmless(t *testing.T) {
	enum := glob("transformers.trainer_utils", "IntervalStrategy")
	tests := []struct{ name, text string }{
		{"plain", proto(4) + dict + mark + sbu("os.system") + none + setItems + stop},
		{"ordered_dict", glob("collections", "OrderedDict") + emptyTuple + reduce + stop},
		{"getattr_of_an_enum", glob("builtins", "getattr") + enum + bu("NO") + tuple2 + reduce + stop},
		{"getattr_of_an_object", glob("builtins", "getattr") + glob("argparse", "Namespace") + emptyTuple + newobj + bu("run_name") + tuple2 + reduce + stop},
		{"getattr_kept", glob("builtins", "getattr") + stop},
		{"partial_of_a_known_function", glob("functools", "partial") + glob("torch.nn.functional", "relu") + tuple1 + reduce + stop},
		{"itemgetter", glob("operator", "itemgetter") + "K\x01" + tuple1 + reduce + stop},
		{"attrgetter", glob("operator", "attrgetter") + bu("weight") + tuple1 + reduce + stop},
		{"defaultdict", glob("collections", "defaultdict") + glob("builtins", "list") + tuple1 + reduce + stop},
		{"bytes_of_protocol_2", glob("_codecs", "encode") + bu("\u00e9") + bu("latin1") + tuple2 + reduce + stop},
		{"class_of_sklearn", glob("copyreg", "_reconstructor") + glob("sklearn.gaussian_process._gpc", "GaussianProcessClassifier") + glob("builtins", "object") + none + tuple3 + reduce + dict + build + stop},
		{"tensor", glob("torch._utils", "_rebuild_tensor_v2") + mark + mark + bu("storage") + glob("torch", "FloatStorage") + bu("0") + bu("cpu") + "K\x04" + tuple + "Q" + "K\x00" + tuple + reduce + stop},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := scan(t, tt.text, pickle.Options{})
			if worst(res) > pickle.Info || res.Fault != "" || !res.Stopped {
				t.Errorf("Scan(%q) = %+v; want nothing", tt.text, res)
			}
		})
	}
}

// TestUnknown holds what is neither known to be harmless nor to be dangerous.
func TestUnknown(t *testing.T) {
	tests := []struct{ name, text string }{
		{"import", glob("my_package", "MyClass") + stop},
		{"call", glob("my_package", "func") + emptyTuple + reduce + stop},
		{"function_of_a_framework", glob("torch.nn.functional", "relu") + none + tuple1 + reduce + stop},
		{"extension", "\x82\x05" + emptyTuple + reduce + stop},
		{"computed_name", proto(4) + none + put(0) + glob("builtins", "str") + emptyTuple + reduce + sbu("x") + "\x93" + stop},
		{"persistent_called", none + "Q" + emptyTuple + reduce + stop},
		{"huge_memo", none + "r\xff\xff\xff\x7f" + stop},
		{"after_an_error", "S'x\n" + shell() + stop},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res := scan(t, tt.text, pickle.Options{}); worst(res) != pickle.Unknown {
				t.Errorf("Scan(%q) = %+v; want an unknown finding", tt.text, res.Findings)
			}
		})
	}
}

func TestWordsOfAFinding(t *testing.T) {
	res := scan(t, glob("subprocess", "Popen")+"]("+bu("sh")+bu("-c")+bu("curl 'https://x.example/?sig=abcdef'")+"e"+tuple1+reduce+stop, pickle.Options{})
	if !tells(res, "subprocess.Popen(['sh', '-c', 'curl 'https://x.example/?sig=…'']") {
		t.Errorf("findings %+v; want the call in words, without what follows sig=", res.Findings)
	}
	if f := res.Findings[0]; f.Opcode != "REDUCE" || f.Offset == 0 || f.Rule != "call" {
		t.Errorf("finding %+v; want a call by REDUCE with its offset", f)
	}
}

func TestNestedPickles(t *testing.T) {
	inner := proto(2) + shell() + stop
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(inner))
	w.Close()
	tests := []struct {
		name, text string
		inert      bool
	}{
		{"pickle_loads", glob("pickle", "loads") + bin(inner) + tuple1 + reduce + stop, false},
		{"torch_bytes", glob("torch.storage", "_load_from_bytes") + bin(inner) + tuple1 + reduce + stop, false},
		{"base64", glob("pickle", "loads") + glob("base64", "b64decode") + bu(base64.StdEncoding.EncodeToString([]byte(inner))) + tuple1 + reduce + tuple1 + reduce + stop, false},
		{"hex", glob("pickle", "loads") + glob("binascii", "unhexlify") + bu(hex.EncodeToString([]byte(inner))) + tuple1 + reduce + tuple1 + reduce + stop, false},
		{"zlib", glob("pickle", "loads") + glob("zlib", "decompress") + bin(z.String()) + tuple1 + reduce + tuple1 + reduce + stop, false},
		{"inert", bin(inner) + stop, true},
		{"inert_base64", bu(base64.StdEncoding.EncodeToString([]byte(proto(4)+frame(40)+inner))) + stop, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := false
			scan(t, tt.text, pickle.Options{Inner: func(in pickle.Inner) {
				res, _ := pickle.Scan(context.Background(), in.R, 0, pickle.Options{})
				found = found || tells(res, "posix.system") && (in.Inert || !tt.inert)
			}})
			if !found {
				t.Errorf("Scan(%q) did not hand on the inner pickle", tt.text)
			}
		})
	}
}

func TestWeightsOnly(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"tensor", proto(2) + glob("torch._utils", "_rebuild_tensor_v2") + mark + none + tuple + reduce + stop, ""},
		{"protocol_4", proto(4) + frame(2) + none + stop, "opcode FRAME is not supported"},
		{"other_class", proto(2) + glob("torch.nn.modules.linear", "Linear") + stop, "torch.nn.modules.linear.Linear is not allowed"},
		{"command", proto(2) + shell() + stop, "posix.system is not allowed"},
		{"persistent_id", proto(2) + bu("x") + tuple1 + "Q" + stop, "a persistent id that is no storage"},
		{"other_protocol_2_names", proto(2) + glob("__builtin__", "set") + emptyList + tuple1 + reduce + stop, ""},
		{"item_of_a_list", proto(2) + emptyList + none + none + setItem + stop, "sets items of something that is no dict: PyTorch before 2.10 may"},
		{"append_to_a_dict", proto(2) + dict + none + "a" + stop, "appends to something that is no list"},
		{"pop", proto(2) + none + pop + none + stop, "opcode POP is not supported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res := scan(t, tt.text, pickle.Options{}); res.WeightsOnly != tt.want {
				t.Errorf("WeightsOnly = %q; want %q", res.WeightsOnly, tt.want)
			}
		})
	}
}

func TestWeightsSince(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"tensor", proto(2) + glob("torch._utils", "_rebuild_tensor_v2") + mark + none + tuple + reduce + stop, ""},
		{"bytes", proto(2) + glob("_codecs", "encode") + bu("x") + bu("latin1") + tuple2 + reduce + stop, "2.5"},
		{"name_of_python_2", proto(2) + glob("copy_reg", "x") + stop, ""},
		{"set", proto(2) + glob("__builtin__", "set") + emptyList + tuple1 + reduce + stop, "2.6"},
		{"complex", proto(2) + glob("__builtin__", "complex") + "G12345678G12345678" + tuple2 + reduce + stop, "2.7"},
		{"new_object_of_a_class", proto(2) + glob("collections", "Counter") + emptyTuple + newobj + stop, "2.5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res := scan(t, tt.text, pickle.Options{}); res.WeightsSince != tt.want {
				t.Errorf("WeightsSince = %q, refused %q; want %q", res.WeightsSince, res.WeightsOnly, tt.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"marks", strings.Repeat(mark, 1<<20), "more marks than may be kept"},
		{"opcodes", strings.Repeat("N0", 1<<20), "more opcodes than may be run"},
		{"imports_on_the_stack", proto(4) + stackGlobal("a", "b") + put(0) + strings.Repeat(get(0), 1<<20), "more values on the stack than may be kept"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := scan(t, tt.text, pickle.Options{Opcodes: 1<<20 + 100, Memory: 2 << 20})
			if res.Exhausted != tt.want {
				t.Errorf("Exhausted = %q; want %q", res.Exhausted, tt.want)
			}
		})
	}
}

// TestDeepRegion calls something from below millions of values, and by way of a
// memo that has no room left.
func TestDeepRegion(t *testing.T) {
	filler := strings.Repeat(sbu("x")+memoize, 400_000)
	text := proto(4) + "]" + memoize + mark + filler + "e" + stackGlobal("posix", "system") + memoize + bu("true") + tuple1 + reduce + stop
	if res := scan(t, text, pickle.Options{Memory: 2 << 20}); worst(res) != pickle.Dangerous || !res.Stopped {
		t.Errorf("findings %+v, exhausted %q; want the call", res.Findings, res.Exhausted)
	}
	lost := proto(4) + "]" + memoize + mark + filler + sbu("posix") + memoize + sbu("system") + memoize + strings.Repeat(sbu("x"), 2000) + "e" +
		"j" + le32(400_001) + "j" + le32(400_002) + "\x93" + bu("true") + tuple1 + reduce + stop
	if res := scan(t, lost, pickle.Options{Memory: 2 << 20}); worst(res) < pickle.Unknown {
		t.Errorf("findings %+v; want a computed name", res.Findings)
	}
}

// TestJoblibArray passes over an array that stands between the opcodes, and finds
// what comes behind it.
func TestJoblibArray(t *testing.T) {
	wrapper := proto(4) + stackGlobal("joblib.numpy_pickle", "NumpyArrayWrapper") + emptyTuple + newobj + dict + mark +
		sbu("shape") + "K\x03K\x02" + tuple2 + sbu("dtype") + stackGlobal("numpy", "dtype") + sbu("f8") + "\x89\x88" + tuple3 + reduce +
		sbu("numpy_array_alignment_bytes") + "K\x10" + setItems + build
	text := wrapper + "\x02\xff\xff" + strings.Repeat("\xfe", 48) + pop + shell() + stop
	res := scan(t, text, pickle.Options{})
	if res.Arrays != 1 || worst(res) != pickle.Dangerous || res.Fault != "" {
		t.Errorf("Scan = %+v; want one array and the call behind it", res)
	}
}
