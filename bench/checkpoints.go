package main

import (
	"archive/zip"
	"bufio"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// The models: a checkpoint of 2 GB, one of the old form, and a pickle that is
// opcodes from end to end.
const (
	tensors     = 32
	tensorBytes = 64 << 20
	legacyBytes = 500 << 20
	opcodeBytes = 500 << 20
)

// checkpoints scans large models; the floor is to read them once. Other scanners are
// measured where they are on PATH.
func (b *bench) checkpoints() error {
	dir := filepath.Join(b.out, "models")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, m := range []struct {
		name, file, bar string
		write           func(*os.File) error
	}{
		{"checkpoint of 2 GB", "large.pt", "0.05 s", writeCheckpoint},
		{"legacy checkpoint of 500 MB", "legacy.pt", "0.1 s", writeLegacy},
		{"pickle of 500 MB of opcodes", "opcodes.pkl", "100 MB a CPU s", writeOpcodes},
	} {
		path := absolute(filepath.Join(dir, m.file))
		if err := makeOnce(path, m.write); err != nil {
			return fmt.Errorf("make %s: %w", m.file, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		floor, err := b.median("cat", path)
		if err != nil {
			return err
		}
		size := rate{info.Size(), "MB"}
		b.rated(m.name, "cat", floor, floor, size, "")
		ours, err := b.median(b.bin, "model", "--quiet", "--format", "jsonl", path)
		if err != nil {
			return err
		}
		b.rated(m.name, "overgrant model", ours, floor, size, m.bar)
		for _, peer := range [][]string{{"picklescan", "-p", path}, {"modelscan", "-p", path}, {"fickling", "--check-safety", path}} {
			if err := b.peer(m.name, floor, peer); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeOnce writes a file that is not there yet.
func makeOnce(path string, write func(*os.File) error) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// holes leaves out what is zero, so that a large file takes little disk.
type holes struct{ f *os.File }

func (h holes) Write(p []byte) (int, error) {
	if len(p) == len(zeros) && &p[0] == &zeros[0] {
		_, err := h.f.Seek(int64(len(p)), io.SeekCurrent)
		return len(p), err
	}
	return h.f.Write(p)
}

// zeros is what tensors are filled with. A write of it is a hole.
var zeros = make([]byte, 1<<20)

// tensor is how PyTorch writes that storage n has so many numbers.
func tensor(n, count int) string {
	return fmt.Sprintf("ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x02\x00\x00\x00%02dX\x03\x00\x00\x00cpuJ%stQK\x00J%s\x85K\x01\x85\x89N}tR",
		n, little(count), little(count))
}

func little(n int) string {
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

func writeCheckpoint(f *os.File) error {
	var pickle strings.Builder
	pickle.WriteString("\x80\x02}(")
	for n := range tensors {
		fmt.Fprintf(&pickle, "X\x02\x00\x00\x00%02d%s", n, tensor(n, tensorBytes/4))
	}
	pickle.WriteString("u.")
	z := zip.NewWriter(holes{f})
	w, err := z.CreateHeader(&zip.FileHeader{Name: "archive/data.pkl", Method: zip.Store})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, pickle.String()); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	for range tensorBytes / len(zeros) {
		sum.Write(zeros)
	}
	for n := range tensors {
		if err := z.Flush(); err != nil {
			return err
		}
		w, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("archive/data/%02d", n), Method: zip.Store,
			CRC32: sum.Sum32(), CompressedSize64: tensorBytes, UncompressedSize64: tensorBytes})
		if err != nil {
			return err
		}
		for range tensorBytes / len(zeros) {
			if _, err := w.Write(zeros); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

func writeLegacy(f *os.File) error {
	head := "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + "\x80\x02M\xe9\x03." + "\x80\x02}." +
		"\x80\x02" + strings.Replace(tensor(0, legacyBytes/4), "tQK", "NtQK", 1) + "." + "\x80\x02]X\x02\x00\x00\x0000a."
	if _, err := io.WriteString(f, head+little(legacyBytes/4)+little(0)); err != nil {
		return err
	}
	return f.Truncate(int64(len(head)) + 8 + legacyBytes)
}

func writeOpcodes(f *os.File) error {
	var batch strings.Builder
	batch.WriteString("(")
	for i := range 1000 {
		fmt.Fprintf(&batch, "}(\x8c\x06key%03dK\x01\x8c\x01vG\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x01wM\x01\x02\x8c\x01xJ\x01\x02\x03\x04\x8c\x01yNN\x86u", i)
	}
	batch.WriteString("e")
	w := bufio.NewWriterSize(f, 1<<20) // the first failure stays, and Flush tells it
	_, _ = w.WriteString("\x80\x04]")
	for n := 0; n < opcodeBytes; n += batch.Len() {
		_, _ = w.WriteString(batch.String())
	}
	_, _ = w.WriteString(".")
	return w.Flush()
}
