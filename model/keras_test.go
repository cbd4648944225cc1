package model_test

import (
	"archive/zip"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

const (
	dense  = `{"module":"keras.layers","class_name":"Dense","config":{"units":4,"kernel_initializer":{"module":"keras.initializers","class_name":"GlorotUniform","config":{"seed":null}}},"registered_name":null}`
	lambda = `{"class_name":"Lambda","config":{"function":{"class_name":"__lambda__","config":{"code":"4wEAAAA=","defaults":null}}}}`
)

func sequential(layers ...string) string {
	return `{"module":"keras","class_name":"Sequential","config":{"name":"s","layers":[` + strings.Join(layers, ",") + `]}}`
}

func kerasZip(t testing.TB, config string, more ...entry) string {
	t.Helper()
	return zipped(t, zip.Deflate, append([]entry{{"metadata.json", `{"keras_version":"3.10.0"}`}, {"config.json", config}, {"model.weights.h5", "\x89HDF\r\n\x1a\n"}}, more...)...)
}

// hdf5New is a file of the new form with the messages in its root group.
func hdf5New(messages ...string) string {
	body := strings.Join(messages, "")
	head := "\x89HDF\r\n\x1a\n\x02\x08\x08\x00" + u64(0) + u64(1<<64-1) + u64(uint64(48+12+len(body)+4)) + u64(48) + u32(0)
	return head + "OHDR\x02\x02" + u32(len(body)) + body + "sum." + strings.Repeat("\x00", 64)
}

func message(kind int, body string) string {
	return string(rune(kind)) + u16(len(body)) + "\x00" + body
}

// attribute is a text of fixed length.
func attribute(name, text string) string {
	typ := "\x13\x00\x00\x00" + u32(len(text))
	space := "\x02\x00\x00\x00"
	return message(0x0c, "\x03\x00"+u16(len(name)+1)+u16(len(typ))+u16(len(space))+"\x00"+name+"\x00"+typ+space+text)
}

// hdf5Old is a file of the old form: a symbol table with one soft link in it,
// and an attribute.
func hdf5Old(attr, target string) string {
	v1 := func(kind int, body string) string {
		body += strings.Repeat("\x00", (8-len(body)%8)%8)
		return u16(kind) + u16(len(body)) + "\x00\x00\x00\x00" + body
	}
	typ, space := "\x13\x00\x00\x00"+u32(len(attr)), "\x01\x00\x00\x00\x00\x00\x00\x00"
	const header, tree, heap, data, node = 96, 1000, 1100, 1200, 1300
	msgs := v1(0x11, u64(tree)+u64(heap)) + v1(0x0c, "\x01\x00"+u16(13)+u16(8)+u16(8)+"model_config\x00\x00\x00\x00"+typ+space+attr)
	put := func(b []byte, at int, s string) []byte {
		for len(b) < at+len(s) {
			b = append(b, 0)
		}
		copy(b[at:], s)
		return b
	}
	b := put(nil, 0, "\x89HDF\r\n\x1a\n\x00\x00\x00\x00\x00\x08\x08\x00\x04\x00\x10\x00\x00\x00\x00\x00"+u64(0)+u64(1<<64-1)+u64(2000)+u64(1<<64-1)+u64(0)+u64(header))
	b = put(b, header, "\x01\x00"+u16(2)+u32(1)+u32(len(msgs))+u32(0)+msgs)
	b = put(b, tree, "TREE\x00\x00"+u16(1)+u64(1<<64-1)+u64(1<<64-1)+u64(0)+u64(node)+u64(0))
	b = put(b, heap, "HEAP\x00\x00\x00\x00"+u64(64)+u64(0)+u64(data))
	b = put(b, data, "\x00\x00\x00\x00\x00\x00\x00\x00link\x00\x00\x00\x00"+target+"\x00")
	b = put(b, node, "SNOD\x01\x00"+u16(1)+u64(8)+u64(0)+u32(2)+u32(0)+u32(16))
	return string(put(b, 2000, "\x00"))
}

func kerasVectors(t testing.TB) []vector {
	external := "\x01\x08\x40\x01x" + u16(0) + "\x00/etc/passwd\x00/d\x00"
	return []vector{
		{"zip", kerasZip(t, sequential(dense)), "keras-zip", model.Clean, ""},
		{"zip_lambda", kerasZip(t, sequential(dense, lambda)), "keras-zip", model.Dangerous, "bytecode"},
		{"zip_lambda_in_a_wrapper", kerasZip(t, sequential(`{"module":"keras.layers","class_name":"TimeDistributed","config":{"layer":`+lambda+`}}`)), "keras-zip", model.Dangerous, "Lambda"},
		{"zip_lambda_bidirectional_functional", kerasZip(t, `{"class_name":"Functional","config":{"layers":[{"class_name":"Bidirectional","config":{"layer":`+sequential(lambda)+`}}]}}`), "keras-zip", model.Dangerous, "Lambda"},
		{"zip_second_config", zipped(t, zip.Store, entry{"config.json", sequential(dense)}, entry{"metadata.json", "{}"}, entry{"config.json", sequential(lambda)}), "keras-zip", model.Dangerous, "Lambda"},
		{"zip_module", kerasZip(t, `{"module":"subprocess","class_name":"Popen","config":{"args":["true"]}}`), "keras-zip", model.Dangerous, "subprocess.Popen"},
		{"zip_builtins", kerasZip(t, sequential(`{"module":"builtins","class_name":"function","config":"exec","registered_name":"function"}`)), "keras-zip", model.Dangerous, "exec"},
		{"zip_get_file", kerasZip(t, sequential(`{"module":"keras.src.utils.file_utils","class_name":"function","config":"get_file"}`)), "keras-zip", model.Dangerous, "get_file"},
		{"zip_unsafe_switch", kerasZip(t, sequential(`{"module":"keras.config","class_name":"enable_unsafe_deserialization","config":{}}`)), "keras-zip", model.Dangerous, "enable_unsafe_deserialization"},
		{"zip_torch_module", kerasZip(t, sequential(`{"module":"keras.layers","class_name":"TorchModuleWrapper","config":{"module":"gAJjcG9zaXgKc3lzdGVtClgEAAAAdHJ1ZYVSLg=="}}`)), "keras-zip", model.Dangerous, "posix.system"},
		{"zip_vocabulary", kerasZip(t, sequential(`{"module":"keras.layers","class_name":"StringLookup","config":{"vocabulary":"/etc/passwd"}}`)), "keras-zip", model.Dangerous, "/etc/passwd"},
		{"zip_vocabulary_of_words", kerasZip(t, sequential(`{"module":"keras.layers","class_name":"StringLookup","config":{"vocabulary":["a","b"]}}`)), "keras-zip", model.Clean, ""},
		{"zip_file_function", kerasZip(t, sequential(`{"module":"keras.ops","class_name":"function","config":"tf.io.read_file"}`)), "keras-zip", model.Dangerous, "read_file"},
		{"zip_new_layers", kerasZip(t, sequential(`{"class_name":"AdaptiveAveragePooling2D","config":{}}`, `{"class_name":"ReconstructPatches3D","config":{}}`)), "keras-zip", model.Clean, ""},
		{"zip_custom_class", kerasZip(t, sequential(`{"module":"mine.layers","class_name":"Odd","config":{},"registered_name":"mine>Odd"}`)), "keras-zip", model.Suspicious, "mine.layers.Odd"},
		{"zip_custom_function", kerasZip(t, sequential(`{"module":"builtins","class_name":"function","config":"my_loss"}`)), "keras-zip", model.Suspicious, "my_loss"},
		{"zip_pickle_beside", kerasZip(t, sequential(dense), entry{"assets/x", call}), "keras-zip", model.Dangerous, "posix.system"},
		{"zip_broken_config", kerasZip(t, `{"class_name":"Sequential","config":{"layers":[`), "keras-zip", model.Unreadable, "not JSON"},
		{"config_alone", sequential(lambda), "keras-json", model.Dangerous, "Lambda"},
		{"config_escaped", strings.ReplaceAll(sequential(lambda), "Lambda", `\u004cambda`), "keras-json", model.Dangerous, "Lambda"},
		{"config_repeated_key", `{"class_name":"Lambda","class_name":"Sequential","config":{"function":["4wEAAAA=",null,null]}}`, "keras-json", model.Dangerous, "Lambda"},
		{"config_behind_padding", `{"pad":["` + strings.Repeat("x\",\"", 200_000) + `"],"class_name":"Lambda","config":{"function_type":"lambda"}}`, "keras-json", model.Dangerous, "Lambda"},

		{"h5", hdf5New(attribute("keras_version", "2.12.0"), attribute("model_config", sequential(dense))), "keras-h5", model.Clean, ""},
		{"h5_lambda", hdf5New(attribute("model_config", sequential(lambda))), "keras-h5", model.Dangerous, "Lambda"},
		{"h5_old_form", hdf5Old(sequential(dense), "/a"), "keras-h5", model.Clean, ""},
		{"h5_old_form_lambda", hdf5Old(sequential(lambda), "/a"), "keras-h5", model.Dangerous, "Lambda"},
		{"h5_user_block", strings.Repeat("\x00", 512) + hdf5New(attribute("model_config", sequential(lambda))), "keras-h5", model.Dangerous, "Lambda"},
		{"h5_op_reads_file", hdf5New(attribute("model_config", sequential(`{"class_name":"TFOpLambda","config":{"function":"io.read_file"}}`))), "keras-h5", model.Dangerous, "read_file"},
		{"h5_op", hdf5New(attribute("model_config", sequential(`{"class_name":"TFOpLambda","config":{"function":"math.multiply"}}`))), "keras-h5", model.Clean, ""},
		{"h5_custom_class", hdf5New(attribute("model_config", sequential(`{"class_name":"Mine","config":{}}`))), "keras-h5", model.Suspicious, "Mine"},
		{"h5_external_link", hdf5New(message(6, external)), "hdf5", model.Suspicious, "/etc/passwd"},
		{"h5_pickle_in_attribute", hdf5New(attribute("TITLE", call)), "hdf5", model.Dangerous, "posix.system"},
		{"h5_filter", hdf5New(message(0x0b, "\x02\x01"+u16(32001)+u16(0)+u16(0)+u16(0))), "hdf5", model.Clean, "32001"},
		{"h5_broken", hdf5New(attribute("model_config", sequential(dense)))[:90], "hdf5", model.Unreadable, "HDF5"},
		{"h5_shape_that_swells", hdf5New(message(3, "\x11\x20\x1f\x00"+u32(8)), message(1, "\x02\x01\x00\x01"+u64(1<<40))), "hdf5", model.Suspicious, "of memory"},
		{"h5_link_to_nowhere", hdf5New(message(6, "\x01\x00\x01x"+u64(1<<40))), "hdf5", model.Unreadable, "HDF5"},
		{"h5_link_to_itself", hdf5New(message(6, "\x01\x00\x01x"+u64(48))), "hdf5", model.Clean, ""},
	}
}

func TestKeras(t *testing.T) { judge(t, kerasVectors(t)) }

func FuzzKeras(f *testing.F) { hunt(f, kerasVectors(f)) }

func TestKerasSafeMode(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"clean", kerasZip(t, sequential(dense)), "yes"},
		{"lambda", kerasZip(t, sequential(lambda)), "no: a Lambda holds Python bytecode; Keras before 2.13 has no safe mode and loads it (CVE-2024-3660)"},
		{"lambda_in_h5", hdf5New(attribute("model_config", sequential(lambda))), "no: a Lambda holds Python bytecode; Keras 2, and Keras 3 before 3.11.3, do not ask for safe mode where the file is HDF5 and load it (CVE-2025-9905)"},
		{"module", kerasZip(t, `{"module":"os","class_name":"system","config":{}}`), "no: os.system is not of Keras and not registered; Keras before 3.9 imports it all the same (CVE-2025-1550)"},
		{"custom", kerasZip(t, sequential(`{"class_name":"mine>Odd","config":{}}`)), "no: the class mine>Odd must be a custom object"},
		{"weights_only", hdf5New(attribute("backend", "tensorflow")), ""},
		{"unreadable", kerasZip(t, `{"class_name":"Sequential","config":[`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := look(t, tt.data).LoadsUnder.KerasSafeMode; got != tt.want {
				t.Errorf("KerasSafeMode = %q; want %q", got, tt.want)
			}
		})
	}
}
