package model_test

import (
	"archive/zip"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

func configVectors(t testing.TB) []vector {
	node := func(loader, module, class, content string) string {
		return `{"__class__":"` + class + `","__module__":"` + module + `","__loader__":"` + loader + `","content":` + content + `,"_skops_version":"0.11"}`
	}
	skops := func(s string) string { return zipped(t, zip.Deflate, entry{"schema.json", s}) }
	return []vector{
		{"tokenizer", `{"tokenizer_class":"X","chat_template":"{{ messages[0]['content'] }}"}`, "hf-config", model.Clean, ""},
		{"tokenizer_template", `{"tokenizer_class":"X","chat_template":"{{ x['__cl'~'ass__'] }}"}`, "hf-config", model.Dangerous, "__class__"},
		{"several_templates", `{"chat_template":[{"name":"a","template":"ok"},{"name":"b","template":"{{ ''.__class__ }}"}]}`, "hf-config", model.Dangerous, "__class__"},
		{"template_by_name", `{"chat_template":{"tool":"{{ ''.__class__ }}"}}`, "hf-config", model.Dangerous, "__class__"},
		{"template_behind_padding", `{"pad":[` + strings.Repeat("0,", 400_000) + `0],"chat_template":"{{ ''.__class__ }}"}`, "hf-config", model.Dangerous, "__class__"},
		{"broken_template", `{"tokenizer_class":"X","chat_template":"{{ x"}`, "hf-config", model.Unreadable, "without end"},
		{"auto_map", `{"model_type":"x","auto_map":{"AutoModel":"net_x.X"}}`, "hf-config", model.Suspicious, "net_x.X"},
		{"auto_map_inside", `{"model_type":"x","text_config":{"auto_map":{"AutoConfig":["o/r--c.X",null]}}}`, "hf-config", model.Suspicious, "o/r--c.X"},
		{"trust", `{"model_type":"x","trust_remote_code":true}`, "hf-config", model.UnsafeFormat, "trust_remote_code"},
		{"config", `{"model_type":"llama","architectures":["LlamaForCausalLM"]}`, "hf-config", model.Clean, ""},
		{"peft", `{"peft_type":"LORA","auto_mapping":{"base_model_class":"x","parent_library":"os"}}`, "peft", model.Dangerous, "os.x"},
		{"diffusers", `{"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"]}`, "diffusers", model.Clean, ""},
		{"sentence_transformers", `[{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"}]`, "sentence-transformers", model.Clean, ""},
		{"sentence_transformers_foreign", `[{"idx":0,"name":"0","path":"","type":"mine.Odd"}]`, "sentence-transformers", model.Suspicious, "mine.Odd"},
		{"index", `{"weight_map":{"a":"../../x.safetensors"}}`, "safetensors-index", model.Suspicious, "x.safetensors"},
		{"mxnet_custom", `{"nodes":[{"op":"Custom","name":"c"}],"arg_nodes":[]}`, "mxnet", model.Suspicious, "Custom"},
		{"xgboost", `{"learner":{"gradient_booster":{}},"version":[2,0,0]}`, "xgboost", model.Clean, ""},
		{"plain_json", `{"name":"x"}`, "", model.NotAModel, ""},
		{"template_file", `{% for x in y %}{{ x }}{% endfor %}`, "", model.NotAModel, ""},
		{"template_file_of_messages", `{% for message in messages %}{{ message.role }}{{ message.content }}{% endfor %}`, "jinja", model.Clean, ""},
		{"template_file_armed", inject, "jinja", model.Dangerous, "__globals__"},

		{"skops", skops(node("ObjectNode", "sklearn.linear_model", "Ridge", `{}`)), "skops", model.Clean, ""},
		{"skops_function", skops(node("FunctionNode", "os", "system", `{"module_path":"os","function":"system"}`)), "skops", model.Dangerous, "os.system"},
		{"skops_function_disguised", skops(node("FunctionNode", "numpy", "mean", `{"module_path":"os","function":"system"}`)), "skops", model.Dangerous, "os.system"},
		{"skops_operator", skops(node("OperatorFuncNode", "operator", "call", `{}`)), "skops", model.Dangerous, "CVE"[:0]},
		{"skops_method", skops(node("MethodNode", "builtins", "dict", `{"func":"__init__.__globals__","obj":{}}`)), "skops", model.Dangerous, "__globals__"},
		{"skops_nested", skops(node("DictNode", "builtins", "dict", `{"a":`+node("FunctionNode", "subprocess", "run", `{}`)+`}`)), "skops", model.Dangerous, "subprocess.run"},
		{"skops_foreign", skops(node("ObjectNode", "mine", "Odd", `{}`)), "skops", model.Suspicious, "mine.Odd"},

		{"mar", zipped(t, zip.Deflate, entry{"MAR-INF/MANIFEST.json", `{"model":{"modelName":"m","handler":"image_classifier"},"archiverVersion":"0.9"}`}), "torch-archive", model.Clean, ""},
		{"mar_handler", zipped(t, zip.Deflate, entry{"MAR-INF/MANIFEST.json", `{"model":{"modelName":"m","handler":"h.py"},"archiverVersion":"0.9"}`}, entry{"h.py", "import os\nos.system('true')\n"}), "torch-archive", model.Dangerous, "os.system"},
		{"mar_pickle", zipped(t, zip.Deflate, entry{"MAR-INF/MANIFEST.json", `{"model":{"modelName":"m","handler":"image_classifier"}}`}, entry{"m.pt", call}), "torch-archive", model.Dangerous, "posix.system"},

		{"hydra", "model:\n  _target_: nemo.collections.asr.Model\n", "hydra", model.Clean, ""},
		{"hydra_function_of_a_framework", "model:\n  _target_: torch.utils.cpp_extension.load_inline\n", "hydra", model.Suspicious, "cpp_extension"},
		{"hydra_values", "a:\n  _target_: torch.nn.functional.relu\nb:\n  _target_: torch.optim.lr_scheduler.StepLR\nc:\n  _target_: numpy.array\n", "hydra", model.Clean, ""},
		{"hydra_call", "model:\n  x: {\"_target_\": subprocess.Popen, args: [x]}\n", "hydra", model.Dangerous, "subprocess.Popen"},
		{"hydra_escaped", "model:\n  \"\\x5ftarget\\x5f\": os.system\n", "hydra", model.Dangerous, "os.system"},
		{"hydra_alias", "a: &x os.system\nb:\n  _target_: *x\n", "hydra", model.Dangerous, "os.system"},
		{"hydra_foreign", "_target_: mine.Odd\n", "hydra", model.Suspicious, "mine.Odd"},
		{"hydra_broken", "a: [\n_target_: os.system\n", "hydra", model.Dangerous, "os.system"},
	}
}

func TestConfigs(t *testing.T) { judge(t, configVectors(t)) }

func FuzzConfigs(f *testing.F) { hunt(f, configVectors(f)) }

func be(ns ...int) string {
	var s strings.Builder
	for _, n := range ns {
		s.WriteString(string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}))
	}
	return s.String()
}

