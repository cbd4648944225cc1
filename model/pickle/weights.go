package pickle

import (
	"strconv"
	"strings"
)

// What torch.load(weights_only=True) takes. Source: _weights_only_unpickler.py
// of PyTorch 2.10, _get_allowed_globals and Unpickler.load.

var weightsOps = func() (ops [256]bool) {
	for _, op := range []byte("c\x81Rbaesu(t\x85\x86\x87N\x89\x88)]}\x8fJKMGXUQhjqr\x8a\x80.") {
		ops[op] = true
	}
	return ops
}()

const tensorKinds = "Double Float Long Int Short Char Byte Half Bool BFloat16"

// weightsNames are the imports that are taken.
var weightsNames = func() map[string]bool {
	names := set(`collections.OrderedDict collections.Counter torch.nn.parameter.Parameter torch.serialization._get_layout torch.Size torch.Tensor
		torch.device _codecs.encode builtins.bytearray builtins.set builtins.complex torch.storage.TypedStorage torch.storage.UntypedStorage
		torch.per_tensor_affine torch.per_tensor_symmetric torch.per_channel_affine torch.per_channel_symmetric torch.per_channel_affine_float_qparams
		torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor torch._utils._rebuild_tensor
		torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3 torch._utils._rebuild_sparse_tensor torch._utils._rebuild_meta_tensor_no_storage
		torch._utils._rebuild_wrapper_subclass torch._utils._rebuild_device_tensor_from_numpy torch._utils._rebuild_device_tensor_from_cpu_tensor
		torch._tensor._rebuild_from_type_v2`)
	for kind := range strings.FieldsSeq(tensorKinds) {
		for _, where := range []string{"torch.", "torch.cuda."} {
			names[where+kind+"Storage"] = true
			names[where+kind+"Tensor"] = true
			names[where+"sparse."+kind+"Tensor"] = true
		}
	}
	for kind := range strings.FieldsSeq("QUInt8 QInt8 QInt32 QUInt4x2 QUInt2x4 ComplexFloat ComplexDouble") {
		names["torch."+kind+"Storage"] = true
		names["torch.cuda."+kind+"Storage"] = true
	}
	for t := range strings.FieldsSeq(dtypes) {
		names["torch."+t] = true
	}
	return names
}()

const dtypes = `float64 float32 float16 bfloat16 complex32 complex64 complex128 uint8 int8 int16 int32 int64 bool quint8 qint8 qint32 quint4x2 quint2x4
	uint16 uint32 uint64 uint1 uint2 uint3 uint4 uint5 uint6 uint7 int1 int2 int3 int4 int5 int6 int7 bits1x8 bits2x4 bits4x2 bits8 bits16
	float8_e5m2 float8_e4m3fn float8_e5m2fnuz float8_e4m3fnuz float8_e8m0fnu float4_e2m1fn_x2`

// refuse records the first reason why the pickle is not taken.
func (m *machine) refuse(why string) {
	if m.res.WeightsOnly == "" {
		m.res.WeightsOnly = why
	}
}

// weightsSince are imports that PyTorch 2.4 did not take yet, and the minor
// release that was the first to. Source: _get_allowed_globals in the releases.
var weightsSince = func() map[string]int {
	m := map[string]int{
		"_codecs.encode": 5, "builtins.bytearray": 5, "torch._utils._rebuild_device_tensor_from_numpy": 5,
		"builtins.set": 6, "torch._utils._rebuild_device_tensor_from_cpu_tensor": 6, "builtins.complex": 7,
	}
	for n := range 7 {
		m["torch.int"+strconv.Itoa(n+1)] = 10
		m["torch.uint"+strconv.Itoa(n+1)] = 10
	}
	return m
}()

// since records that the pickle needs PyTorch 2.minor or later.
func (m *machine) since(minor int) {
	if minor > m.minor {
		m.minor = minor
		m.res.WeightsSince = "2." + strconv.Itoa(minor)
	}
}

// weightsGlobal sees the import n of the name raw.
func (m *machine) weightsGlobal(raw name) {
	if m.res.WeightsOnly != "" {
		return
	}
	n := raw.python3()
	full := n.String()
	if !weightsNames[full] {
		m.refuse(n.String() + " is not allowed")
		return
	}
	m.since(weightsSince[full])
	if n != raw {
		m.since(5) // before, names of Python 2 were not mapped
	}
}

// weightsCall sees a call of f by REDUCE or NEWOBJ.
func (m *machine) weightsCall(f slot) {
	if m.res.WeightsOnly != "" {
		return
	}
	if f.kind() != kGlobal || !weightsNames[m.globals[f.payload()].String()] {
		m.refuse("calls " + m.say(f))
	} else if m.op == 0x81 && m.globals[f.payload()].String() != "torch.nn.parameter.Parameter" {
		m.since(5)
	}
}

// weightsBuild sees BUILD of an object.
func (m *machine) weightsBuild(inst slot) {
	if m.res.WeightsOnly != "" {
		return
	}
	if inst.kind() != kObject || !weightsNames[m.globals[inst.payload()].String()] {
		m.refuse("sets the state of " + m.say(inst))
	} else if !built[m.globals[inst.payload()].String()] {
		m.since(5)
	}
}

// built are what PyTorch 2.4 sets the state of, by what makes it.
var built = set(`torch.Tensor torch.nn.parameter.Parameter collections.OrderedDict torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2
	torch._utils._rebuild_tensor_v3 torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor
	torch._utils._rebuild_sparse_tensor torch._utils._rebuild_meta_tensor_no_storage`)

// storage sees a persistent id, which in a checkpoint names a storage:
// ("storage", type, key, location, elements[, view]).
func (m *machine) storage(id slot) {
	items, n, ok := m.items(id)
	if !ok || n == 0 {
		if id.kind() != kInt {
			m.refuse("a persistent id that is neither a tuple nor a number")
		}
		return
	}
	if s, _ := m.text(items[0]); s != "storage" {
		m.refuse("a persistent id that is no storage")
		return
	}
	if n < 5 || items[1].kind() != kGlobal || items[4].kind() != kInt {
		return
	}
	size, ok := storageSizes[strings.TrimSuffix(m.globals[items[1].payload()].leaf(), "Storage")]
	if !ok || items[4].whole() < 0 || items[4].whole() > 1<<44 {
		m.res.Storage.Odd = true
		return
	}
	key, _ := m.text(items[2])
	if _, ok := m.keys[key]; ok {
		return
	}
	if len(m.keys) >= keysMax || len(key) > 64 {
		m.res.Storage.Odd = true
		return
	}
	m.keys[key] = struct{}{}
	m.res.Storage.Count++
	m.res.Storage.Bytes += items[4].whole() * size
}

// keysMax bounds the storages that are told apart.
const keysMax = 1 << 16

// storageSizes are the bytes of an element, by type of storage.
var storageSizes = map[string]int64{
	"Double": 8, "Float": 4, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1, "Half": 2, "Bool": 1, "BFloat16": 2,
	"QUInt8": 1, "QInt8": 1, "QInt32": 4, "QUInt4x2": 1, "QUInt2x4": 1, "ComplexFloat": 8, "ComplexDouble": 16, "Untyped": 1,
}
