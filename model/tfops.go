package model

import (
	"slices"
	"strings"
)

// tfRuns are operators that run code or reach files when a graph runs.
// Source: tensorflow/core/ops/*.cc; the security page of TensorFlow tells that
// graphs are programs (SECURITY.md, "TensorFlow models are programs").
var tfRuns = map[string]Finding{
	"PyFunc":          {Why: "it calls a Python function", Severity: High},
	"PyFuncStateless": {Why: "it calls a Python function", Severity: High},
	"EagerPyFunc":     {Why: "it calls a Python function", Severity: High},
	"NumpyFunction":   {Why: "it calls a Python function", Severity: High},
	"ReadFile":        {Why: "it reads any file of the machine", Severity: High},
	"WriteFile":       {Why: "it writes any file of the machine", Severity: High},
	"MatchingFiles":   {Why: "it lists files of the machine", Severity: High},
	"LoadLibrary":     {Why: "it loads native code", Severity: High},
	"ShellExecute":    {Why: "it runs a command", Severity: High},
	"SystemCommand":   {Why: "it runs a command", Severity: High},

	"PrintV2":                          {Why: "it writes where its output_stream says, a file too", Severity: Medium},
	"ReaderReadV2":                     {Why: "it reads files that the graph names", Severity: Medium},
	"ReaderRead":                       {Why: "it reads files that the graph names", Severity: Medium},
	"ReaderReadUpTo":                   {Why: "it reads files that the graph names", Severity: Medium},
	"ReaderReadUpToV2":                 {Why: "it reads files that the graph names", Severity: Medium},
	"WholeFileReader":                  {Why: "it reads files that the graph names", Severity: Medium},
	"WholeFileReaderV2":                {Why: "it reads files that the graph names", Severity: Medium},
	"TextLineReader":                   {Why: "it reads files that the graph names", Severity: Medium},
	"TextLineReaderV2":                 {Why: "it reads files that the graph names", Severity: Medium},
	"FixedLengthRecordReader":          {Why: "it reads files that the graph names", Severity: Medium},
	"FixedLengthRecordReaderV2":        {Why: "it reads files that the graph names", Severity: Medium},
	"TFRecordReader":                   {Why: "it reads files that the graph names", Severity: Medium},
	"TFRecordReaderV2":                 {Why: "it reads files that the graph names", Severity: Medium},
	"LMDBReader":                       {Why: "it reads files that the graph names", Severity: Medium},
	"TextLineDataset":                  {Why: "it reads files that the graph names", Severity: Medium},
	"FixedLengthRecordDataset":         {Why: "it reads files that the graph names", Severity: Medium},
	"FixedLengthRecordDatasetV2":       {Why: "it reads files that the graph names", Severity: Medium},
	"TFRecordDataset":                  {Why: "it reads files that the graph names", Severity: Medium},
	"TFRecordDatasetV2":                {Why: "it reads files that the graph names", Severity: Medium},
	"LMDBDataset":                      {Why: "it reads files that the graph names", Severity: Medium},
	"ExperimentalLMDBDataset":          {Why: "it reads files that the graph names", Severity: Medium},
	"CSVDataset":                       {Why: "it reads files that the graph names", Severity: Medium},
	"CSVDatasetV2":                     {Why: "it reads files that the graph names", Severity: Medium},
	"ExperimentalCSVDataset":           {Why: "it reads files that the graph names", Severity: Medium},
	"SqlDataset":                       {Why: "it opens a database that the graph names", Severity: Medium},
	"ExperimentalSqlDataset":           {Why: "it opens a database that the graph names", Severity: Medium},
	"MatchingFilesDataset":             {Why: "it lists files of the machine", Severity: Medium},
	"ExperimentalMatchingFilesDataset": {Why: "it lists files of the machine", Severity: Medium},
	"ImmutableConst":                   {Why: "it maps a file of the machine into memory", Severity: Medium},
	"LoadDataset":                      {Why: "it reads files that the graph names", Severity: Medium},
	"LoadDatasetV2":                    {Why: "it reads files that the graph names", Severity: Medium},
	"SaveDataset":                      {Why: "it writes files that the graph names", Severity: Medium},
	"SaveDatasetV2":                    {Why: "it writes files that the graph names", Severity: Medium},
	"SnapshotDataset":                  {Why: "it writes files that the graph names", Severity: Medium},
	"SnapshotDatasetV2":                {Why: "it writes files that the graph names", Severity: Medium},
	"DatasetToTFRecord":                {Why: "it writes files that the graph names", Severity: Medium},
	"ExperimentalDatasetToTFRecord":    {Why: "it writes files that the graph names", Severity: Medium},
	"CreateSummaryFileWriter":          {Why: "it writes files that the graph names", Severity: Medium},
	"CreateSummaryDbWriter":            {Why: "it writes files that the graph names", Severity: Medium},
	"WriteAudioSummary":                {Why: "it writes files that the graph names", Severity: Low},
	"FileSystemSetConfiguration":       {Why: "it changes how files are reached", Severity: Medium},
	"LoadAndRemapMatrix":               {Why: "it reads files that the graph names", Severity: Medium},
	"GenerateVocabRemapping":           {Why: "it reads files that the graph names", Severity: Medium},
	"DebugIdentity":                    {Why: "it sends values to an address or a file", Severity: Medium},
	"DebugIdentityV2":                  {Why: "it sends values to an address or a file", Severity: Medium},
	"DebugIdentityV3":                  {Why: "it sends values to an address or a file", Severity: Medium},
	"DebugNanCount":                    {Why: "it sends values to an address or a file", Severity: Medium},
	"DebugNumericSummary":              {Why: "it sends values to an address or a file", Severity: Medium},
	"RpcCall":                          {Why: "it calls over the network", Severity: Medium},
	"RpcServerStart":                   {Why: "it opens a port", Severity: Medium},
	"Rpc":                              {Why: "it calls over the network", Severity: Medium},
	"TryRpc":                           {Why: "it calls over the network", Severity: Medium},
	"DataServiceDataset":               {Why: "it calls over the network", Severity: Medium},
	"DecodeProtoV2":                    {Why: "it reads a descriptor that the graph names", Severity: Low},
	"TRTEngineOp":                      {Why: "it holds an engine with code for a GPU", Severity: Low},
}

