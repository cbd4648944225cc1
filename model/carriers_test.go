package model_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/overgrant/overgrant/model"
)

// call is a pickle that runs a command, which does nothing; calm is one that does
// nothing at all.
const (
	call = "\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."
	calm = "\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s."
)

func look(t testing.TB, data string) model.Report {
	t.Helper()
	r, err := model.Scan(context.Background(), "file", strings.NewReader(data), int64(len(data)), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict == model.Clean && r.Unread != "" {
		t.Errorf("clean, though not all was read: %s", r.Unread)
	}
	return r
}

type entry struct{ name, data string }

func zipped(t testing.TB, method uint16, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.CreateRaw(&zip.FileHeader{Name: e.name, Method: method, CRC32: crc32.ChecksumIEEE([]byte(e.data)), CompressedSize64: uint64(len(pack(method, e.data))), UncompressedSize64: uint64(len(e.data))})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, pack(method, e.data))
	}
	w.Close()
	return b.String()
}

func pack(method uint16, data string) string {
	if method == zip.Store {
		return data
	}
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 6)
	io.WriteString(w, data)
	w.Close()
	return b.String()
}

// patch overwrites bytes of data: n bytes from the k-th occurrence of mark on.
func patch(t testing.TB, data, mark string, k, off int, with string) string {
	t.Helper()
	at := -1
	for range k + 1 {
		i := strings.Index(data[at+1:], mark)
		if i < 0 {
			t.Fatalf("no %q", mark)
		}
		at += 1 + i
	}
	return data[:at+off] + with + data[at+off+len(with):]
}

func checkpoint(t testing.TB, pickle string, more ...entry) string {
	return zipped(t, zip.Store, append([]entry{{"archive/data.pkl", pickle}, {"archive/version", "3\n"}, {"archive/data/0", "\x00\x00\x80\x3f"}}, more...)...)
}

const local, central, end = "PK\x03\x04", "PK\x01\x02", "PK\x05\x06"

// TestZipAsPyTorchReadsIt holds archives at which polite readers stop, or of which
// they read something else.
func TestZipAsPyTorchReadsIt(t *testing.T) {
	bad := checkpoint(t, call)
	tests := []struct {
		name, data string
		want       model.Verdict
	}{
		{"plain", bad, model.Dangerous},
		{"deflated", zipped(t, zip.Deflate, entry{"archive/data.pkl", call}), model.Dangerous},
		{"local_flag_encrypted", patch(t, bad, local, 0, 6, "\x01"), model.Dangerous},
		{"local_flag_patch", patch(t, bad, local, 0, 6, "\x20"), model.Dangerous},
		{"central_flag_strong", patch(t, bad, central, 0, 8, "\x40"), model.Dangerous},
		{"central_flag_masked", patch(t, bad, central, 0, 8, "\x00\x20"), model.Dangerous},
		{"local_method", patch(t, bad, local, 0, 8, "\x08"), model.Dangerous},
		{"local_name", patch(t, bad, local, 0, 30, "archive/data.txt"), model.Dangerous},
		{"local_sizes", patch(t, bad, local, 0, 18, "\x01\x00\x00\x00\x01\x00\x00\x00"), model.Dangerous},
		{"central_checksum", patch(t, bad, central, 0, 16, "\x00\x00\x00\x00"), model.Dangerous},
		{"version_needed", patch(t, bad, central, 0, 6, "\xff"), model.Dangerous},
		{"first_of_two", checkpoint(t, call, entry{"archive/data.pkl", calm}), model.Dangerous},
		{"last_of_two", checkpoint(t, calm, entry{"archive/data.pkl", call}), model.Dangerous},
		{"other_case", checkpoint(t, calm, entry{"archive/DATA.PKL", call}), model.Dangerous},
		{"other_case_protocol_0", checkpoint(t, calm, entry{"archive/Data.Pkl", call[2:]}), model.Dangerous},
		{"two_harmless_of_one_name", checkpoint(t, calm, entry{"archive/data.pkl", calm}), model.Suspicious},
		{"second_root", checkpoint(t, calm, entry{"other/data.pkl", calm}), model.Suspicious},
		{"prepended", strings.Repeat("x", 32) + bad, model.Dangerous},
		{"prepended_harmless", strings.Repeat("x", 32) + checkpoint(t, calm), model.Suspicious},
		{"appended", bad + strings.Repeat("x", 100), model.Dangerous},
		{"appended_much", bad + strings.Repeat("x", 70_000), model.Dangerous},
		{"two_archives_bad_first", bad + checkpoint(t, calm), model.Dangerous},
		{"two_archives_bad_last", checkpoint(t, calm) + bad, model.Dangerous},
		{"no_directory", bad[:strings.Index(bad, central)], model.Dangerous},
		{"no_directory_harmless", func() string { s := checkpoint(t, calm); return s[:strings.Index(s, central)] }(), model.Unreadable},
		{"count_too_low", patch(t, bad, end, 0, 8, "\x01\x00\x01\x00"), model.Dangerous},
		{"tensor_that_is_a_pickle", checkpoint(t, calm, entry{"archive/data/1", call}), model.Suspicious},
		{"extra_pickle", checkpoint(t, calm, entry{"archive/extra.pkl", call}), model.Dangerous},
		{"nested", zipped(t, zip.Deflate, entry{"a.zip", zipped(t, zip.Deflate, entry{"b.zip", bad})}), model.Dangerous},
		{"no_extension", zipped(t, zip.Deflate, entry{"readme", call[2:]}), model.Dangerous},
		{"clean", checkpoint(t, calm), model.Clean},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := look(t, tt.data); r.Verdict != tt.want {
				t.Errorf("verdict %s, unread %q, %+v; want %s", r.Verdict, r.Unread, r.Findings, tt.want)
			}
		})
	}
}

