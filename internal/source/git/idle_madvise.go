//go:build linux || darwin

package git

import "golang.org/x/sys/unix"

// idle says that what was read of a mapped file is not needed soon. Its pages
// stop to count as memory of this process; one that is read again comes out of
// the system's cache. Others may read the file meanwhile.
func (m *mapping) idle() {
	if m.mapped {
		_ = unix.Madvise(m.data, unix.MADV_DONTNEED) // advice: nothing depends on it
	}
}
