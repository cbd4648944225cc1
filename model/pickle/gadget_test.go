package pickle_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model/pickle"
)

// call1 calls an import with one text, by REDUCE.
func call1(module, name, arg string) string { return glob(module, name) + bu(arg) + tuple1 + reduce }

// object makes an object of a class by its __new__ alone.
func object(module, name string) string { return glob(module, name) + emptyTuple + newobj }

// state sets one attribute of the object on top.
func state(key, value string) string { return dict + bu(key) + value + setItem + build }

// parser is the code that SciPy writes into the state of a distribution.
const parser = "\ndef _parse_args(self, a,  loc=0, scale=1):\n    return (a, ), loc, scale\n\ndef _parse_args_rvs(self, a,  loc=0, scale=1, size=None):\n" +
	"    return self._argcheck_rvs(a,  loc, scale, size=size)\n\ndef _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):\n    return (a, ), loc, scale, moments\n"

// TestGadgets holds calls by way of what is harmless as such: each must be told.
func TestGadgets(t *testing.T) {
	relu := glob("torch.nn.functional", "relu")
	norm := object("scipy.stats._continuous_distns", "norm_gen")
	many := strings.Repeat(bu("k")+none, 40)
	tests := []struct {
		name, text string
		least      pickle.Level
	}{
		// A class whose constructor opens, runs or fetches.
		{"class_opens_a_file", call1("nltk.toolbox", "StandardFormat", "x"), pickle.Unknown},
		{"class_opens_a_path", call1("sklearn.tree._tree", "Tree", "/etc/passwd"), pickle.Unknown},
		{"class_unpickles_by_name", call1("gensim.corpora.indexedcorpus", "IndexedCorpus", "corpus"), pickle.Unknown},
		{"class_runs_a_program", call1("nltk.tag.hunpos", "HunposTagger", "model"), pickle.Unknown},
		{"class_writes_a_log", call1("joblib.logger", "PrintTime", "log"), pickle.Unknown},
		{"class_connects", glob("xgboost.tracker", "RabitTracker") + bu("host") + "K\x01" + tuple2 + reduce, pickle.Unknown},
		{"class_fetches", glob("torchvision.datasets.mnist", "MNIST") + bu("data") + "\x88\x89" + tuple3 + reduce, pickle.Unknown},
		{"class_gets_a_path_object", glob("torchvision.datasets.folder", "ImageFolder") + call1("pathlib", "PosixPath", "x") + tuple1 + reduce, pickle.Unknown},
		{"class_gets_paths_in_a_list", glob("sklearn.utils._bunch", "Bunchy") + emptyList + bu("/etc/passwd") + "a" + tuple1 + reduce, pickle.Unknown},
		{"class_gets_many", glob("torchvision.datasets.folder", "Many") + mark + strings.Repeat(none, 20) + bu("/x") + tuple + reduce, pickle.Unknown},
		{"class_calls_a_function", glob("numpy.lib._iotools", "StringConverter") + relu + tuple1 + reduce, pickle.Unknown},
		{"class_calls_a_partial", glob("deap.gp", "Ephemeral") + glob("functools", "partial") + relu + tuple1 + reduce + tuple1 + reduce, pickle.Unknown},
		{"zone_from_a_file", call1("dateutil.tz.tz", "tzfile", "x"), pickle.Unknown},
		{"memmap", glob("numpy", "memmap") + bu("x") + tuple1 + newobj, pickle.Dangerous},
		{"memmap_by_new_index", glob("pandas.core.indexes.base", "_new_Index") + glob("numpy", "memmap") + dict + bu("filename") + bu("x") + setItem + tuple2 + reduce, pickle.Unknown},
		{"alias_of_a_foreign_class", call1("pandas.compat.x", "Unpickler", "x"), pickle.Unknown},
		{"metaclass", glob("abc", "ABCMeta") + mark + bu("X") + emptyTuple + dict + tuple + reduce, pickle.Bad},

		// State that a class runs.
		{"scipy_executes_its_state", norm + state("_parse_arg_template", bu("import os\n")), pickle.Dangerous},
		{"scipy_by_way_of_another_package", object("statsmodels.sandbox.distributions.extras", "SkewNorm_gen") + state("_parse_arg_template", bu("import os\n")), pickle.Dangerous},
		{"scipy_under_any_name", object("sklearn.x", "Distribution") + state("_parse_arg_template", bu("import os\n")), pickle.Dangerous},
		{"scipy_default_argument", norm + state("_parse_arg_template", bu("def _parse_args(self, a=print('x')):\n")), pickle.Dangerous},
		{"scipy_state_in_pairs", norm + bu("_parse_arg_template") + bu("x") + tuple2 + tuple1 + build, pickle.Unknown},
		{"scipy_state_computed", norm + glob("builtins", "dict") + emptyTuple + reduce + build, pickle.Unknown},
		{"scipy_state_too_long", norm + dict + mark + many + bu("_parse_arg_template") + bu("x") + setItems + build, pickle.Unknown},
		{"scipy_key_computed", norm + dict + call1("builtins", "str", "_parse_arg_template") + bu("x") + setItem + build, pickle.Unknown},
		{"statsmodels_evaluates_a_formula", object("statsmodels.base.data", "PandasData") + state("formula", bu("y ~ open('x')")), pickle.Dangerous},
		{"statsmodels_dunder", object("statsmodels.base.data", "ModelData") + state("formula", bu("y ~ a.__class__")), pickle.Dangerous},
		{"nltk_removes_a_file", object("nltk.corpus.reader.util", "PickleCorpusView") + state("_fileid", bu("x")), pickle.Unknown},
		{"nltk_imports_a_module", object("nltk.lazyimport", "LazyModule") + state("x", bu("os")), pickle.Unknown},
		{"font_is_opened", object("PIL.ImageFont", "FreeTypeFont") + mark + bu("/x") + "K\x01K\x01" + tuple + build, pickle.Unknown},
		{"database_is_opened", object("optuna.storages._rdb.storage", "RDBStorage") + state("url", bu("mysql://h")), pickle.Unknown},
		{"skorch_loads_its_state", object("skorch.net", "NeuralNet") + state("x", none), pickle.Unknown},

		// Names that the unpickler looks up in an object and calls.
		{"setstate_of_an_instance", object("types", "SimpleNamespace") + state("__setstate__", relu) + bu("x") + build, pickle.Unknown},
		{"append_of_an_instance", object("argparse", "Namespace") + state("append", relu) + bu("x") + "a", pickle.Unknown},
		{"extend_in_slots", object("argparse", "Namespace") + none + dict + bu("extend") + relu + setItem + tuple2 + build, pickle.Unknown},
		{"setstate_in_pairs", object("argparse", "Namespace") + glob("builtins", "dict") + bu("__setstate__") + relu + tuple2 + tuple1 + tuple1 + reduce + build, pickle.Unknown},
		{"setstate_zipped", object("argparse", "Namespace") + glob("builtins", "dict") + glob("builtins", "zip") + emptyList + emptyList + tuple2 + reduce + tuple1 + reduce + build, pickle.Unknown},
		{"add_of_an_instance", object("argparse", "Namespace") + mark + bu("x") + "\x90", pickle.Unknown},

		// Functions that call what they are given.
		{"rebuild_from_type", glob("torch._tensor", "_rebuild_from_type") + mark + relu + glob("torch", "Tensor") + bu("x") + tuple1 + dict + tuple + reduce, pickle.Unknown},
		{"reconstruct_array_of_jax", glob("jax._src.array", "_reconstruct_array") + mark + relu + emptyTuple + none + none + tuple + reduce, pickle.Unknown},
		{"create_array_of_dill", glob("dill._dill", "_create_array") + mark + relu + emptyTuple + none + none + tuple + reduce, pickle.Unknown},
		{"eval_repr_of_dill", call1("dill._dill", "_eval_repr", "open('x')"), pickle.Dangerous},
		{"partial_with_state", glob("functools", "partial") + relu + tuple1 + reduce + mark + glob("torch.nn.functional", "gelu") + emptyTuple + dict + none + tuple + build + emptyTuple + reduce, pickle.Unknown},
		{"partial_of_a_trampoline_called", glob("functools", "partial") + glob("builtins", "map") + relu + tuple2 + reduce + emptyList + tuple1 + reduce, pickle.Unknown},
		{"map_of_a_function", glob("builtins", "map") + relu + emptyList + tuple2 + reduce, pickle.Unknown},
		{"reduce_of_a_function", glob("functools", "reduce") + relu + emptyList + tuple2 + reduce, pickle.Unknown},
		{"itemgetter_called", glob("operator", "itemgetter") + "K\x01" + tuple1 + reduce + dict + tuple1 + reduce, pickle.Unknown},
		{"methodcaller_called", call1("operator", "methodcaller", "lower") + bu("x") + tuple1 + reduce, pickle.Unknown},
		{"methodcaller_of_a_command", call1("operator", "methodcaller", "system"), pickle.Bad},
		{"getattr_called", glob("builtins", "getattr") + object("sklearn.svm._classes", "SVC") + bu("fit") + tuple2 + reduce + none + tuple1 + reduce, pickle.Unknown},
		{"getattr_reaches_a_denied_name", glob("builtins", "getattr") + glob("pandas.core.frame", "DataFrame") + bu("query") + tuple2 + reduce, pickle.Dangerous},
		{"new_of_another_class", glob("builtins", "getattr") + glob("builtins", "object") + bu("__new__") + tuple2 + reduce + glob("subprocess", "Popen") + tuple1 + reduce, pickle.Dangerous},
		{"type_call", glob("builtins.type", "__call__") + glob("nltk.toolbox", "StandardFormat") + bu("x") + tuple2 + reduce, pickle.Unknown},
		{"function_by_newobj_is_no_call", object("torch.nn.functional", "relu"), pickle.Info},
		{"compute_by_asking", glob("builtins", "float") + object("xarray.core.dataarray", "DataArray") + tuple1 + reduce, pickle.Unknown},
		{"iterate_by_asking", glob("builtins", "list") + object("torch.utils.data.dataloader", "DataLoader") + tuple1 + reduce, pickle.Unknown},
		{"iterator_by_asking", glob("builtins", "iter") + object("torch.utils.data.dataloader", "DataLoader") + tuple1 + reduce, pickle.Unknown},
		{"add_by_asking", glob("operator", "add") + object("torch.utils.data.dataset", "Dataset") + none + tuple2 + reduce, pickle.Unknown},
		{"getitem", glob("operator", "getitem") + glob("sys", "modules") + bu("os") + tuple2 + reduce, pickle.Dangerous},

		// Functions that load or run, kept as values.
		{"loader_kept", glob("networkx.readwrite.gpickle", "read_gpickle"), pickle.Unknown},
		{"reader_kept", glob("skimage.util", "imread"), pickle.Unknown},
		{"module_kept_and_changed", glob("json", "codecs") + state("open", none), pickle.Bad},

		// A fault that is none must not make the rest weigh less.
		{"nothing_appended_to_no_list", none + mark + "e" + shell(), pickle.Dangerous},
		{"blank_in_a_long", "L 5 L\n" + shell(), pickle.Dangerous},
		{"same_lines_in_another_protocol", proto(2) + glob("commands", "x") + proto(4) + glob("commands", "x"), pickle.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := scan(t, tt.text+stop, pickle.Options{})
			if got := worst(res); got < tt.least || tt.least == pickle.Info && got > pickle.Info {
				t.Errorf("Scan(%q) = %+v; want level %d", tt.text, res.Findings, tt.least)
			}
		})
	}
}

