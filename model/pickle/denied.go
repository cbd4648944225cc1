package pickle

import "maps"

const (
	runs    = "runs code or commands"
	imports = "imports or looks up any module, class or function by its name"
	files   = "reaches files"
	network = "reaches the network"
	loads   = "loads a second file or stream that can run code"
	inward  = "reaches into the running program"
)

// deniedRoots are packages of which a model needs nothing.
var deniedRoots = func() map[string]string {
	m := map[string]string{}
	for why, words := range map[string]string{
		runs: `os posix nt subprocess _posixsubprocess _winapi popen2 pty code codeop cmd bdb pdb _pdbx profile cProfile _lsprof timeit trace doctest runpy
			multiprocessing concurrent asyncio _asyncio pexpect ptyprocess invoke fabric sh plumbum ensurepip pip _pip venv virtualenv distutils setuptools
			pkg_resources compileall py_compile zipapp idlelib lib2to3 unittest _xxsubinterpreters _interpreters _testcapi ctypes _ctypes cffi _cffi_backend
			IPython jupyter_client torch_inductor antigravity this webbrowser turtle turtledemo tkinter _tkinter curses readline rlcompleter sched _osx_support
			pyrepl nose pytest _pytest mailcap cgitb jinja2 mako numexpr js2py execjs asteval RestrictedPython `,
		imports: `importlib imp _imp _frozen_importlib _frozen_importlib_external pkgutil zipimport pydoc modulefinder site sitecustomize usercustomize
			`,
		files: `shutil tempfile fileinput glob linecache zipfile tarfile filecmp mmap dbm _dbm _gdbm sqlite3 _sqlite3 shelve netrc fcntl _io pyminizip rarfile py7zr
			fsspec s3fs gcsfs aiofiles smart_open`,
		network: `socket _socket ssl _ssl urllib urllib2 urllib3 http httplib httpx requests aiohttp ftplib smtplib poplib imaplib telnetlib nntplib socketserver
			xmlrpc wsgiref boto3 botocore paramiko pycurl websocket websockets asyncore asynchat selectors select pyngrok grpc `,
		loads:  `pickle _pickle cPickle marshal jsonpickle srsly klepto shelve cloudpickle_generators`,
		inward: `sys gc inspect atexit faulthandler signal _signal threading _thread dummy_threading resource tracemalloc winreg _winreg msvcrt builtins_ pwd grp spwd crypt fickling`,
	} {
		for w := range set(words) {
			m[w] = why
		}
	}
	return m
}()

// deniedParts are parts of a dotted name, or attributes, that are modules of the
// system or the inside of Python.
var deniedParts = func() map[string]bool {
	m := set(`_os os _sys sys subprocess _subprocess posix nt importlib runpy pty ctypes _ctypes shutil socket builtins __builtins__ __import__ __globals__
		__subclasses__ __class__ __base__ __bases__ __mro__ __dict__ __code__ __closure__ __getattribute__ __reduce__ __reduce_ex__ __loader__ __spec__
		_posixsubprocess pickle _pickle modules multiprocessing threading tempfile urllib requests _bootstrap _bootstrap_external linecache
		__self__ __func__ __init_subclass__ __setattr__ __delattr__ f_globals gi_frame`)
	return m
}()

// deniedNotLeaf are parts that a plain name may have.
var deniedNotLeaf = set("modules pickle threading requests")

