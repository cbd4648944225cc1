package pickle

import "strings"

// What frameworks put into pickles, gathered from files that they write
// themselves, and from their __reduce__ methods.

// exact are imports that are harmless to call with anything. Sources: copyreg,
// datetime, decimal, collections and re of CPython 3.13; numpy/_core/_methods
// and random/_pickle.py; pandas/_libs; torch/_utils.py and _tensor.py;
// sklearn; scipy; joblib/numpy_pickle.py; xgboost; gensim.
var exact = withWeights(set(`
	builtins.bool builtins.bytearray builtins.bytes builtins.complex builtins.dict builtins.enumerate builtins.float builtins.frozenset builtins.hash
	builtins.int builtins.len builtins.list builtins.object builtins.range builtins.reversed builtins.set builtins.slice builtins.str builtins.tuple
	builtins.zip builtins.Ellipsis builtins.NotImplemented builtins.memoryview builtins.abs builtins.round builtins.sum builtins.ord builtins.chr
	builtins.property builtins.staticmethod builtins.classmethod builtins.isinstance builtins.issubclass builtins.repr builtins.pow builtins.divmod
	builtins.NoneType types.NoneType types.EllipsisType types.SimpleNamespace builtins.ellipsis
	builtins.StopIteration builtins.KeyboardInterrupt builtins.SystemExit builtins.GeneratorExit types.MappingProxyType types.GenericAlias argparse.Namespace
	collections.OrderedDict collections.Counter collections.deque collections.ChainMap collections.UserDict collections.UserList collections.UserString
	collections.abc.Mapping collections.abc.Sequence collections.abc.Callable
	datetime.date datetime.datetime datetime.time datetime.timedelta datetime.timezone datetime.tzinfo decimal.Decimal fractions.Fraction uuid.UUID
	uuid.SafeUUID decimal.Context decimal.InvalidOperation decimal.DivisionByZero decimal.Overflow decimal.Underflow decimal.Inexact decimal.Rounded
	decimal.Subnormal decimal.Clamped decimal.FloatOperation zoneinfo.ZoneInfo._unpickle zoneinfo.ZoneInfo pytz._p pytz._UTC pytz.tzfile pytz._FixedOffset pytz.FixedOffset pytz.tzinfo.DstTzInfo pytz.tzinfo.StaticTzInfo dateutil.tz.tz.tzutc dateutil.tz.tz.tzoffset pendulum.tz.timezone.Timezone optuna.storages._in_memory.InMemoryStorage
	optuna.storages._in_memory._StudyInfo dateutil.relativedelta.relativedelta
	dateutil.relativedelta.weekday dateutil._common.weekday dateutil.tz.tz.tzlocal calendar.Day
	pathlib.Path pathlib.PosixPath pathlib.WindowsPath pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath
	pathlib._local.PosixPath pathlib._local.WindowsPath pathlib._local.PurePosixPath pathlib._local.PureWindowsPath pathlib._local.Path
	re._compile re.compile re.RegexFlag itertools.count itertools.chain itertools.cycle itertools.repeat itertools.product itertools.islice
	itertools.combinations itertools.combinations_with_replacement itertools.permutations itertools.compress itertools.zip_longest itertools.pairwise
	itertools.batched itertools._tee array.array
	array._array_reconstructor os.stat_result posix.stat_result os.terminal_size os.uname_result posix.uname_result
	posix.times_result nt.times_result nt.stat_result time.struct_time ipaddress.IPv4Address ipaddress.IPv6Address ipaddress.IPv4Network ipaddress.IPv6Network
	ipaddress.IPv4Interface ipaddress.IPv6Interface statistics.NormalDist calendar.Calendar calendar.TextCalendar calendar.HTMLCalendar logging.LogRecord
	logging.Formatter logging.PercentStyle logging.Filter email.message.Message email._policybase.Compat32 http.cookies.SimpleCookie http.cookies.Morsel
	difflib.SequenceMatcher graphlib.TopologicalSorter queue.Empty queue.Full json.decoder.JSONDecodeError socket.AddressFamily socket.SocketKind
	signal.Signals signal.Handlers random.Random
	enum.Enum enum.IntEnum enum.Flag enum.IntFlag enum.StrEnum enum.auto logging.getLogger logging.Logger string.Template weakref.WeakKeyDictionary
	weakref.WeakValueDictionary weakref.WeakSet threading.Lock __future__.annotations typing.Any typing.Union typing.Optional typing.List typing.Dict
	typing.Tuple typing.Callable typing.Literal typing.Sequence typing.Mapping typing.Iterable typing.Set typing.FrozenSet typing.Type
	abc.ABC dataclasses.Field dataclasses._MISSING_TYPE copyreg.__obj
	operator.add _operator.add operator.sub _operator.sub operator.mul _operator.mul operator.truediv _operator.truediv operator.floordiv _operator.floordiv operator.mod _operator.mod operator.neg _operator.neg
	operator.pos _operator.pos operator.abs _operator.abs operator.lt _operator.lt operator.gt _operator.gt operator.eq _operator.eq operator.le _operator.le operator.ge _operator.ge
	operator.ne _operator.ne operator.and_ _operator.and_ operator.or_ _operator.or_ operator.xor _operator.xor operator.not_ _operator.not_ operator.invert _operator.invert operator.truth _operator.truth
	numpy.ndarray numpy.matrix numpy.recarray numpy.record numpy.poly1d numpy.bool_ numpy.bool numpy.str_ numpy.bytes_ numpy.void numpy.object_
	numpy.float16 numpy.float32 numpy.float64 numpy.float128 numpy.longdouble numpy.int8 numpy.int16 numpy.int32 numpy.int64 numpy.uint8 numpy.uint16
	numpy.uint32 numpy.uint64 numpy.intp numpy.complex64 numpy.complex128 numpy.datetime64 numpy.timedelta64 numpy.random.__RandomState_ctor
	numpy.core.multiarray.scalar numpy._core.multiarray.scalar numpy.core.multiarray.array numpy.core.multiarray.ndarray
	numpy.core.numeric._frombuffer numpy._core.numeric._frombuffer numpy.core.numeric.ndarray numpy.random._pickle.__randomstate_ctor
	numpy.random._pickle.__generator_ctor numpy.random._pickle.__bit_generator_ctor numpy.random.mtrand.RandomState numpy.random.__generator_ctor
	numpy.random.__bit_generator_ctor numpy.ma.core._mareconstruct numpy.ma.core.MaskedArray numpy.ma.core.MaskedConstant
	numpy.dtypes.Float32DType numpy.dtypes.StringDType numpy.rec.recarray numpy.random.bit_generator.SeedSequence
	torch.Size torch.Tensor torch.device torch.Generator torch.nn.parameter.Parameter torch.nn.parameter.Buffer torch.storage.TypedStorage
	torch.storage.UntypedStorage torch.storage._TypedStorage torch.storage._UntypedStorage torch.serialization._get_layout
	torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor torch._utils._rebuild_tensor
	torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3 torch._utils._rebuild_sparse_tensor torch._utils._rebuild_sparse_csr_tensor
	torch._utils._rebuild_meta_tensor_no_storage torch._utils._rebuild_device_tensor_from_numpy torch._utils._rebuild_device_tensor_from_cpu_tensor
	torch._utils._rebuild_xla_tensor torch._utils._rebuild_nested_tensor
	torch.per_tensor_affine torch.per_tensor_symmetric torch.per_channel_affine torch.per_channel_symmetric torch.per_channel_affine_float_qparams
	torch.jit._pickle.build_intlist torch.jit._pickle.build_doublelist torch.jit._pickle.build_boollist torch.jit._pickle.build_tensorlist
	torch.jit._pickle.build_tensor_from_id torch.jit._pickle.restore_type_tag torch.cuda.amp.grad_scaler._refresh_per_optimizer_state
	torch._C._VariableFunctionsClass torch.ScriptObject torch._C.ScriptObject torch.utils.hooks.RemovableHandle
	torch.utils.hooks._WrappedHook torchvision.transforms.transforms.Lambda torchvision.transforms.v2._misc.Lambda torch.get_rng_state torch.utils.data._utils.collate.default_collate
	pandas._libs.internals._unpickle_block pandas._libs.tslibs.timestamps._unpickle_timestamp pandas._libs.tslibs.timedeltas._timedelta_unpickle
	pandas._libs.tslibs.nattype._nat_unpickle pandas._libs.tslibs.nattype.__nat_unpickle pandas._libs.tslibs.period.Period
	pandas._libs.tslibs.offsets._offset_unpickle pandas._libs.missing.NAType pandas._libs.tslibs.timezones.get_timezone
	pandas.core.internals.blocks.new_block pandas.core.internals.blocks.make_block
	scipy.sparse._csr.csr_matrix scipy.sparse._csc.csc_matrix scipy.sparse._coo.coo_matrix scipy.sparse._lil.lil_matrix scipy.sparse._dok.dok_matrix
	scipy.sparse._dia.dia_matrix scipy.sparse._bsr.bsr_matrix scipy.sparse.csr.csr_matrix scipy.sparse.csc.csc_matrix scipy.sparse.coo.coo_matrix
	scipy.sparse.lil.lil_matrix scipy.sparse.dok.dok_matrix scipy.sparse.dia.dia_matrix scipy.sparse.bsr.bsr_matrix scipy.sparse._csr.csr_array
	scipy.sparse._csc.csc_array scipy.sparse._coo.coo_array scipy.interpolate.interpolate.interp1d scipy.interpolate._interpolate.interp1d
	scipy.spatial._ckdtree.cKDTree scipy.spatial.ckdtree.cKDTree scipy.spatial._kdtree.KDTree scipy.stats._distn_infrastructure.rv_continuous_frozen
	scipy.stats._distn_infrastructure.rv_discrete_frozen scipy.stats._distn_infrastructure.rv_frozen scipy.stats._multivariate.multivariate_normal_frozen
	scipy.stats._kde.gaussian_kde scipy.stats.kde.gaussian_kde scipy.optimize._optimize.OptimizeResult
	sklearn.datasets.base.Bunch sklearn.datasets._base.Bunch io.BytesIO io.StringIO _io.BytesIO _io.StringIO inspect._empty inspect.Parameter
	inspect.Signature inspect._ParameterKind urllib.parse.ParseResult urllib.parse.SplitResult distutils.version.LooseVersion
	distutils.version.StrictVersion packaging.version.Version packaging.version._Version http.HTTPStatus
	sklearn.utils.Bunch sklearn.utils._bunch.Bunch sklearn.utils.deprecation.DeprecationDict sklearn.neighbors._dist_metrics.newObj
	joblib.numpy_pickle.NumpyArrayWrapper joblib.numpy_pickle.NDArrayWrapper joblib.numpy_pickle.ZNDArrayWrapper
	sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper sklearn.externals.joblib.numpy_pickle.NDArrayWrapper
	nltk.tree.Tree nltk.tokenize.punkt.PunktSentenceTokenizer nltk.tokenize.punkt.PunktParameters gensim.models.word2vec.Vocab
	catboost.core.CatBoostClassifier tensorflow.python.framework.dtypes.as_dtype jax._src.array.ArrayImpl
	munch.Munch bunch.Bunch dotmap.DotMap attrdict.dictionary.AttrDict box.box.Box box.config_box.ConfigBox box.box_list.BoxList
	ml_collections.config_dict.config_dict.ConfigDict torch.torch_version.TorchVersion
	jaxlib.xla_extension.ArrayImpl flax.core.frozen_dict.FrozenDict
`))

