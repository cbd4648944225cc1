package disk_test

import (
	"bytes"
	"sync"
	"testing"
)

// TestManyAtOnce lists a volume and reads its files from many goroutines.
func TestManyAtOnce(t *testing.T) {
	need(t, "qemu-img", "mke2fs")
	raw := sparse(t, 16<<20)
	run(t, "mke2fs", "-t", "ext4", "-b", "1024", "-q", "-F", "-d", home(t), raw)
	run(t, "qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, raw+".qcow2")
	im, _ := opened(t, raw+".qcow2")
	all := listing(t, im)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if n := len(listing(t, im)); n != len(all) {
				t.Errorf("%d files; want %d", n, len(all))
			}
			for _, f := range all {
				if f.Dir || f.Size == 0 {
					continue
				}
				r, err := f.Open()
				if err != nil {
					t.Error(err)
					continue
				}
				b := make([]byte, f.Size)
				if _, err := r.ReadAt(b, 0); err != nil || f.Path == "big.bin" && !bytes.Equal(b, pattern(3<<20)) {
					t.Errorf("%s: %v, or other bytes", f.Path, err)
				}
			}
		})
	}
	wait.Wait()
}
