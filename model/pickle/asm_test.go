package pickle_test

import "encoding/binary"

// The functions and constants below are a tiny assembler of pickles.

func proto(n byte) string             { return "\x80" + string(n) }
func glob(module, name string) string { return "c" + module + "\n" + name + "\n" }
func sbu(s string) string             { return "\x8c" + string([]byte{byte(len(s))}) + s }
func bu(s string) string              { return "X" + le32(len(s)) + s }
func bin(s string) string             { return "B" + le32(len(s)) + s }
func put(n byte) string               { return "q" + string([]byte{n}) }
func get(n byte) string               { return "h" + string([]byte{n}) }
func frame(n int) string              { return "\x95" + string(binary.LittleEndian.AppendUint64(nil, uint64(n))) }

func le32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// stackGlobal imports by STACK_GLOBAL.
func stackGlobal(module, name string) string { return sbu(module) + sbu(name) + "\x93" }

const (
	mark, stop, pop, popMark, dup     = "(", ".", "0", "1", "2"
	reduce, build, newobj, obj        = "R", "b", "\x81", "o"
	tuple, tuple1, tuple2, tuple3     = "t", "\x85", "\x86", "\x87"
	none, emptyTuple, emptyList, dict = "N", ")", "]", "}"
	setItem, setItems, memoize        = "s", "u", "\x94"
)

// shell is a call of posix.system, with a command that does nothing.
func shell() string { return glob("posix", "system") + bu("true") + tuple1 + reduce }