// tfFamilies begin or end the names of operators that come with TensorFlow.
// A custom operator that borrows such a name is still inert without a library
// that somebody loads first.
var tfFamilies = []string{
	"Resource*", "Sparse*", "Apply*", "Tensor*", "Quantize*", "Requantiz*", "Dequantize*", "Random*", "Stateless*", "Stateful*",
	"Ragged*", "String*", "Queue*", "Stack*", "Matrix*", "Batch*", "Decode*", "Encode*", "Parse*", "Unicode*", "Static*",
	"Experimental*", "BoostedTrees*", "CollectiveA*", "CollectiveB*", "CollectiveG*", "CollectiveI*", "CollectiveP*", "CollectiveR*",
	"TPU*", "Xla*", "Nccl*", "Cudnn*", "Conv2D*", "Conv3D*", "Conv", "DepthwiseConv*", "MaxPool*", "AvgPool*", "FractionalMaxPool*", "FractionalAvgPool*",
	"FusedBatchNorm*", "Fused*", "_Fused*", "_Mkl*", "_Retval", "_Arg", "NonMaxSuppression*", "ResizeB*", "ResizeN*", "ResizeA*", "QuantizedResize*", "ImageProjectiveTransform*",
	"Reader*", "Lookup*", "HashTable*", "MutableHashTable*", "MutableDenseHashTable*", "AnonymousHash*", "AnonymousMutable*", "InitializeTable*", "Barrier*", "Accumulator*",
	"ConditionalAccumulator*", "MapStage", "MapUnstage", "MapUnstageNoKey", "MapClear", "MapPeek", "MapSize", "MapIncompleteSize", "MapDefun", "OrderedMap*", "Iterator*", "MakeIterator",
	"OneShotIterator", "AnonymousIterator*", "DeleteIterator", "MultiDeviceIterator*", "AnonymousMultiDeviceIterator*", "DeleteMultiDeviceIterator", "OptionalFromValue", "OptionalGetValue", "OptionalHasValue", "OptionalNone",
	"*Dataset", "*DatasetV2", "*DatasetV3", "Summary*", "*Summary", "*SummaryV2", "ScatterNd*", "Scatter*", "Segment*", "UnsortedSegment*", "Gather*", "LoadTPUEmbedding*", "RetrieveTPUEmbedding*",
	"EnqueueTPU*", "RecvTPU*", "SendTPU*", "ConfigureDistributedTPU*", "ShutdownDistributedTPU", "OutfeedDequeue*", "OutfeedEnqueue*", "InfeedEnqueue*", "InfeedDequeue*", "GRUBlockCell*", "LSTMBlockCell*", "BlockLSTM*", "CTC*", "Dilation2D*",
	"RNNParams", "*Reader", "*ReaderV2", "ExtractImagePatches", "ExtractVolumePatches", "ExtractGlimpse*", "ExtractJpegShape", "CropAndResize*", "Adjust*", "RGBToHSV", "HSVToRGB", "DrawBoundingBoxes*", "SampleDistortedBoundingBox*", "GenerateBoundingBoxProposals",
	"RiscV*", "Risc*", "Uniform*", "Composite*", "Bessel*", "Igamma*", "Nextafter", "NextAfter", "Unbatch*", "Unstage", "Stage*", "Var*", "DT*", "Copy*", "Sdca*", "Dataset*", "Range*",
	"LeakyRelu*", "Relu*", "Elu*", "Selu*", "Softplus*", "Softsign*", "*Grad", "*GradV2", "*GradV3", "*GradGrad",
}

