package model

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"sync"
)

// opaque are formats that are recognised by how they begin. Loading them runs no
// code of the file, or the kind of code is told.
var opaque = Format{
	Name: "opaque",
	Doc:  "CatBoost, LightGBM, XGBoost, RKNN, MXNet (recognised); TensorRT, CNTK and Torch7, which can hold code",
	head: func(head []byte) bool { return opaqueKind(head) != nil },
	scan: scanOpaque,
}

// opaqueSort is one of them.
type opaqueSort struct {
	name  string
	is    func(head []byte) bool
	holds Finding // what it can hold; none where Rule is empty
}

func begins(marks ...string) func(head []byte) bool {
	return func(head []byte) bool {
		for _, m := range marks {
			if bytes.HasPrefix(head, []byte(m)) {
				return true
			}
		}
		return false
	}
}

var opaqueSorts = []opaqueSort{
	{name: "catboost", is: begins("CBM1")},
	{name: "lightgbm", is: func(h []byte) bool {
		return begins("tree\n", "tree\r\n")(h) && bytes.Contains(h, []byte("version=v")) || begins("boosting\n", "version=v")(h) && bytes.Contains(h, []byte("num_class="))
	}},
	{name: "xgboost", is: begins("binf", "bs64\t")},
	{name: "xgboost-ubj", is: func(h []byte) bool {
		return len(h) > 12 && h[0] == '{' && bytes.IndexByte([]byte("LilIU"), h[1]) >= 0 && bytes.Contains(h[:min(len(h), 64)], []byte("learner"))
	}},
	{name: "xgboost", is: func(h []byte) bool { // without a mark: the parameters of the learner
		return len(h) >= 136 && bytes.Contains(h[:min(len(h), 400)], []byte("gbtree")) && (bytes.Contains(h, []byte("reg:")) || bytes.Contains(h, []byte("binary:")) || bytes.Contains(h, []byte("multi:")))
	}},
	{name: "rknn", is: begins("RKNN")},
	{name: "mxnet-params", is: func(h []byte) bool {
		return len(h) >= 24 && binary.LittleEndian.Uint64(h) == 0x112 && binary.LittleEndian.Uint64(h[8:]) == 0
	}},
	{name: "tensorrt", is: begins("ftrt", "ptrt"), holds: Finding{Rule: "engine", What: "a TensorRT engine", Why: "it holds code for a GPU and names plugins; NVIDIA says to load engines of trusted makers only", Severity: Low}},
	{name: "cntk", is: begins("B\x00C\x00N\x00", "BCN\x00"), holds: Finding{Rule: "engine", What: "a CNTK model", Why: "it can name functions of native libraries", Severity: Low}},
	{name: "torch7", is: isTorch7, holds: Finding{Rule: "engine", What: "a Torch7 file", Why: "it can hold functions of Lua, which loading builds", Severity: Low}},
}

// isTorch7: an object of version "V 1" and a class of Lua, or a table of them.
func isTorch7(h []byte) bool {
	le := binary.LittleEndian
	return len(h) > 30 && le.Uint32(h) == 4 && le.Uint32(h[4:]) == 1 && le.Uint32(h[8:]) == 3 && string(h[12:14]) == "V " ||
		begins("4\n1\n3\nV 1\n")(h)
}

func opaqueKind(head []byte) *opaqueSort {
	for i := range opaqueSorts {
		if opaqueSorts[i].is(head) {
			return &opaqueSorts[i]
		}
	}
	return nil
}

// engineLibrary is the name of a library in an engine.
var engineLibrary = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[\w./\\-]{1,100}\.(so|dll|dylib)(\.\d+)*\x00?`)
})

// luaFunction begins a function of Lua in the text of a Torch7 file: bytecode
// of Lua or LuaJIT.
var luaFunction = regexp.MustCompile(`\x1bLua|\x1bLJ`)

const opaqueLook = 8 << 20 // bytes that are looked through for names

func scanOpaque(s *scan, p piece) bool {
	head := readUpTo(p.at, 0, headSize)
	k := opaqueKind(head)
	if k == nil {
		return false
	}
	s.name(p, k.name)
	if k.holds.Rule == "" {
		return true
	}
	s.find(p, k.holds)
	look, why, sev := engineLibrary(), "the name of a library that is loaded as code", Medium
	if k.name == "torch7" {
		look, why, sev = luaFunction, "a function of Lua as bytecode, which loading builds", High
	}
	found := false
	p.chunks(opaqueLook, func(b []byte, off int64, _ int) {
		if found {
			return
		}
		if m := look.FindIndex(b); m != nil {
			found = true
			s.find(p, Finding{Rule: "engine", What: clipText(string(b[m[0]:m[1]]), 100), Why: why, Offset: off + int64(m[0]), Severity: sev})
		}
	})
	return true
}