// TestHiddenMember has a member that only its own header names.
func TestHiddenMember(t *testing.T) {
	good, bad := checkpoint(t, calm), checkpoint(t, call)
	body, dir := good[:strings.Index(good, central)], good[strings.Index(good, central):]
	hidden := bad[:strings.Index(bad, central)]
	hidden += strings.Repeat("\x00", 1000)
	i := strings.Index(dir, end)
	at := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+len(hidden)))
	data := body + hidden + dir[:i+16] + string(at) + dir[i+20:]
	r := look(t, data)
	if r.Verdict != model.Dangerous {
		// a gap between the last member and the directory is looked into as well
		t.Errorf("verdict %s, %+v; want dangerous", r.Verdict, r.Findings)
	}
}

func legacy(object, tail string) string {
	magic := "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
	return magic + "\x80\x02M\xe9\x03." + "\x80\x02}." + object + "\x80\x02]." + tail
}

func TestLegacyCheckpoints(t *testing.T) {
	tensor := "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02NtQK\x00K\x02\x85K\x01\x85\x89N}tR."
	data := "\x02\x00\x00\x00\x00\x00\x00\x00" + "\xff\xff\xff\xff\x00\x00\x00\x00"
	tests := []struct {
		name, data string
		want       model.Verdict
		weights    string
	}{
		{"clean", legacy(tensor, data), model.Clean, "yes"},
		{"later_releases_only", legacy("\x80\x02cbuiltins\nset\n]\x85R.", ""), model.Clean, "yes, from PyTorch 2.6 on"},
		{"bad_object", legacy(call, ""), model.Dangerous, "no: posix.system is not allowed"},
		{"bad_after_the_tensors", legacy(tensor, data+call), model.Suspicious, "yes"},
		{"bad_magic", strings.Replace(legacy(tensor, data), "\x80\x02", "\x80\x02"+call[2:len(call)-1]+"0", 1), model.Dangerous, "no: posix.system is not allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := look(t, tt.data)
			if r.Verdict != tt.want || r.LoadsUnder.TorchWeightsOnly != tt.weights || r.Format != "pytorch-legacy" {
				t.Errorf("%s, %s, weights_only %q, unread %q, %+v; want %s and %q", r.Format, r.Verdict, r.LoadsUnder.TorchWeightsOnly, r.Unread, r.Findings, tt.want, tt.weights)
			}
		})
	}
}

func TestStackedPickles(t *testing.T) {
	// The second pickle takes its names from a memo that is its own.
	stale := "\x80\x04\x8c\x05posixq\x00\x8c\x06systemq\x01." + "\x80\x04h\x00."
	tests := []struct {
		name, data string
		want       model.Verdict
	}{
		{"second", calm + call, model.Dangerous},
		{"second_of_protocol_0", calm + call[2:], model.Dangerous},
		{"behind_noise", calm + "noise that is no pickle" + call, model.Suspicious},
		{"noise_only", calm + "noise that is no pickle", model.Clean},
		{"memo_is_fresh", stale, model.Unreadable},
		{"breaks_off", calm[:len(calm)-1], model.Unreadable},
		{"breaks_off_after_a_call", call[:len(call)-1], model.Dangerous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := look(t, tt.data); r.Verdict != tt.want {
				t.Errorf("verdict %s, unread %q, %+v; want %s", r.Verdict, r.Unread, r.Findings, tt.want)
			}
		})
	}
}

func TestCompressed(t *testing.T) {
	wrap := map[string]func(w io.Writer) (io.WriteCloser, error){
		"gzip": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"xz":   func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
		"lzma": func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) },
		"zstd": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
		"lz4":  func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil },
	}
	for name, open := range wrap {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := open(&b)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, checkpoint(t, call))
			w.Close()
			if r := look(t, b.String()); r.Verdict != model.Dangerous || r.Format != name {
				t.Errorf("%s %s %q; want dangerous", r.Format, r.Verdict, r.Unread)
			}
			if r := look(t, b.String()[:b.Len()/2]); r.Verdict == model.Clean {
				t.Errorf("half of it is clean")
			}
		})
	}
}

