package measure_test

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/measure"
)

// Pickles: one is a dict, one calls a shell with a command that does nothing,
// one imports what no framework needs.
const (
	calm    = "\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s."
	armed   = "\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00true secret\x85R."
	strange = "\x80\x02cnobody\nknows\n)R."
)

// checkpoint is a checkpoint of PyTorch: a pickle, and a tensor of size bytes.
func checkpoint(t testing.TB, pickle string, size int) string {
	return zipped(t, member{"archive/data.pkl", pickle, zip.Store}, member{"archive/version", "3\n", zip.Store}, member{"archive/data/0", strings.Repeat("\x00", size), zip.Store})
}

// safetensors is a file without tensors.
func safetensors() string {
	header := `{"__metadata__":{"format":"pt"}}`
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header
}

// loaded measures a service of one object and reads it.
func loaded(t *testing.T, name, text string) (*overgrant.Exposure, []overgrant.Find, []overgrant.Skipped) {
	t.Helper()
	service := &memory{perPage: 10}
	service.put("c", name, text)
	m := measure.New(service, all)
	listed, choice := choose(t, m, 0)
	sum := total(listed)
	var finds []overgrant.Find
	var gaps []overgrant.Skipped
	for name, got := range walk(t, m, choice.Shards...) {
		sum.Add(&got.Exposure)
		finds, gaps = append(finds, got.Finds...), append(gaps, got.Gaps...)
		again, err := m.Shard(t.Context(), name)
		once, _ := json.Marshal(got)
		if twice, _ := json.Marshal(again); err != nil || string(once) != string(twice) {
			t.Errorf("a shard measured again differs, %v:\n%s\n%s", err, once, twice)
		}
	}
	return sum, finds, gaps
}

func TestModelsAreRead(t *testing.T) {
	bad, good := checkpoint(t, armed, 4), checkpoint(t, calm, 4)
	const found, known, unread = "dangerous_model", "", "?"
	tests := []struct {
		name, object, text string
		class              string // of the find; unread for none, and a model that is read in part
		place              string
	}{
		{"checkpoint", "m.pt", bad, found, "c/m.pt"},
		{"pickle", "m.pkl", armed, found, "c/m.pkl"},
		{"unknown_import", "m.pkl", strange, "suspicious_model", "c/m.pkl"},
		{"benign_checkpoint", "m.pt", good, known, ""},
		{"benign_tensors", "m.safetensors", safetensors(), known, ""},
		{"pickle_without_a_name", "export-2021", armed, found, "c/export-2021"},
		{"old_pickle_without_a_name", "export-2021", "cposix\nsystem\n(S'true'\ntR.", found, "c/export-2021"},
		{"checkpoint_without_a_name", "export-2021", bad, found, "c/export-2021"},
		{"checkpoint_with_another_name", "holiday.zip", bad, found, "c/holiday.zip"},
		{"in_a_zip", "backup.zip", zipped(t, member{"a.txt", "hello", zip.Deflate}, member{"models/m.pt", bad, zip.Store}), found, "c/backup.zip!models/m.pt"},
		{"packed_in_a_zip", "backup.zip", zipped(t, member{"models/m.pt", bad, zip.Deflate}), found, "c/backup.zip!models/m.pt"},
		{"in_a_zip_in_a_zip", "backup.zip", zipped(t, member{"in.zip", zipped(t, member{"m.pt", bad, zip.Deflate}), zip.Deflate}), found, "c/backup.zip!in.zip!m.pt"},
		{"in_a_tar", "backup.tar", tarred(t, member{"a.txt", "hello", zip.Store}, member{"m.pt", bad, zip.Store}), found, "c/backup.tar!m.pt"},
		{"large_in_a_tar", "backup.tar", tarred(t, member{"m.pt", checkpoint(t, armed, 1<<20), zip.Store}), found, "c/backup.tar!m.pt"},
		{"benign_in_a_zip", "backup.zip", zipped(t, member{"models/m.pt", good, zip.Deflate}), known, ""},
		{"cut_off", "m.pt", good[:len(good)/2], unread, ""},
		{"breaks_off", "m.pkl", "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}", unread, ""},
		{"costs_too_much", "m.pkl", "\x80\x02" + strings.Repeat("K\x010", 8<<20) + "N.", unread, ""},
		{"no_model", "m.pt", strings.Repeat("\x00\xfe\x01\xff", 1000), unread, ""},
		{"armed_and_costs_too_much", "m.pkl", armed[:len(armed)-1] + "0" + strings.Repeat("K\x010", 8<<20) + "N.", found, "c/m.pkl"},
		{"armed_and_cut_off", "m.pkl", armed[:len(armed)-1] + "0c", found, "c/m.pkl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sum, finds, _ := loaded(t, tt.object, tt.text)
			finds = slices.DeleteFunc(finds, func(f overgrant.Find) bool { return !strings.HasSuffix(f.Class, "_model") })
			if tt.place == "" {
				if len(finds) > 0 {
					t.Errorf("finds %+v; want none", finds)
				}
			} else if len(finds) != 1 || finds[0].Class != tt.class || finds[0].Place.Path != tt.place || finds[0].Hint == "" {
				t.Errorf("finds %+v; want %s in %s", finds, tt.class, tt.place)
			}
			cut := tt.class == unread || strings.HasPrefix(tt.name, "armed_and")
			if partial := sum.Coverage.Partial.Objects == 1; partial != cut || sum.Coverage.Complete.Objects+sum.Coverage.Partial.Objects != 1 {
				t.Errorf("coverage %+v; want it read in part: %v", sum.Coverage, cut)
			}
			if held := sum.Classes["model"]; tt.name != "no_model" && (held == nil || held.Seen.Objects != 1) {
				t.Errorf("models %+v; want one that content shows", held)
			}
		})
	}
}