// deniedModules are parts of packages of which a model needs nothing; each
// stands for a module and all below it, or for one name.
var deniedModules = []struct{ path, why string }{
	{"torch.hub", loads}, {"torch.utils._config_module", loads}, {"torch.utils.data.datapipes", loads}, {"torch.jit.unsupported_tensor_ops", runs}, {"torch.utils.cpp_extension", runs}, {"torch.utils.collect_env", runs},
	{"torch._inductor", runs}, {"torch._dynamo", runs}, {"torch.distributed.run", runs}, {"torch.distributed.launch", runs},
	{"torch.distributed.elastic", runs}, {"torch.distributed.rpc", runs}, {"torch.distributed.nn", runs}, {"torch.ops", runs}, {"torch._ops", runs},
	{"torch.fx.graph_module", runs}, {"torch.fx.experimental", runs}, {"torch.package", loads}, {"torch.utils.bottleneck", runs}, {"torch.utils.model_zoo", loads},
	{"torch.serialization", loads}, {"torch.multiprocessing", runs}, {"torch.testing", runs}, {"torch.utils.benchmark", runs},
	{"numpy.distutils", runs}, {"numpy.f2py", runs}, {"numpy.testing", runs}, {"numpy.ctypeslib", runs}, {"numpy.lib.npyio", loads},
	{"numpy.lib._npyio_impl", loads}, {"numpy.lib._datasource", network}, {"numpy.DataSource", network}, {"numpy.compat.py3k", files},
	{"pandas.io", files}, {"pandas.core.computation", runs}, {"pandas.util._print_versions", runs}, {"scipy.weave", runs}, {"scipy.io", files},
	{"sklearn.datasets", loads}, {"sklearn.utils._testing", runs}, {"sklearn.externals.joblib.load", loads}, {"joblib.externals", runs}, {"joblib.pool", runs},
	{"joblib.numpy_pickle_utils", loads},
	{"transformers.utils.import_utils", imports}, {"transformers.dynamic_module_utils", runs}, {"transformers.utils.hub", network},
	{"transformers.tools", runs}, {"transformers.agents", runs},
	{"keras.src.saving.serialization_lib", imports}, {"keras.saving.serialization_lib", imports}, {"keras.src.saving.saving_lib", loads}, {"keras.saving.saving_lib", loads},
	{"keras.src.saving.saving_api", loads}, {"keras.saving.load_model", loads}, {"keras.utils.data_utils", files}, {"keras.src.utils.file_utils", files},
	{"keras.utils.generic_utils.func_load", runs}, {"keras.src.utils.python_utils.func_load", runs}, {"keras.models", loads},
	{"keras.engine.saving", loads}, {"tensorflow.io", files}, {"tensorflow.python.ops.script_ops", runs}, {"tensorflow.python.ops.io_ops", files},
	{"tensorflow.python.platform", files}, {"tensorflow.python.framework.load_library", runs}, {"tensorflow.saved_model", loads},
	{"tensorflow.keras.models", loads}, {"tensorflow.keras.utils", files}, {"tensorflow.python.lib.io", files}, {"lightgbm.basic._load_lib", runs},
	{"omegaconf.omegaconf.OmegaConf.load", files}, {"omegaconf.OmegaConf.load", files}, {"nltk.data.load", loads}, {"nltk.data.retrieve", network}, {"nltk.downloader", network},
	{"logging.config", imports}, {"logging.handlers", network}, {"logging.FileHandler", files}, {"datasets.load", runs}, {"gensim.downloader", network},
	{"gensim.utils.unpickle", loads}, {"sympy.parsing", runs}, {"ray.cloudpickle", loads}, {"cloudpickle.cloudpickle.loads", loads}, {"cloudpickle.loads", loads},
	{"cloudpickle.load", loads}, {"ultralytics.utils.downloads", network}, {"fastai.learner.load_learner", loads},
	{"lightning.pytorch.cli", runs}, {"accelerate.commands", runs}, {"deepspeed.launcher", runs}, {"deepspeed.ops.op_builder", runs},
	{"xml.sax", network}, {"xml.dom", network}, {"hydra.utils", imports}, {"hydra._internal", imports}, {"hydra.compose", runs}, {"werkzeug.utils", imports},
	{"werkzeug.debug", runs}, {"test.support", runs}, {"test.libregrtest", runs}, {"dill.source", runs}, {"dill.temp", files}, {"yaml.loader", loads}, {"yaml.constructor", loads},
}