// withWeights adds what PyTorch itself takes for harmless.
func withWeights(names map[string]bool) map[string]bool {
	for n := range weightsNames {
		names[n] = true
	}
	return names
}

// packages are those whose classes models are made of.
var packages = set(`torch numpy scipy sklearn pandas joblib transformers tokenizers datasets accelerate peft diffusers timm torchvision torchaudio torchtext
	ultralytics models lightning pytorch_lightning lightning_fabric lightning_utilities torchmetrics deepspeed megatron fairseq fairseq2 apex detectron2 mmcv
	mmengine mmdet mmseg mmpretrain mmcls mmocr mmpose mmaction fvcore yacs easydict addict omegaconf xgboost lightgbm catboost gensim nltk spacy thinc flair
	stanza sentence_transformers setfit imblearn category_encoders feature_engine statsmodels lifelines hmmlearn pmdarima prophet fbprophet neuralprophet
	stable_baselines3 stable_baselines sb3_contrib rl_zoo3 gym gymnasium tianshou keras tf_keras tensorflow tensorflow_probability jax jaxlib flax
	optax haiku equinox chex fastai fastcore allennlp espnet espnet2 speechbrain nemo torch_geometric dgl e3nn ase networkx shapely morfessor umap
	hdbscan pynndescent faiss xformers bitsandbytes trl open_clip clip segment_anything sam2 monai nnunet kornia albumentations PIL skimage cv2 robustness
	robust_bench mlxtend sktime tslearn pyts aeon darts gluonts tbats arch pyarrow optuna skopt hyperopt bayes_opt deap tpot econml dowhy causalml shap lime
	eli5 pyro gpytorch botorch GPy gpflow braindecode opacus captum pycaret autogluon surprise implicit lightfm recbole rdkit deepchem yolov5 yolox ngboost
	pygam sksurv pyod river sklearn_crfsuite quantile_forest interpret fasttext sacremoses pytorch3d pytorchvideo pytorch_transformers pytorch_pretrained_bert
	basicsr realesrgan whisper TTS coqpit asteroid k_diffusion bertopic pendulum dateutil xarray sparse`)

