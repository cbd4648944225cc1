package model

import (
	"slices"
	"strings"
)

// kerasRoots are packages whose objects Keras loads by name without asking.
var kerasRoots = []string{"keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "keras_core", "keras_hub", "keras_nlp", "keras_cv", "keras_rs"}

func kerasOwn(module string) bool {
	return slices.ContainsFunc(kerasRoots, func(r string) bool { return module == r || strings.HasPrefix(module, r+".") })
}

// kerasPart returns the part of a module's name that tells what is in it:
// layers of keras.src.layers.core.dense.
func kerasPart(module string) string {
	for _, r := range kerasRoots {
		if rest, ok := strings.CutPrefix(module, r+"."); ok {
			rest = strings.TrimPrefix(rest, "src.")
			rest = strings.TrimPrefix(rest, "api.")
			rest = strings.TrimPrefix(rest, "engine.")
			first, _, _ := strings.Cut(rest, ".")
			return first
		}
	}
	return ""
}

// kerasClassModule says whether the classes of a module belong in models.
func kerasClassModule(module string) bool {
	return slices.Contains([]string{"", "src", "layers", "models", "activations", "initializers", "regularizers", "constraints", "losses", "metrics",
		"optimizers", "mixed_precision", "dtype_policies", "random", "quantizers", "ops", "operations", "sequential", "functional", "training", "applications",
		"engine", "input_layer", "base_layer", "callbacks", "backend", "experimental", "legacy", "tokenizers", "api", "premade_models", "feature_column", "distillation"}, kerasPart(module)) &&
		!strings.Contains(module, ".utils") && !strings.Contains(module, ".saving")
}

// kerasFunctionModule says whether the functions of a module belong in models.
func kerasFunctionModule(module string) bool {
	return slices.Contains([]string{"activations", "initializers", "losses", "metrics", "regularizers", "constraints", "ops", "layers", "optimizers", "nn", "random"}, kerasPart(module)) &&
		!strings.Contains(module, ".utils") && !strings.Contains(module, ".saving")
}

// kerasGadgets are functions of Keras that fetch, unpack, load or switch off
// guards: what published injections of configurations call.
var kerasGadgets = []string{
	"get_file", "load_model", "load_weights", "load_img", "load_data", "save_model", "save_weights", "save_img", "extract_archive", "unpack_archive",
	"_extract_archive", "extract_open_archive", "filter_safe_paths", "filter_safe_tarinfos", "enable_unsafe_deserialization", "disable_safe_mode", "unsafe_deserialization",
	"deserialize_keras_object", "from_config", "model_from_json", "model_from_config", "func_load", "register_keras_serializable", "run_script", "file_utils", "io_utils",
	"python_utils", "urlretrieve", "download", "image_dataset_from_directory", "text_dataset_from_directory", "audio_dataset_from_directory", "custom_object_scope",
	"TFSMLayer", "retrieve_object", "_retrieve_class_or_fn", "symbolic_call", "config",
}

// pythonRuns are builtins that run code or reach files.
var pythonRuns = []string{"eval", "exec", "compile", "open", "__import__", "getattr", "setattr", "delattr", "globals", "locals", "vars", "input", "breakpoint", "map", "filter", "classmethod"}

// dangerousModules are those with functions that run programs, load code or
// reach files and networks.
var dangerousModules = []string{
	"os", "posix", "nt", "subprocess", "sys", "shutil", "importlib", "pickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "socket", "ctypes", "runpy", "code", "codeop",
	"pty", "platform", "commands", "popen2", "multiprocessing", "threading", "asyncio", "webbrowser", "urllib", "requests", "httpx", "http", "ftplib", "smtplib", "tempfile", "pathlib",
	"glob", "builtins.eval", "builtins.exec", "__builtin__", "pip", "setuptools", "distutils", "timeit", "pdb", "bdb", "cProfile", "profile", "trace", "pydoc", "inspect", "types", "functools",
	"operator", "antigravity", "zipfile", "tarfile", "sqlite3", "torch.hub", "torch.load", "numpy.load", "pandas.io", "yaml", "jsonpickle", "fileinput", "io", "codecs", "linecache", "ast", "zipimport", "site", "venv", "ensurepip", "doctest", "unittest", "concurrent", "signal", "gc", "imp", "pkgutil", "idlelib", "lib2to3", "logging.config",
}

func dangerousModule(module string) bool {
	return slices.ContainsFunc(dangerousModules, func(m string) bool { return module == m || strings.HasPrefix(module, m+".") })
}

// kerasFunctions are the names by which configurations mean functions of Keras.
var kerasFunctions = strings.Fields(`relu relu6 sigmoid softmax softmax_v2 softplus softsign softsign tanh selu elu exponential gelu hard_sigmoid hard_silu hard_swish hard_tanh hard_shrink leaky_relu linear log_sigmoid log_softmax
mish silu swish celu glu squareplus soft_shrink sparse_plus sparsemax sparse_sigmoid tanh_shrink threshold mean_squared_error mean_absolute_error mean_absolute_percentage_error mean_squared_logarithmic_error
binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy kl_divergence poisson cosine_similarity hinge squared_hinge categorical_hinge huber log_cosh binary_focal_crossentropy categorical_focal_crossentropy
binary_accuracy categorical_accuracy sparse_categorical_accuracy top_k_categorical_accuracy sparse_top_k_categorical_accuracy ctc dice tversky circle accuracy mse mae mape msle`)

// kerasClasses are the classes that configurations name without their module.
// Source: the public names of keras.layers, initializers, losses, optimizers,
// metrics, regularizers, constraints and their older kin.
var kerasClasses = strings.Fields(strings.ToLower(`Sequential Functional Model InputLayer Input Dense Activation Embedding Masking Lambda Identity EinsumDense Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D Conv1DTranspose Conv2DTranspose
Conv3DTranspose Convolution2DTranspose Convolution3DTranspose SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D DepthwiseConv1D DepthwiseConv2D MaxPooling1D MaxPooling2D MaxPooling3D MaxPool1D MaxPool2D MaxPool3D AveragePooling1D AveragePooling2D
AveragePooling3D AvgPool1D AvgPool2D AvgPool3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D LSTM GRU LSTMV2 GRUV2 CuDNNLSTM CuDNNGRU
SimpleRNN RNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells TimeDistributed Bidirectional Wrapper ConvLSTM1D ConvLSTM2D ConvLSTM3D ConvRNN2D BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization LayerNormalization GroupNormalization UnitNormalization SpectralNormalization RMSNormalization
Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise AlphaDropout ActivityRegularization AttentionDropout MultiHeadAttention GroupedQueryAttention GroupQueryAttention Attention AdditiveAttention Reshape Flatten RepeatVector Permute Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D
ZeroPadding1D ZeroPadding2D ZeroPadding3D Concatenate Average Maximum Minimum Add Subtract Multiply Dot Merge ReLU Softmax LeakyReLU PReLU ELU ThresholdedReLU LocallyConnected1D LocallyConnected2D MaxoutDense Highway TFOpLambda SlicingOpLambda ClassMethod InstanceMethod InstanceProperty TensorFlowOpLayer AddLoss AddMetric
TextVectorization StringLookup IntegerLookup CategoryEncoding Hashing HashedCrossing Discretization Normalization Rescaling Resizing CenterCrop RandomCrop RandomFlip RandomRotation RandomZoom RandomContrast RandomBrightness RandomTranslation RandomHeight RandomWidth RandomSaturation RandomHue RandomGrayscale RandomShear RandomSharpness RandomColorJitter
RandomColorDegeneration RandomPosterization RandomPerspective RandomInvert RandomErasing RandomElasticTransform RandomGaussianBlur AutoContrast Equalization Solarization MixUp CutMix AugMix RandAugment Pipeline STFTSpectrogram MelSpectrogram MaxNumBoundingBoxes FeatureSpace DenseFeatures SequenceFeatures NumericColumn
Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal VarianceScaling Orthogonal OrthogonalInitializer IdentityInitializer GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform STFTInitializer glorot_uniform glorot_normal he_normal he_uniform lecun_normal lecun_uniform zeros ones random_normal random_uniform truncated_normal orthogonal
L1 L2 L1L2 OrthogonalRegularizer MaxNorm NonNeg UnitNorm MinMaxNorm RadialConstraint SGD RMSprop Adam AdamW Adadelta Adagrad Adamax Nadam Ftrl Lion Lamb Muon Adafactor LossScaleOptimizer Optimizer TFOptimizer Policy DTypePolicy FloatDTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy DTypePolicyMap PolicyV1
ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError RootMeanSquaredError BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy KLDivergence Poisson CosineSimilarity Hinge SquaredHinge CategoricalHinge Huber
LogCosh LogCoshError BinaryFocalCrossentropy CategoricalFocalCrossentropy CTC Dice Tversky Circle CategoricalGeneralizedCrossEntropy Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy TopKCategoricalAccuracy SparseTopKCategoricalAccuracy AUC Precision Recall TruePositives TrueNegatives FalsePositives FalseNegatives PrecisionAtRecall RecallAtPrecision
SensitivityAtSpecificity SpecificityAtSensitivity F1Score FBetaScore R2Score IoU BinaryIoU MeanIoU OneHotIoU OneHotMeanIoU ConcordanceCorrelation PearsonCorrelation Mean Sum MeanMetricWrapper MeanTensor MeanRelativeError CompileMetrics Reduction LossFunctionWrapper SumOverBatchSize Variable TensorShape TypeSpec TensorSpec Layer Loss Metric Network Graph Convolution AtrousConvolution2D WideDeepModel LinearModel
SeedGenerator AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D ContrastLimitedAdaptiveHistogramEqualization
ReconstructPatches2D ReconstructPatches3D IndexLookup InputSpec ReversibleEmbedding AlphaDropoutLayer Quantizer AbsMaxQuantizer BatchRenormalization Discretize JaxLayer FlaxLayer KerasTensor`))