// deniedNames are single functions and classes.
var deniedNames = func() map[string]string {
	m := map[string]string{}
	for why, words := range map[string]string{
		runs: `builtins.eval builtins.exec builtins.compile builtins.execfile builtins.apply builtins.breakpoint builtins.input builtins.raw_input builtins.help
			torch.compile torch.jit.load torch.jit.script torch.jit.trace torch.jit._script.load numpy.safe_eval numpy.lib.utils.safe_eval numpy.lib._utils_impl.safe_eval
			sympy.sympify sympy.core.sympify.sympify sympy.lambdify sympy.utilities.lambdify.lambdify pandas.eval pandas.core.frame.DataFrame.query
			pandas.core.frame.DataFrame.eval pandas.DataFrame.query pandas.DataFrame.eval platform.popen platform._syscmd_file platform._syscmd_ver uuid._get_command_stdout
			uuid._popen platform.architecture typing.get_type_hints typing._eval_type typing.ForwardRef._evaluate collections.namedtuple.__new__ _aix_support._read_cmd_output
			tensorflow.load_op_library tensorflow.load_library tensorflow.py_function tensorflow.numpy_function tensorflow.py_func
			commands.getoutput commands.getstatusoutput commands.getstatus numpy._core._multiarray_umath._load_from_filelike ctypes.util._findLib_gcc string.Formatter
			getpass.getpass nturl2path.url2pathname reprlib.Repr posixpath.expandvars logging.Formatter.usesTime`,
		imports: `builtins.__import__ builtins.reload torch._utils._import_dotted_name torch.utils._import_utils.import_dill unittest.mock._importer
			dill._dill._import_module dill._dill._get_attr dill._dill._create_namedtuple dill._shims._get_attr cloudpickle.cloudpickle.subimport
			cloudpickle.cloudpickle.dynamic_subimport cloudpickle.cloudpickle._dynamic_import hydra._internal.utils._locate sklearn.utils._import
			numpy.core._internal._import pandas.compat._optional.import_optional_dependency pytorch_lightning.utilities.imports.module_available
			torch.distributed.nn.api.remote_module._load`,
		files: `PIL.ImageFont.truetype builtins.open builtins.file io.open io.open_code io.FileIO io.TextIOWrapper codecs.open codecs.EncodedFile torch.save torch.from_file
			numpy.fromfile numpy.tofile numpy.save numpy.savez numpy.savez_compressed numpy.savetxt numpy.loadtxt
			numpy.genfromtxt numpy.core.records.fromfile numpy.core.multiarray.fromfile numpy.ndarray.tofile numpy.ndarray.dump pandas.read_csv pandas.read_json
			pandas.read_html pandas.read_xml pandas.read_excel pandas.read_table pandas.read_sql pandas.read_hdf pandas.read_parquet pandas.read_feather pandas.read_fwf
			pandas.HDFStore pandas.ExcelFile pandas.ExcelWriter pandas.core.frame.DataFrame.to_csv pandas.core.frame.DataFrame.to_pickle joblib.dump torch.utils.tensorboard.SummaryWriter
			pathlib.Path.write_text pathlib.Path.write_bytes pathlib.Path.read_text pathlib.Path.read_bytes pathlib.Path.unlink pathlib.Path.open pathlib.Path.rmdir
			pathlib.Path.touch pathlib.Path.mkdir pathlib.Path.rename pathlib.Path.replace pathlib.Path.chmod pathlib.PosixPath.write_text pathlib.PosixPath.write_bytes
			pathlib.PosixPath.unlink pathlib.PosixPath.open pathlib.PosixPath.read_text pathlib.PosixPath.read_bytes gzip.open gzip.GzipFile bz2.open bz2.BZ2File
			lzma.open lzma.LZMAFile zstandard.open cv2.imread cv2.imwrite PIL.Image.open sklearn.utils._fetch gensim.utils.save_as_line_sentence _winapi.CopyFile2`,
		loads: `torch.load torch.serialization.load torch.serialization._load torch.serialization._legacy_load torch.jit.load numpy.load joblib.load joblib.numpy_pickle.load
			joblib.numpy_pickle._unpickle joblib.numpy_pickle_compat.load_compatibility pandas.read_pickle pandas.io.pickle.read_pickle sklearn.externals.joblib.load
			numpy.lib.npyio.load numpy.core.multiarray._pickle numpy.loads sympy.core.core._load xgboost.core.Booster.load_model lightgbm.Booster
			pandas.compat.pickle_compat.load pandas.compat.pickle_compat.loads torch.storage._load_from_file torch.distributed._shard.checkpoint.load
			dill.loads dill.load dill._dill.loads dill._dill.load dill.load_session dill._dill.load_session dill.session.load_module dill.load_module
			dill._dill.Unpickler dill.Unpickler yaml.load yaml.load_all yaml.unsafe_load yaml.unsafe_load_all yaml.full_load yaml.full_load_all yaml.safe_load
			ruamel.yaml.load ruamel.yaml.main.load ruamel.yaml.unsafe_load keras.models.load_model tensorflow.keras.models.load_model fastai.basics.load_learner`,
		network: `keras.utils.get_file torch.hub.load torch.hub.download_url_to_file torch.hub.load_state_dict_from_url`,
		inward: `builtins.setattr builtins.delattr builtins.globals builtins.locals builtins.vars builtins.dir builtins.exit builtins.quit builtins.super
			copyreg.add_extension copyreg.pickle copyreg.constructor copyreg.remove_extension copyreg.dispatch_table copyreg._extension_registry copyreg._inverted_registry
			object.__getattribute__ object.__setattr__ object.__reduce_ex__ types.FunctionType types.CodeType types.LambdaType
			logging._acquireLock codecs.register encodings.search_function numpy.set_string_function numpy.seterrcall warnings.showwarning
			torch.serialization.register_package torch.serialization.add_safe_globals pandas.set_option contextlib.contextmanager weakref.finalize`,
	} {
		for w := range set(words) {
			m[w] = why
		}
	}
	maps.DeleteFunc(m, func(w, _ string) bool { return exact[w] })
	return m
}()
