package disk_test

import (
	"fmt"
	"testing"
)

// BenchmarkNTFS lists a volume of 20,000 files and tells how much of the volume
// that reads.
func BenchmarkNTFS(b *testing.B) {
	img := mkntfs(b, 1<<30, func(root string) {
		for i := range 20_000 {
			write(b, root, fmt.Sprintf("Users/u%02d/AppData/Local/cache%02d/file_%06d.dat", i%7, i%50, i), []byte("contents"))
		}
	})
	im, c := opened(b, img)
	v := im.Volumes()[0]
	files, before := 0, c.bytes()
	b.ReportAllocs()
	for b.Loop() {
		files = 0
		for _, err := range v.Files(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			files++
		}
	}
	b.ReportMetric(float64(files)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
	b.ReportMetric(mib(c.bytes()-before)*1000/float64(files), "MiB-read/1000-files")
}

// BenchmarkVHDX reads a disk through its allocation table.
func BenchmarkVHDX(b *testing.B) {
	need(b, "qemu-img")
	raw := rawDisk(b, 64<<20)
	run(b, "qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=dynamic,block_size=1048576", raw, raw+".vhdx")
	im, _ := opened(b, raw+".vhdx")
	buf := make([]byte, 1<<20)
	b.SetBytes(im.Size)
	b.ReportAllocs()
	for b.Loop() {
		for off := int64(0); off < im.Size; off += int64(len(buf)) {
			if _, err := im.Disk().ReadAt(buf, off); err != nil {
				b.Fatal(err)
			}
		}
	}
}
