package pickle

// specials are imports that are judged by what they are called with. The level
// is that of one that is never called.
var specials = func() map[string]struct {
	level Level
	rule  string
} {
	type entry = struct {
		level Level
		rule  string
	}
	m := map[string]entry{}
	add := func(level Level, r string, names string) {
		for n := range set(names) {
			m[n] = entry{level, r}
		}
	}
	add(Unknown, "attributeOf", "builtins.getattr inspect.getattr_static builtins.object.__getattribute__ object.__getattribute__")
	add(Info, "getter", "operator.attrgetter _operator.attrgetter")
	add(Info, "itemGetter", "operator.itemgetter _operator.itemgetter")
	add(Info, "partial", "functools.partial _functools.partial functools.partialmethod")
	add(Unknown, "trampoline", `builtins.sorted builtins.min builtins.max builtins.any builtins.all builtins.next
		 itertools.groupby
		operator.call _operator.call functools.singledispatch functools.lru_cache functools.cached_property
		functools.wraps functools.update_wrapper functools._lru_cache_wrapper functools.cmp_to_key types.MethodType re.sub re.Scanner numpy.vectorize
		numpy.apply_along_axis numpy.apply_over_axes numpy.fromfunction numpy.frompyfunc numpy.piecewise numpy.lib.function_base.vectorize
		numpy.lib._function_base_impl.vectorize sklearn.utils.fixes.delayed joblib.delayed builtins.callable torch.utils._pytree.tree_map
		builtins.__build_class__ types.DynamicClassAttribute types.coroutine contextlib.ExitStack weakref.ref weakref.WeakMethod`)
	add(Unknown, "lazily", "builtins.map builtins.filter functools.reduce _functools.reduce itertools.starmap itertools.accumulate itertools.takewhile itertools.dropwhile itertools.filterfalse")
	add(Info, "methodCaller", "operator.methodcaller _operator.methodcaller")
	add(Info, "fileArray", "numpy.memmap numpy.core.memmap.memmap numpy._core.memmap.memmap")
	add(Info, "zoneFile", "dateutil.tz.tz.tzfile dateutil.tz.tzfile")
	add(Info, "getItem", "operator.getitem _operator.getitem")
	add(Info, "createArray", "dill._dill._create_array jax._src.array._reconstruct_array jax.interpreters.xla._reconstruct_array")
	add(Info, "evalRepr", "dill._dill._eval_repr dill.dill._eval_repr")
	add(Info, "construct", "copyreg.__newobj__ copyreg.__newobj_ex__")
	add(Info, "reconstruct", "copyreg._reconstructor")
	add(Info, "ofClass", `collections.defaultdict numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct numpy.core._internal._reconstruct pandas.core.indexes.base._new_Index
		pandas.indexes.base._new_Index torch._utils._rebuild_wrapper_subclass pandas.core.indexes.datetimes._new_DatetimeIndex
		pandas.core.indexes.period._new_PeriodIndex pandas.core.indexes.interval._new_IntervalIndex pandas.tseries.index._new_DatetimeIndex
		pandas.tseries.period._new_PeriodIndex`)
	add(Info, "fromTypeV2", "torch._tensor._rebuild_from_type_v2 torch._tensor._rebuild_from_type")
	add(Info, "makeType", "builtins.type abc.ABCMeta _py_abc.ABCMeta enum.EnumMeta enum.EnumType types.new_class typing.NamedTupleMeta")
	add(Info, "iterator", "builtins.iter")
	add(Info, "ufunc", "numpy.core._ufunc_reconstruct numpy._core._ufunc_reconstruct numpy.core._multiarray_umath._ufunc_reconstruct")
	add(Info, "encodeText", "_codecs.encode codecs.encode")
	add(Info, "namedTuple", "collections.namedtuple")
	add(Info, "tensorBytes", "torch.storage._load_from_bytes")
	add(Info, "dtype", "numpy.dtype numpy.core.multiarray.dtype")
	add(Unknown, "zlib", "zlib.decompress")
	add(Unknown, "gzip", "gzip.decompress")
	add(Unknown, "bz2", "bz2.decompress _bz2.decompress")
	add(Unknown, "xz", "lzma.decompress")
	add(Unknown, "base64", "base64.b64decode base64.standard_b64decode base64.urlsafe_b64decode base64.decodebytes binascii.a2b_base64")
	add(Unknown, "hex", "binascii.unhexlify binascii.a2b_hex builtins.bytes.fromhex builtins.bytearray.fromhex")
	add(Unknown, "codec", "codecs.decode _codecs.decode")
	return m
}()

// apply judges a call by the rule of that name; the other rules are the codings
// of decoders.
func (m *machine) apply(rule string, c *callOf) slot {
	switch rule {
	case "attributeOf":
		return attributeOf(m, c)
	case "getter":
		return getter(m, c)
	case "itemGetter":
		return itemGetter(m, c)
	case "methodCaller":
		return methodCaller(m, c)
	case "lazily":
		return lazily(m, c)
	case "fileArray":
		return m.suspect(c, files, Dangerous)
	case "zoneFile":
		return zoneFile(m, c)
	case "getItem":
		return getItem(m, c)
	case "createArray":
		return createArray(m, c)
	case "evalRepr":
		return evalRepr(m, c)
	case "partial":
		return partial(m, c)
	case "trampoline":
		return trampoline(m, c)
	case "construct":
		return construct(m, c)
	case "reconstruct":
		return reconstruct(m, c)
	case "ofClass":
		return ofClass(m, c)
	case "fromTypeV2":
		return fromTypeV2(m, c)
	case "makeType":
		return makeType(m, c)
	case "iterator":
		return iterator(m, c)
	case "ufunc":
		return ufunc(m, c)
	case "encodeText":
		return encodeText(m, c)
	case "namedTuple":
		return namedTuple(m, c)
	case "tensorBytes":
		return tensorBytes(m, c)
	case "dtype":
		return m.dtype(c.items)
	}
	return decoder(m, c, rule)
}
