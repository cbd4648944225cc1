package unpack

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

var programFormat = Format{
	Name:   "program",
	Doc:    "Programs for Windows and Linux that unpack themselves: a zip or 7z archive behind the code.",
	head:   programHead,
	walk:   walkProgram,
	random: true,
	scan:   scanZip,
}

// programHead takes ELF and PE files. The two letters of the latter say little;
// the offset of the second header cannot be text.
func programHead(h []byte) bool {
	if len(h) < 64 {
		return false
	}
	return string(h[:4]) == "\x7fELF" || string(h[:2]) == "MZ" && binary.LittleEndian.Uint32(h[60:]) < 1<<16
}

// furthestArchive is how far behind the beginning an archive is looked for, in
// bytes. Programs that unpack themselves are small.
const furthestArchive = 2 << 20

// walkProgram visits the archive in a program. If it finds none it visits
// nothing, and the program is yielded as it is.
func walkProgram(w *walker, b *box) error {
	if _, err := findZipDirectory(b.at, b.size); err == nil {
		return walkZip(w, b)
	}
	off, err := sevenBehind(b)
	if err != nil || off < 0 {
		return err
	}
	code := io.NewSectionReader(b.at, 0, off)
	if err := w.visit(entry{at: code, size: off, plain: true}); err != nil {
		return err
	}
	archive := io.NewSectionReader(b.at, off, b.size-off)
	return w.visit(entry{at: archive, size: b.size - off})
}

// sevenBehind finds a 7z archive that begins somewhere in b, or returns -1.
func sevenBehind(b *box) (int64, error) {
	off := int64(0)
	for off < furthestArchive {
		buf, err := b.Peek(streamBuffer)
		i := bytes.Index(buf, []byte(sevenMagic))
		if i < 0 {
			if err != nil {
				return -1, endOf(err)
			}
			i = len(buf) - len(sevenMagic)
		} else if rest := buf[i:]; len(rest) >= sevenSignatureSize || err != nil {
			if len(rest) >= sevenSignatureSize &&
				crc32.ChecksumIEEE(rest[12:sevenSignatureSize]) == binary.LittleEndian.Uint32(rest[8:]) {
				return off + int64(i), nil
			}
			i++
		}
		i = max(i, 1)
		off += int64(i)
		_, _ = b.Discard(i)
	}
	return -1, nil
}

// endOf makes an end that may come no error.
func endOf(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
