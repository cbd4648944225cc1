//go:build unix

package git

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps a regular file of at most limit bytes into memory, to be read
// until it is freed. A file that is cut short while it is mapped makes reads
// fault: see guard.
func mapFile(path string, limit int64) (*mapping, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("map %s: not a regular file", path)
	case info.Size() > limit || int64(int(info.Size())) != info.Size():
		return nil, fmt.Errorf("map %s: too large", path)
	case info.Size() == 0:
		return &mapping{}, nil
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
		data, err = os.ReadFile(path)
		return &mapping{data: data}, err
	}
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return &mapping{data: data, mapped: true}, nil
}

// free lets go of the file. Its data must not be used after.
func (m *mapping) free() error {
	if !m.mapped {
		return nil
	}
	return unix.Munmap(m.data)
}