// riskyWords are parts of the names of classes that open, run or fetch.
var riskyWords = strings.Fields(`Popen Subprocess Script Remote Interpreter Pickler Socket FFI DLL Uarray DataSource OpNamespace _Function Downloader LazyModule
	LazyImport CorpusView MultiProcessing FreeType CodeType FunctionType MethodType LambdaType ModuleType TemporaryDirectory Stanford Malt Boxer Hunpos
	Senna Prover9 Mace InteractiveConsole SourceFile`)

// foreignClasses are classes of the standard library that modules of known
// packages import under their own name, and that do something.
var foreignClasses = set(`Unpickler _Unpickler TextIOWrapper BufferedReader BufferedWriter FileIO ElementTree SubElement ProxyHandler ProxyBasicAuthHandler
	ProxyDigestAuthHandler HTTPHandler Request TestCase TestSuite TestLoader ArgumentParser ConfigParser RawConfigParser Pipe Pool Tk Toplevel CFuncPtr SemLock
	HTMLParser Profile Timer Trace Bdb Pdb Cmd StackSummary SourceFileLoader ModuleSpec BaseConfigurator DictConfigurator CDLL PyDLL Unmarshaller Transport SMTP FTP
	Telnet ZipFile TarFile GzipFile BZ2File LZMAFile ExitStack AsyncExitStack Finalize BaseManager SyncManager FunctionMaker ForwardRef`)

