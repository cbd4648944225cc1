package model_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// onnxNode is a node of an ONNX graph with attributes.
func onnxNode(op, domain string, attributes ...string) string {
	return sub(1, sub(1, "x"), sub(2, "y"), sub(4, op), sub(7, domain), strings.Join(attributes, ""))
}

func onnxModel(graph string, more ...string) string {
	return num(1, 8) + sub(2, "test") + sub(7, graph, sub(2, "g")) + sub(8, sub(1, ""), num(2, 17)) + strings.Join(more, "")
}

// outside is a tensor whose values lie in a file.
func outside(field int, path string) string {
	return sub(field, num(1, 4), num(2, 1), sub(8, "w"), sub(13, sub(1, "location"), sub(2, path)), num(14, 1))
}

func onnxVectors() []vector {
	relu := onnxNode("Relu", "")
	branch := sub(5, sub(1, "then_branch"), sub(6, relu, outside(5, "../../secret")))
	return []vector{
		{"extensions", onnxModel(onnxNode("BertTokenizer", "ai.onnx.contrib")), "onnx", model.Clean, "BertTokenizer"},
		{"extensions_python", onnxModel(onnxNode("PyOp", "ai.onnx.contrib")), "onnx", model.Dangerous, "PyOp"},
		{"plain", onnxModel(relu), "onnx", model.Clean, ""},
		{"data_beside", onnxModel(relu + outside(5, "weights/w.bin")), "onnx", model.Clean, ""},
		{"traversal", onnxModel(relu + outside(5, "a/../../../etc/passwd")), "onnx", model.Dangerous, "passwd"},
		{"absolute", onnxModel(relu + outside(5, "/etc/passwd")), "onnx", model.Dangerous, "passwd"},
		{"backslash", onnxModel(relu + outside(5, `..\secret`)), "onnx", model.Dangerous, "secret"},
		{"address", onnxModel(relu + outside(5, "http://x.invalid/w")), "onnx", model.Suspicious, "x.invalid"},
		{"in_a_branch", onnxModel(onnxNode("If", "", branch)), "onnx", model.Dangerous, "secret"},
		{"in_a_constant", onnxModel(onnxNode("Constant", "", sub(5, sub(1, "value"), outside(5, "/etc/passwd")))), "onnx", model.Dangerous, "passwd"},
		{"in_a_sparse_tensor", onnxModel(relu + sub(15, outside(1, "/etc/passwd"))), "onnx", model.Dangerous, "passwd"},
		{"in_a_function", onnxModel(relu, sub(25, sub(1, "f"), sub(10, "mine"), sub(7, sub(4, "Constant"), sub(5, sub(1, "value"), outside(5, "/etc/passwd"))))), "onnx", model.Dangerous, "passwd"},
		{"in_training", onnxModel(relu, sub(20, sub(1, outside(5, "/etc/passwd")))), "onnx", model.Dangerous, "passwd"},
		{"custom_domain", onnxModel(onnxNode("Odd", "com.mine")), "onnx", model.Suspicious, "com.mine"},
		{"own_function", onnxModel(onnxNode("F", "mine"), sub(25, sub(1, "F"), sub(10, "mine"), sub(7, sub(4, "Relu")))), "onnx", model.Clean, ""},
		{"microsoft", onnxModel(onnxNode("FusedConv", "com.microsoft")), "onnx", model.Clean, ""},
		{"python", onnxModel(onnxNode("PyOp", "pyopmulti_1", sub(5, sub(1, "compute"), sub(4, "system")))), "onnx", model.Dangerous, "system"},
		{"second_graph", onnxModel(relu, sub(7, outside(5, "/etc/passwd"))), "onnx", model.Dangerous, "passwd"},
		{"cut", onnxModel(relu, sub(14, strings.Repeat("x", 50)))[:70], "onnx", model.Unreadable, "too early"},
	}
}

func TestONNX(t *testing.T) { judge(t, onnxVectors()) }

func FuzzONNX(f *testing.F) { hunt(f, onnxVectors()) }

// tfNode is a node of a TensorFlow graph, in field n.
func tfNode(n int, op string, more ...string) string {
	return sub(n, sub(1, "n"+op), sub(2, op), strings.Join(more, ""))
}

func savedModel(graph string, more ...string) string {
	return num(1, 1) + sub(2, sub(1, sub(5, "2.15.0")), sub(2, graph), strings.Join(more, ""))
}