func TestTar(t *testing.T) {
	tarred := func(entries ...entry) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, e := range entries {
			w.WriteHeader(&tar.Header{Name: e.name, Size: int64(len(e.data)), Mode: 0o600, Format: tar.FormatPAX})
			io.WriteString(w, e.data)
		}
		w.Close()
		return b.String()
	}
	old := look(t, tarred(entry{"sys_info", calm}, entry{"pickle", calm}, entry{"storages", "\x80\x02K\x01." + call}, entry{"tensors", calm}))
	if old.Verdict != model.Dangerous || old.Format != "pytorch-tar" || !strings.HasPrefix(old.LoadsUnder.TorchWeightsOnly, "no: ") {
		t.Errorf("old checkpoint: %+v; want dangerous", old)
	}
	if r := look(t, tarred(entry{"m.pt", checkpoint(t, call)})); r.Verdict != model.Dangerous || r.Findings[0].Member != "m.pt!archive/data.pkl" {
		t.Errorf("%+v; want dangerous", r)
	}
	if r := look(t, tarred(entry{"../m.pkl", calm})); r.Verdict != model.Suspicious {
		t.Errorf("%+v; want suspicious", r)
	}
}

func npy(descr, shape, body string) string {
	h := "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n"
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(h)))) + h + body
}

func TestNumpy(t *testing.T) {
	tests := []struct {
		name, data string
		want       model.Verdict
		loads      string
	}{
		{"plain", npy("'<f8'", "(2,)", strings.Repeat("\x00", 16)), model.Clean, "yes"},
		{"objects", npy("'|O'", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"objects_in_a_record", npy("[('a', '|O')]", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"objects_by_name", npy("'object'", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"objects_escaped", npy("'\\x4f'", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"objects_by_shape", npy("('O', (2,))", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"objects_in_a_list_of_types", npy("'i4,O'", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"objects_deep", npy("[('a', [('b', '|O')], (2,))]", "(1,)", call), model.Dangerous, "no: an array of objects is a pickle"},
		{"a_field_called_O", npy("[('O', '<i4')]", "(1,)", "1234"), model.Clean, "yes"},
		{"harmless_objects", npy("'|O'", "(1,)", calm), model.Clean, "no: an array of objects is a pickle"},
		{"behind", npy("'<f8'", "(1,)", strings.Repeat("\x00", 8)+call), model.Dangerous, "yes"},
		{"npz", zipped(t, zip.Deflate, entry{"a.npy", npy("'<f8'", "(1,)", strings.Repeat("\x00", 8))}, entry{"b.npy", npy("'|O'", "(1,)", call)}), model.Dangerous, "no: an array of objects is a pickle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := look(t, tt.data); r.Verdict != tt.want || r.LoadsUnder.NumpyAllowPickleFalse != tt.loads {
				t.Errorf("%s, allow_pickle=False %q, unread %q; want %s and %q", r.Verdict, r.LoadsUnder.NumpyAllowPickleFalse, r.Unread, tt.want, tt.loads)
			}
		})
	}
}

func TestNoModels(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "text": "Once upon a time\nthere was a model.\n", "table": "col1,col2\n1,2\n3,4\n", "code": "import os\nos.system('true')\n",
		"zeros": strings.Repeat("\x00", 5000), "zip": zipped(t, zip.Deflate, entry{"a.txt", "text"}),
	} {
		t.Run(name, func(t *testing.T) {
			if r := look(t, data); r.Verdict != model.NotAModel {
				t.Errorf("%s %s %+v; want not a model", r.Format, r.Verdict, r.Findings)
			}
		})
	}
}

func TestScriptReachesFiles(t *testing.T) {
	data := zipped(t, zip.Store, entry{"m/data.pkl", calm}, entry{"m/constants.pkl", "\x80\x02)."}, entry{"m/code/__torch__.py", "def forward(self, x):\n  ops.aten.save(x, \"/tmp/x\")\n"})
	if r := look(t, data); r.Verdict != model.Dangerous || r.Format != "torchscript" {
		t.Errorf("%s %s %+v; want dangerous", r.Format, r.Verdict, r.Findings)
	}
}

func TestScriptNamesLibraries(t *testing.T) {
	script := func(line string) string {
		return zipped(t, zip.Store, entry{"m/data.pkl", calm}, entry{"m/constants.pkl", "\x80\x02)."}, entry{"m/code/__torch__.py", "def forward(self, x):\n  " + line + "\n"})
	}
	judge(t, []vector{
		{"operator", script("return ops.mine.run(x)"), "torchscript", model.Suspicious, "ops.mine.run"},
		{"class", script("y = __torch__.torch.classes.mine.Thing(x)"), "torchscript", model.Suspicious, "classes.mine.Thing"},
		{"known", script("return ops.torchvision.nms(x)"), "torchscript", model.Clean, ""},
	})
}

func TestSkippedFrames(t *testing.T) {
	skipped := "\x50\x2a\x4d\x18" + u32(4) + "skip"
	for _, name := range []string{"zstd", "lz4"} {
		if r := look(t, skipped+packers[name](t, call)); r.Verdict != model.Dangerous || r.Format != name {
			t.Errorf("Scan = %s %s %q; want %s dangerous", r.Format, r.Verdict, r.Unread, name)
		}
	}
}