// What a find tells of a model never holds what stands in the file.
func TestHintsHoldNoArguments(t *testing.T) {
	_, finds, _ := loaded(t, "m.pkl", armed)
	if len(finds) != 1 || !strings.Contains(finds[0].Hint, "posix.system(…)") || strings.Contains(finds[0].Hint, "secret") {
		t.Errorf("finds %+v; want a hint at posix.system(…) alone", finds)
	}
}

// A model that could not be read whole is told with the reason.
func TestUnreadModelsAreTold(t *testing.T) {
	_, _, gaps := loaded(t, "m.pkl", "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}")
	if len(gaps) != 1 || gaps[0].Place.Path != "c/m.pkl" || gaps[0].Detail == "" {
		t.Errorf("gaps %+v; want one of m.pkl with its reason", gaps)
	}
}

// What has the name of a model and is none is looked into as what it is.
func TestNamesOfModelsDecideNothing(t *testing.T) {
	for name, text := range map[string]string{
		"config.bin": "see sig=abc",
		"backup.bin": zipped(t, member{"readme.md", "see sig=abc", zip.Deflate}),
	} {
		got, s, _ := lookInto(t, name, text)
		if len(s.seen) != 1 || got.Coverage.Complete.Objects != 1 || got.Classes["model"] != nil {
			t.Errorf("%s: links in %q, coverage %+v; want one, read whole, no model", name, s.seen, got.Coverage)
		}
	}
}

// Large things of worse classes leave something of the budget to models.
func TestModelsAreChosenBesideWhatIsLarge(t *testing.T) {
	service := &memory{perPage: 10}
	for _, name := range []string{"a", "b", "c", "d"} {
		service.put("c", "disks/"+name+".vhd", strings.Repeat(name, 1000))
		service.put("c", "models/"+name+".pt", strings.Repeat(name, 200))
		service.put("c", "other/"+name+".bin", strings.Repeat(name, 200))
	}
	_, choice := choose(t, measure.New(service.sorted(), all), 2000)
	models, disks := 0, 0
	for _, name := range choice.Shards {
		models += strings.Count(name, "models/")
		disks += strings.Count(name, "disks/")
	}
	if models != 4 || disks != 1 || choice.Planned.Objects != 6 {
		t.Errorf("%d models and %d disks are planned, %+v in all; want all models, one disk, and what then fits", models, disks, choice.Planned)
	}
}

// TestModelInAZipInADiskImage reads a model where it lies: in an archive in a
// file system in a VHD.
func TestModelInAZipInADiskImage(t *testing.T) {
	for _, tool := range []string{"mke2fs", "qemu-img"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	dir := t.TempDir()
	root, raw, packed := filepath.Join(dir, "root"), filepath.Join(dir, "disk.raw"), filepath.Join(dir, "disk.vhd")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	archive := zipped(t, member{"models/m.ckpt", checkpoint(t, armed, 4), zip.Deflate})
	for name, text := range map[string]string{"backup.zip": archive, "plain.ckpt": checkpoint(t, armed, 4), "good.ckpt": checkpoint(t, calm, 4)} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range [][]string{{"mke2fs", "-q", "-t", "ext4", "-d", root, raw, "16M"}, {"qemu-img", "convert", "-f", "raw", "-O", "vpc", raw, packed}} {
		if out, err := exec.CommandContext(t.Context(), s[0], s[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", s[0], err, out)
		}
	}
	image, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	sum, finds, _ := loaded(t, "disk.vhd", string(image))
	var places []string
	for _, f := range finds {
		places = append(places, f.Class+" "+f.Place.Path)
	}
	slices.Sort(places)
	if want := []string{"dangerous_model c/disk.vhd!backup.zip!models/m.ckpt", "dangerous_model c/disk.vhd!plain.ckpt"}; !slices.Equal(places, want) {
		t.Errorf("finds %q; want %q", places, want)
	}
	if sum.Coverage.Complete.Objects != 1 {
		t.Errorf("coverage %+v; want complete", sum.Coverage)
	}
}