// tfPlain are the operators outside the families.
var tfPlain = strings.Fields(`Abort Abs Acos Acosh Add AddN AddV2 All AllToAll AllCandidateSampler Angle Any ApproximateEqual ApproxTopK ArgMax ArgMin AsString Asin Asinh
Assert AssertCardinality Assign AssignAdd AssignSub AssignVariableOp AssignAddVariableOp AssignSubVariableOp AssignVariableXlaConcatND AssignPrevElementNext Atan Atan2 Atanh
AudioSpectrogram AudioSummary AutoShard Bfloat BiasAdd BiasAddV1 Bincount Bitcast BitwiseAnd BitwiseOr BitwiseXor BroadcastArgs BroadcastGradientArgs BroadcastTo Bucketize
BytesProducedStatsDataset Case Cast Ceil CheckNumerics CheckNumericsV2 CheckPinned Cholesky ClipByValue CloseSummaryWriter CombinedNonMaxSuppression CompareAndBitpack Complex ComplexAbs
CompressElement ComputeAccidentalHits ComputeBatchSize ComputeDedupDataSize ComputeDedupDataTupleMask Concat ConcatOffset ConcatV2 Conj ConjugateTranspose Const ConsumeMutexLock ControlTrigger Cos Cosh CountUpTo
Cross CrossReplicaSum Cumprod Cumsum CumulativeLogsumexp DataFormatDimMap DataFormatVecPermute DebugGradientIdentity DebugGradientRefIdentity DeepCopy DeleteMemoryCache DeleteRandomSeedGenerator DeleteSeedGenerator
DeleteSessionTensor DenseBincount DenseCountSparseOutput DenseToCSRSparseMatrix DenseToDenseSetOperation DenseToSparseSetOperation DepthToSpace DestroyResourceOp DestroyTemporaryVariable DeviceIndex Diag DiagPart Digamma
DisableCopyOnRead Div DivNoNan DummyIterationCounter DummyMemoryCache DummySeedGenerator DynamicPartition DynamicStitch EditDistance Eig Einsum Empty EmptyTensorList EmptyTensorMap EnsureShape Enter Equal Erf Erfc Erfinv
EuclideanNorm Exit Exp ExpandDims Expm1 FFT FFT2D FFT3D FFTND FIFOQueue FIFOQueueV2 FakeParam FakeQuantWithMinMaxArgs FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsGradient
FakeQuantWithMinMaxVarsPerChannel FakeQuantWithMinMaxVarsPerChannelGradient FakeQueue Fact Fill FinalizeTPUEmbedding Fingerprint FixedUnigramCandidateSampler FlushSummaryWriter Floor FloorDiv FloorMod For
GatherV2 GetElementAtIndex GetOptions GetSessionHandle GetSessionHandleV2 GetSessionTensor Greater GreaterEqual GuaranteeConst HistogramFixedWidth HostConst IFFT IFFT2D IFFT3D IFFTND IRFFT IRFFT2D IRFFT3D IRFFTND Identity IdentityN
IdentityReader IdentityReaderV2 If Imag ImportEvent InTopK InTopKV2 InplaceAdd InplaceSub InplaceUpdate Inv Invert InvertPermutation IsBoostedTreesEnsembleInitialized IsBoostedTreesQuantileStreamResourceInitialized IsFinite IsInf IsNan
IsTPUEmbeddingInitialized IsVariableInitialized IsotonicRegression KMC2ChainInitialization KmeansPlusPlusInitialization KthOrderStatistic L2Loss LRN LeftShift LearnedUnigramCandidateSampler Less LessEqual Lgamma LinSpace ListDiff
Log Log1p LogMatrixDeterminant LogSoftmax LogUniformCandidateSampler LogicalAnd LogicalNot LogicalOr LoopCond LowerBound Lu MatMul Max Maximum Mean Merge MergeDedupData MergeSummary MergeV2Checkpoints Mfcc Min Minimum MirrorPad
MlirPassthroughOp Mod ModelDataset Mul MulNoNan Multinomial MutexLock MutexV2 Ndtri NegTrain Neg NextIteration NoOp NotEqual NthElement OneHot OnesLike Pack Pad PadV2 PaddingFIFOQueue PaddingFIFOQueueV2
ParallelConcat ParallelDynamicStitch ParameterizedTruncatedNormal PartitionedCall StatefulPartitionedCall Placeholder PlaceholderV2 PlaceholderWithDefault Polygamma PopulationCount Pow PrelinearizeTuple Prelinearize PreventGradient
Print PriorityQueue PriorityQueueV2 Prod Qr RFFT RFFT2D RFFT3D RFFTND Rank ReadVariableOp ReadVariableXlaSplitND Real RealDiv RebatchDataset Reciprocal RecordInput Recv ReduceJoin RefEnter RefExit RefIdentity RefMerge
RefNextIteration RefSelect RefSwitch RegexFullMatch RegexReplace RegisterDataset RegisterDatasetV2 RemoteCall RemoteFusedGraphExecute Reshape Restore RestoreSlice RestoreV2 Reverse ReverseSequence ReverseV2 RightShift Rint RngReadAndSkip RngSkip
Roll Round Rsqrt Save SaveSlices SaveV2 ScaleAndTranslate Select SelectV2 SelfAdjointEig SelfAdjointEigV2 Send SerializeIterator SerializeManySparse SerializeSparse SerializeTensor SetSize SetStatsAggregatorDataset Shape ShapeN ShardedFilename ShardedFilespec
ShuffleAndRepeatDataset Sigmoid Sign Sin Sinh Size Skipgram Slice Snapshot SobolSample Softmax SoftmaxCrossEntropyWithLogits SpaceToBatch SpaceToBatchND SpaceToDepth Spence Split SplitDedupData SplitV Sqrt Square SquaredDifference Squeeze
StatsAggregatorHandle StatsAggregatorHandleV2 StatsAggregatorSetSummaryWriter StatsAggregatorSummary StochasticCastToInt StopGradient StoreMinibatchStatisticsInFdo StridedSlice StridedSliceAssign Sub Substr Sum Svd Switch SymbolicGradient SyncDevice TakeManySparseFromTensorsMap
TemporaryVariable ThreadPoolHandle ThreadUnsafeUnigramCandidateSampler Tan Tanh Tile TileGrad Timestamp ToBool TopK TopKUnique TopKV2 TopKWithUnique Transpose TridiagonalMatMul TridiagonalSolve TruncateDiv TruncateMod TruncatedNormal
UncompressElement Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 Unpack UnravelIndex UnwrapDatasetVariant UpperBound VarHandleOp VarIsInitializedOp Variable VariableShape VariableV2 Where While WindowOp WorkerHeartbeat WrapDatasetVariant
WriteGraphSummary WriteHistogramSummary WriteImageSummary WriteRawProtoSummary WriteScalarSummary WriteSummary Xdivy Xlog1py Xlogy ZerosLike Zeta InitializeTRTResource CreateTRTResourceHandle GetCalibrationDataOp CSRSparseMatrixComponents CSRSparseMatrixToDense CSRSparseMatrixToSparseTensor
Dawsn Expint FresnelCos FresnelSin BigQueryReader GenerateBigQueryReaderPartitions Rollback _Send _Recv _HostSend _HostRecv _If _While _ListToArray _ArrayToList _ParallelConcatStart _ParallelConcatUpdate
_ReadVariablesOp _VarHandlesOp _SwitchN _ScopedAllocator _ScopedAllocatorConcat _ScopedAllocatorSplit _UnaryOpsComposition _DeviceArg _DeviceRetval _HostCast _NcclBroadcastRecv _NcclBroadcastSend _NcclReduceRecv _NcclReduceSend _ShutdownDistributedTPU
_TPUCompileMlir _TensorToHashBucketFast _InitializeHostForDistributedTPU _WaitForDistributedTPU _SetGlobalTPUArray _UnaryOpsComposition _EagerConst AddManySparseToTensorsMap AddSparseToTensorsMap AnonymousMemoryCache AnonymousRandomSeedGenerator AnonymousSeedGenerator BandedTriangularSolve CacheDataset DeserializeIterator DeserializeManySparse DeserializeSparse DistributedSave DivideNoNan GlobalIterId GlobalShuffleDataset AccumulateNV2 ZipDataset Assignment BitCast BroadcastDynamicShape HistogramSummary Betainc`)