func otherVectors(t testing.TB) []vector {
	head := "X\n" + be(2, 0x40301, 0x20300)
	sym := func(s string) string { return be(1, 9, len(s)) + s }
	langcall := be(6) + sym("system") + be(2, 16, 1, 9, 4) + "true" + be(254)
	closure := be(3, 253, 254) + be(254)
	return []vector{
		{"rds", head + be(13, 2, 1, 2), "rds", model.Clean, ""},
		{"rds_list", head + be(0x213, 1, 14, 1) + "12345678" + be(0x402, 1, 9, 5) + "names" + be(16, 1, 9, 1) + "a" + be(254), "rds", model.Clean, ""},
		{"rds_promise", head + be(5, 252) + langcall, "rds", model.Dangerous, "promise"},
		{"rds_kept_promise", head + be(5, 13, 1, 7) + langcall, "rds", model.Clean, ""},
		{"rds_formula", head + langcall, "rds", model.Clean, "calls"},
		{"rds_function", head + closure, "rds", model.UnsafeFormat, "functions"},
		{"rds_promise_in_a_list", head + be(19, 1, 5, 252) + langcall, "rds", model.Dangerous, "promise"},
		{"rds_text", "A\n2\n262913\n131840\n5\n252\n6\n1\n9\n6\nsystem\n2\n16\n1\n9\n4\ntrue\n254\n", "rds", model.Dangerous, "promise"},
		{"rdata_first", "RDX2\n" + head + be(0x402) + sym(".First") + closure + be(254), "rdata", model.Dangerous, ".First"},
		{"rds_cut", head + be(19, 3, 13, 1, 1), "rds", model.Unreadable, "R:"},

		{"flax", "\x81\xa6params\x81\xa1w\xc7\x02\x01ab", "flax-msgpack", model.Clean, ""},
		{"flax_extension", "\x81\xa1w\xd4\x2ax", "flax-msgpack", model.Suspicious, "type 42"},
		{"flax_pickle_in_bytes", "\x81\xa6params\xc4" + string(rune(len(call))) + call, "flax-msgpack", model.Dangerous, "posix.system"},
		{"flax_pickle_behind", "\x81\xa6params\xc0" + call, "flax-msgpack", model.Dangerous, "posix.system"},
		{"flax_cut", "\x82\xa6params\xc6\x00\x00\xff\xffab", "flax-msgpack", model.Unreadable, "MessagePack"},

		{"pmml", `<?xml version="1.0"?><PMML version="4.4"><Header/></PMML>`, "pmml", model.Clean, ""},
		{"pmml_entity", `<?xml version="1.0"?><!DOCTYPE P [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML version="4.4">&x;</PMML>`, "pmml", model.Dangerous, "ENTITY"},
		{"pmml_doctype", `<!DOCTYPE PMML SYSTEM "http://x.invalid/a.dtd"><PMML/>`, "pmml", model.Dangerous, "x.invalid"},
		{"pmml_utf16", "\xff\xfe" + utf16le(`<!DOCTYPE P [<!ENTITY x "y">]><PMML/>`), "pmml", model.Dangerous, "ENTITY"},
		{"pmml_extension", `<PMML><Extension><script>x</script></Extension></PMML>`, "pmml", model.Suspicious, "script"},
		{"openvino", `<net name="m" version="11"><layers><layer id="0" type="Relu" version="opset1"/></layers></net>`, "openvino", model.Clean, ""},
		{"openvino_library", `<net><layers><layer id="0" type="Custom" version="extension" library="/tmp/x.so"/></layers></net>`, "openvino", model.Dangerous, "x.so"},
		{"openvino_custom", `<net><layers><layer id="0" type="Odd" version="mine"/></layers></net>`, "openvino", model.Suspicious, "mine"},
		{"other_xml", `<?xml version="1.0"?><svg/>`, "", model.NotAModel, ""},

		{"llamafile", "MZqFpD='\n\n" + strings.Repeat("\x00", 100), "llamafile", model.Suspicious, "program"},
		{"program", "\x7fELF" + strings.Repeat("\x00", 100), "", model.NotAModel, ""},
		{"program_with_a_model", "\x7fELF" + strings.Repeat("\x00", 100) + zipStored("a/data.pkl", call), "llamafile", model.Dangerous, "posix.system"},
		{"lightgbm", "tree\nversion=v4\nnum_class=1\n", "lightgbm", model.Clean, ""},
		{"catboost", "CBM1" + strings.Repeat("\x00", 20), "catboost", model.Clean, ""},
		{"tensorrt", "ftrt" + strings.Repeat("\x00", 20), "tensorrt", model.UnsafeFormat, "engine"},
		{"tensorrt_plugin", "ftrt" + strings.Repeat("\x00", 20) + "/tmp/plugin.so", "tensorrt", model.Suspicious, "plugin.so"},
	}
}

func utf16le(s string) string { return strings.Join(append(strings.Split(s, ""), ""), "\x00") }

func TestOthers(t *testing.T) { judge(t, otherVectors(t)) }

func FuzzOthers(f *testing.F) { hunt(f, otherVectors(f)) }
