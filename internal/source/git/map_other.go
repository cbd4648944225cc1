//go:build !unix

package git

import (
	"fmt"
	"os"
)

// mapFile reads a regular file of at most limit bytes.
func mapFile(path string, limit int64) (data []byte, free func() error, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, nil, fmt.Errorf("read %s: not a regular file, or too large", path)
	}
	data, err = os.ReadFile(path)
	return data, func() error { return nil }, err
}