// tfBeside are operators of libraries that the makers of TensorFlow publish
// beside it: Text, Decision Forests, Addons, Ranking, Recommenders.
var tfBeside = strings.Fields(`Addons>* WordpieceTokenizeWithOffsets FastWordpieceTokenizeWithOffsets FastWordpieceDetokenize FastBertNormalize SentencepieceOp SentencepieceTokenizeOp SentencepieceTokenizeWithOffsetsOp SentencepieceDetokenizeOp SentencepieceVocabSizeOp
SentencepieceIdToStringOp SentencepieceStringToIdOp WhitespaceTokenizeWithOffsets WhitespaceTokenizeWithOffsetsV2 RegexSplitWithOffsets CaseFoldUTF8 NormalizeUTF8 NormalizeUTF8WithOffsetsMap FindSourceOffsets SplitMergeTokenizeWithOffsets SplitMergeFromLogitsTokenizeWithOffsets
SentenceFragments SentenceFragmentsV2 ConstrainedSequence MaxSpanningTree NgramStringJoin RougeL HubModuleSplitter MstSolver PhraseTokenize PhraseDetokenize TrimmerBudget RoundRobinTrim RoundRobinGenerateMasks Utf8Binarize ByteSplitWithOffsets ByteSplitByOffsets
TFText>* SimpleML* StructuredTensor* DecodeProtoSparseV2 DecodeProtoSparseV3 DecodeProtoSparseV4`)

// tfKnown says whether an operator comes with TensorFlow.
func tfKnown(op string) bool {
	if _, ok := tfRuns[op]; ok || slices.Contains(tfPlain, op) {
		return true
	}
	return tfAmong(tfFamilies, op) && !strings.ContainsAny(op, ">/.: ")
}

// tfAmong says whether one of the names is op, or its family.
func tfAmong(names []string, op string) bool {
	return slices.ContainsFunc(names, func(f string) bool {
		if rest, ok := strings.CutSuffix(f, "*"); ok {
			return strings.HasPrefix(op, rest)
		}
		if rest, ok := strings.CutPrefix(f, "*"); ok {
			return strings.HasSuffix(op, rest)
		}
		return f == op
	})
}
