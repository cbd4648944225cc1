package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// Partition types that are told by what the table says of them.
const (
	mbrExtended    = 0x05
	mbrExtendedLBA = 0x0f
	mbrExtendedOld = 0x85
	mbrDynamic     = 0x42
	mbrProtective  = 0xee
)

var (
	gptDynamic = guid("AAC808588F7EE04285D2E1E90434CFB3") // logical disk manager, metadata
	gptLDM     = guid("A0609BAF3114624FBC683311714A69AD") // logical disk manager, data
	gptSpaces  = guid("8FAF5CE780F6EE4CAFA3B001E56EFC2D") // storage spaces
)

// findVolumes reads the partition tables. A file system at the very beginning
// means that there are none: boot sectors and boot records look alike, but no
// record begins like a volume. Only ext and some others leave the first sector
// to whoever wants it, so a table goes before them.
func (im *Image) findVolumes(ctx context.Context) error {
	head, err := readUpTo(im.disk, 0, detectSize, im.Size)
	if err != nil {
		return err
	}
	if s := systemOf(head); s != nil && s.first {
		im.add(&Volume{Size: im.Size}, head)
		return nil
	}
	if found, err := im.readGPT(ctx, head); err != nil || found {
		return err
	}
	if entries := mbrEntries(head); len(entries) > 0 {
		return im.readMBR(ctx, entries)
	}
	im.add(&Volume{Size: im.Size}, head)
	return nil
}

// add keeps a volume that begins with head.
func (im *Image) add(v *Volume, head []byte) {
	if v.system == nil {
		v.system = systemOf(head)
	}
	if v.system == nil {
		v.system = &unknown
	}
	v.FS = v.system.name
	if v.system.exact != nil {
		v.FS = v.system.exact(head)
	}
	if v.Name == "" {
		v.Name = strconv.Itoa(len(im.volumes) + 1)
	}
	v.im = im
	im.volumes = append(im.volumes, *v)
}

// partition adds what lies at start, in bytes, if it is inside the disk.
func (im *Image) partition(v *Volume) error {
	if len(im.volumes) >= im.lim.Volumes {
		return limited("partitions")
	}
	if v.Start < 0 || v.Size <= 0 || v.Start >= im.Size {
		im.gap(&Gap{Reason: Corrupt, Detail: "a partition outside the disk"})
		return nil
	}
	if v.Size > im.Size-v.Start {
		im.gap(&Gap{Reason: Truncated, Detail: "a partition beyond the end of the disk", Bytes: v.Size - (im.Size - v.Start)})
		v.Size = im.Size - v.Start
	}
	head, err := readUpTo(im.disk, v.Start, detectSize, v.Start+v.Size)
	if err != nil {
		err = gapOf(err)
		if ends(err) {
			return err
		}
		v.system = &system{name: "", why: Unreadable}
		head = nil
	}
	im.add(v, head)
	return nil
}

// gap keeps one of the first hundred gaps.
func (im *Image) gap(g *Gap) {
	if len(im.gaps) < 100 {
		im.gaps = append(im.gaps, g)
	}
}

// readGPT reads the table at the beginning, or else its copy at the end.
func (im *Image) readGPT(ctx context.Context, head []byte) (bool, error) {
	if !hasGPT(head) {
		if e := mbrEntries(head); len(e) == 0 || e[0].kind != mbrProtective {
			return false, nil
		}
	}
	for _, unit := range []int64{512, 4096} {
		for _, at := range []int64{unit, im.Size - unit} {
			b, err := readUpTo(im.disk, at, 92, im.Size)
			if err != nil || len(b) < 92 || !bytes.HasPrefix(b, []byte("EFI PART")) {
				continue
			}
			if err := im.gptEntries(ctx, b, unit); err != nil {
				return true, err
			}
			return true, nil
		}
	}
	im.gap(&Gap{Reason: Corrupt, Detail: "partition table", Bytes: im.Size})
	return true, nil
}

func (im *Image) gptEntries(ctx context.Context, head []byte, unit int64) error {
	le := binary.LittleEndian
	at, count, size := int64(le.Uint64(head[72:])), int64(le.Uint32(head[80:])), int64(le.Uint32(head[84:]))
	if at < 0 || at > im.Size/unit || size < 128 || size > 4096 {
		im.gap(&Gap{Reason: Corrupt, Detail: "partition table", Bytes: im.Size})
		return nil
	}
	if most := int64(1024); count > most {
		im.gap(&Gap{Reason: Limit, Detail: "entries of the partition table"})
		count = most
	}
	table, err := readUpTo(im.disk, at*unit, count*size, im.Size)
	if err != nil {
		return err
	}
	for n := 1; int64(len(table)) >= size; n, table = n+1, table[size:] {
		kind := [16]byte(table)
		if kind == ([16]byte{}) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		first, last := le.Uint64(table[32:]), le.Uint64(table[40:])
		v := &Volume{Name: strconv.Itoa(n)}
		if label := printable(utf16Text(table[56:128], le)); label != "" {
			v.Name += " " + label
		}
		if last >= first && last < maxDisk/uint64(unit) {
			v.Start, v.Size = int64(first)*unit, int64(last-first+1)*unit
		}
		switch kind {
		case gptDynamic, gptLDM:
			v.system = &system{name: "dynamic disk", why: Unsupported}
		case gptSpaces:
			v.system = &system{name: "Storage Spaces", why: Unsupported}
		}
		if err := im.partition(v); err != nil {
			return im.stopAt(err)
		}
	}
	return nil
}

// stopAt keeps a limit as a gap.
func (im *Image) stopAt(err error) error {
	err = gapOf(err)
	if g := asGap(err); g != nil {
		im.gap(g)
		return nil
	}
	return err
}

func (im *Image) readMBR(ctx context.Context, entries []mbrEntry) error {
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		switch e.kind {
		case mbrExtended, mbrExtendedLBA, mbrExtendedOld:
			err = im.logical(ctx, e.start)
		default:
			v := &Volume{Start: e.start * sector, Size: e.size * sector}
			if e.kind == mbrDynamic {
				v.system = &system{name: "dynamic disk", why: Unsupported}
			}
			err = im.partition(v)
		}
		if err != nil {
			return im.stopAt(err)
		}
	}
	return nil
}

// logical follows the chain of boot records in an extended partition: the
// first entry of each is a volume, the second leads to the next record.
func (im *Image) logical(ctx context.Context, first int64) error {
	seen := map[int64]bool{}
	for at := first; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if seen[at] || len(seen) > im.lim.Volumes {
			im.gap(&Gap{Reason: Corrupt, Detail: "a chain of partitions without an end"})
			return nil
		}
		seen[at] = true
		record, err := readUpTo(im.disk, at*sector, sector, im.Size)
		if err != nil {
			im.gap(&Gap{Reason: Corrupt, Detail: fmt.Sprintf("boot record at sector %d", at)})
			return nil
		}
		next := int64(0)
		for _, e := range mbrEntries(record) {
			switch e.kind {
			case mbrExtended, mbrExtendedLBA, mbrExtendedOld:
				next = first + e.start
			default:
				v := &Volume{Start: (at + e.start) * sector, Size: e.size * sector}
				if err := im.partition(v); err != nil {
					return err
				}
			}
		}
		if next == 0 {
			return nil
		}
		at = next
	}
}

// section is what of the disk a volume takes.
func (im *Image) section(start, size int64) io.ReaderAt {
	if start == 0 && size == im.Size {
		return im.disk
	}
	return io.NewSectionReader(im.disk, start, size)
}