// TestKept holds what frameworks write and nothing calls.
func TestKept(t *testing.T) {
	norm := object("scipy.stats._continuous_distns", "gamma_gen")
	tests := []struct{ name, text string }{
		{"scipy_distribution", norm + state("_parse_arg_template", bu(parser))},
		{"statsmodels_formula", object("statsmodels.base.data", "PandasData") + state("formula", bu("y ~ a + b*c + np.log(a) + C(c > 0.5) + I(a**2)"))},
		{"numpy_function", glob("numpy", "log1p")},
		{"function_of_mathematics", glob("math", "log")},
		{"tokenizer", glob("builtins", "getattr") + glob("builtins", "str") + bu("split") + tuple2 + reduce},
		{"method_of_a_text", glob("builtins", "getattr") + bu("abc") + bu("upper") + tuple2 + reduce},
		{"sorted_kept", glob("builtins", "sorted")},
		{"partial_of_sorted", glob("functools", "partial") + glob("builtins", "sorted") + tuple1 + reduce},
		{"class_in_small_letters", object("scipy.sparse._arrays", "csr_array")},
		{"class_in_small_letters_of_protocol_0", glob("copyreg", "_reconstructor") + glob("numpy", "vectorize") + glob("builtins", "object") + none + tuple3 + reduce},
		{"method_of_a_class", proto(4) + stackGlobal("scipy.interpolate._interpolate", "interp1d._call_spline")},
		{"array_once_mapped", glob("numpy.core.multiarray", "_reconstruct") + glob("numpy", "memmap") + "K\x00" + tuple1 + "C\x01b" + tuple3 + reduce},
		{"new_with_keywords", glob("functools", "partial") + glob("builtins", "getattr") + glob("sklearn.svm._classes", "SVC") + bu("__new__") + tuple2 + reduce + glob("sklearn.svm._classes", "SVC") + tuple2 + reduce + emptyTuple + reduce},
		{"member_of_an_enum", call1("transformers.trainer_utils", "IntervalStrategy", "no")},
		{"number_for_a_class", glob("sklearn.tree._tree", "Tree") + "K\x01" + tuple1 + reduce},
		{"flag_of_sockets", glob("socket", "AF_INET")},
		{"signal", glob("signal", "SIGINT")},
		{"flags_of_expressions", glob("_operator", "or_") + glob("re", "RegexFlag") + "K\x02" + tuple1 + reduce + glob("re", "RegexFlag") + "K\x04" + tuple1 + reduce + tuple2 + reduce},
		{"type_of_a_list", glob("_operator", "getitem") + glob("typing", "List") + glob("builtins", "int") + tuple2 + reduce},
		{"zone", glob("builtins", "getattr") + glob("zoneinfo", "ZoneInfo") + bu("_unpickle") + tuple2 + reduce + bu("Europe/Berlin") + "K\x01" + tuple2 + reduce},
		{"zone_of_dateutil", glob("dateutil.tz.tz", "tzfile") + none + bu("/usr/share/zoneinfo/UTC") + tuple2 + reduce},
		{"picture", object("PIL.PngImagePlugin", "PngImageFile")},
		{"range_of_dill", call1("dill._dill", "_eval_repr", "range(0, 3)")},
		{"parallel_model", object("torch.nn.parallel.data_parallel", "DataParallel")},
		{"cython_class_of_statsmodels", glob("statsmodels.tsa.statespace._initialization", "dInitialization") + "K\x01" + tuple1 + reduce},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text
			if !strings.HasPrefix(text, "\x80") {
				text = proto(4) + text
			}
			res := scan(t, text+stop, pickle.Options{})
			if worst(res) > pickle.Info || res.Fault != "" {
				t.Errorf("Scan(%q) = %+v; want nothing", text, res)
			}
		})
	}
}
