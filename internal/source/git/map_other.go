//go:build !unix

package git

import (
	"fmt"
	"os"
)

// mapFile reads a regular file of at most limit bytes.
func mapFile(path string, limit int64) (*mapping, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("read %s: not a regular file, or too large", path)
	}
	data, err := os.ReadFile(path)
	return &mapping{data: data}, err
}

func (m *mapping) free() error { return nil }