// riskyEnds are the last words of such names.
var riskyEnds = strings.Fields(`Writer Reader File Importer Import Exporter Client Server Process Thread Executor Runner Launcher Command Shell Template
	Store Library Compiler Lambda Evaluator Expr Worker Agent Hub Extension Code Exec Spawn Session Connection Path Proxy Monitor Loader ConfigModule Builder
	Storage Tracker Viewer Meta MetaClass Metaclass Downloadable Console Debugger`)

// torchPaths are the parts of PyTorch whose classes models are made of.
var torchPaths = strings.Fields(`torch torch.nn torch.optim torch.distributions torch.ao torch.quantization torch.cuda torch.amp torch.storage torch._tensor
	torch.sparse torch.utils.data.dataset torch.utils.data.dataloader torch.utils.data.sampler torch.utils.data.distributed torch.utils.data._utils
	torch.distributed.fsdp torch.distributed.tensor torch.distributed._tensor torch.distributed.optim torch.distributed.device_mesh
	torch.distributed._shard.sharding_spec torch.distributed._shard.metadata torch.distributed.checkpoint.metadata torch.jit._pickle torch._utils
	torch.functional torch._C._nn torch.mps torch.xpu torch.utils.hooks torch.masked torch.nested torch.backends.quantized`)

// riskyParts are parts of packages that are no place for what models hold.
var riskyParts = set(`testing _testing tests test hub cpp_extension collect_env _inductor _dynamo codecache externals distutils f2py rpc run launcher launch
	elastic _appdirs cli commands command scripts script download downloads file_utils import_utils dynamic_module_utils remote_module package
	_uarray multiprocessing subprocess os sys pty debugger _mangling excel clipboard sql html pytables parquet feather gfile py_func script_ops
	ctypeslib npyio _datasource _npyio_impl unsupported_tensor_ops benchmark bottleneck tensorboard pip setuptools lib2to3 mock
	symbolic_shapes graph_module _export onnx backends cluster_resolver compiler xml resource_loader pipelines serialization_lib data_utils
	corpus lazyimport viewer odr storages plugins _plugins`)