func tensorflowVectors() []vector {
	path := sub(5, sub(1, "value"), sub(2, sub(8, num(1, 7), sub(8, "/home/user/.ssh/authorized_keys"))))
	return []vector{
		{"plain", savedModel(tfNode(1, "Placeholder") + tfNode(1, "MatMul")), "tf-savedmodel", model.Clean, ""},
		{"read", savedModel(tfNode(1, "Placeholder") + tfNode(1, "ReadFile")), "tf-savedmodel", model.Dangerous, "ReadFile"},
		{"write", savedModel(tfNode(1, "WriteFile")), "tf-savedmodel", model.Dangerous, "WriteFile"},
		{"list", savedModel(tfNode(1, "MatchingFiles")), "tf-savedmodel", model.Dangerous, "MatchingFiles"},
		{"python", savedModel(tfNode(1, "EagerPyFunc")), "tf-savedmodel", model.Dangerous, "EagerPyFunc"},
		{"in_a_function", savedModel(tfNode(1, "Placeholder") + sub(2, sub(1, sub(1, sub(1, "f")), tfNode(3, "WriteFile")))), "tf-savedmodel", model.Dangerous, "WriteFile"},
		{"own_function", savedModel(tfNode(1, "my_function") + sub(2, sub(1, sub(1, sub(1, "my_function")), tfNode(3, "AddV2")))), "tf-savedmodel", model.Clean, ""},
		{"custom", savedModel(tfNode(1, "Mine>Odd")), "tf-savedmodel", model.Suspicious, "Mine>Odd"},
		{"dataset", savedModel(tfNode(1, "TextLineDataset")), "tf-savedmodel", model.Suspicious, "TextLineDataset"},
		{"print", savedModel(tfNode(1, "PrintV2")), "tf-savedmodel", model.Suspicious, "PrintV2"},
		{"print_to_a_file", savedModel(tfNode(1, "PrintV2", sub(5, sub(1, "output_stream"), sub(2, sub(2, "file:///tmp/x"))))), "tf-savedmodel", model.Suspicious, "file:///tmp/x"},
		{"print_to_the_terminal", savedModel(tfNode(1, "PrintV2", sub(5, sub(1, "output_stream"), sub(2, sub(2, "stderr"))))), "tf-savedmodel", model.Clean, ""},
		{"operators_of_text", savedModel(tfNode(1, "SentencepieceOp") + tfNode(1, "Addons>Image")), "tf-savedmodel", model.Clean, "SentencepieceOp"},
		{"as_text", "meta_graphs { graph_def {\n node {\n name: \"a\"\n op: \"ReadFile\"\n}\n} }", "tf-text", model.Dangerous, "ReadFile"},
		{"as_text_harmless", "node {\n name: \"a\"\n op: \"MatMul\"\n}\n", "tf-text", model.Clean, ""},
		{"save_to_a_path", savedModel(tfNode(1, "Const", path) + tfNode(1, "SaveV2", sub(3, "nConst"))), "tf-savedmodel", model.Dangerous, "authorized_keys"},
		{"asset_outside", savedModel(tfNode(1, "Placeholder"), sub(6, sub(2, "../../x"))), "tf-savedmodel", model.Dangerous, "../../x"},
		{"frozen", tfNode(1, "Placeholder") + tfNode(1, "ReadFile"), "tf-graph", model.Dangerous, "ReadFile"},
		{"frozen_plain", tfNode(1, "Placeholder") + tfNode(1, "Relu"), "tf-graph", model.Clean, ""},
		{"metagraph", sub(1, sub(5, "2")) + sub(2, tfNode(1, "WriteFile")) + sub(3, sub(1, "s")), "tf-metagraph", model.Dangerous, "WriteFile"},
		{"keras_metadata", sub(1, num(2, 0), sub(3, "root"), sub(4, "_tf_keras_model"), sub(5, lambda)), "keras-metadata", model.Dangerous, "Lambda"},
		{"both_shapes", num(1, 1) + sub(2, sub(2, tfNode(1, "WriteFile"))) + sub(7, onnxNode("Relu", "")) + sub(8, num(2, 1)), "", model.Dangerous, "WriteFile"},
		{"cut", savedModel(tfNode(1, "Placeholder")+tfNode(1, "MatMul")) + sub(2, "x")[:2], "tf-savedmodel", model.Unreadable, "too early"},
	}
}

func TestTensorFlow(t *testing.T) { judge(t, tensorflowVectors()) }

func FuzzTensorFlow(f *testing.F) { hunt(f, tensorflowVectors()) }

func otherGraphVectors() []vector {
	layer := func(body string) string {
		return num(1, 4) + sub(2, sub(1, "in")) + sub(500, sub(1, sub(1, "l"), body))
	}
	block := func(op string) string {
		return sub(1, num(1, 0), num(2, 1<<64-1), sub(4, sub(3, op)))
	}
	return []vector{
		{"coreml", layer(sub(130, "")), "coreml", model.Clean, ""},
		{"coreml_custom_layer", layer(sub(500, sub(10, "Evil"))), "coreml", model.Suspicious, "Evil"},
		{"coreml_custom_model", num(1, 4) + sub(2, sub(1, "in")) + sub(555, sub(10, "Evil")), "coreml", model.Suspicious, "Evil"},
		{"coreml_in_a_branch", layer(sub(605, sub(1, sub(1, sub(500, sub(10, "Evil")))))), "coreml", model.Suspicious, "Evil"},
		{"coreml_in_a_loop", layer(sub(615, sub(4, sub(1, sub(500, sub(10, "Evil")))))), "coreml", model.Suspicious, "Evil"},
		{"coreml_in_a_pipeline", num(1, 4) + sub(2, "") + sub(202, sub(1, layer(sub(500, sub(10, "Evil"))))), "coreml", model.Suspicious, "Evil"},
		{"paddle", block("relu"), "paddle", model.Clean, ""},
		{"paddle_python", block("py_func"), "paddle", model.Dangerous, "py_func"},
		{"tflite_cut", "\x1c\x00\x00\x00TFL3" + strings.Repeat("\x00", 4), "tflite", model.Unreadable, "TensorFlow Lite"},
	}
}

func TestOtherGraphs(t *testing.T) { judge(t, otherGraphVectors()) }

func FuzzOtherGraphs(f *testing.F) { hunt(f, otherGraphVectors()) }