// riskyModules are modules of known packages whose classes run, open or fetch
// when they are made or get their state.
var riskyModules = strings.Fields(`scipy._lib.messagestream joblib.parallel joblib.pool joblib._parallel_backends joblib._memmapping_reducer  joblib.logger joblib.executor joblib._store_backends sklearn.utils.parallel nltk.internals nltk.app nltk.twitter
	nltk.toolbox nltk.inference nltk.sem nltk.parse.corenlp nltk.parse.malt nltk.parse.stanford nltk.tag.stanford nltk.tag.hunpos nltk.tag.senna
	nltk.tokenize.stanford nltk.tokenize.stanford_segmenter nltk.classify.weka nltk.classify.megam nltk.classify.tadm PIL.ImageFont PIL.ImageTk PIL.TarIO
	PIL.PdfParser PIL.ImageShow PIL.ImageGrab PIL.ImageCms optuna.integration optuna._imports optuna.cli skimage.io xgboost.tracker xgboost.spark
	xgboost.compat transformers.tools transformers.agents statsmodels.compat statsmodels.iolib pyarrow.fs pyarrow.dataset pyarrow.flight xarray.backends
	xarray.conventions hyperopt.pyll hyperopt.mongoexp hyperopt.ipy ase.calculators ase.io spacy.cli tensorflow.python.platform`)

// plainPackages are those whose classes reach nothing when they are called with
// words: words are kinds, units and modes there.
var plainPackages = set("numpy scipy sklearn pandas torch torchmetrics jax jaxlib flax optax dateutil pendulum shapely")

// enumEnds are the last words of the names of Enums, whose members are made by
// calling the class with their value.
var enumEnds = strings.Fields(`Type Types Strategy Strategies Mode Modes Option Options Names Name Kind Kinds Format Level Status State Method Methods Policy Backend
	Device Precision Enum Flag Flags Optimizer Optimizers Scheduler Schedulers Split Phase Side Style Activation Loss Norm Reduction Order Direction
	Role Scheme Stage Schema Color Target Metric Aggregation Category Position Resampling Transpose Interpolation Axis Dtype DType Frequency
	Implementation Variant Version Family Algorithm Reason Choice Choices Unit Units Layout Space Visibility`)
