//go:build !unix

package dir

import (
	"io"
	"io/fs"
	"os"
)

func openFolder(path string, _ bool) (*os.File, error) { return os.Open(path) }

func openFile(it item) (*os.File, error) { return os.Open(it.path) }

// readSmall reads a file into buf, which is larger than the file was. If it has
// grown beyond buf, there is more.
func readSmall(it item, buf []byte) (n int, more bool, err error) {
	f, err := openFile(it)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	n, err = io.ReadFull(f, buf)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return n, false, nil
	}
	return n, err == nil, err
}

// statAt tells kind and size of an entry of a folder.
func statAt(_ *os.File, e fs.DirEntry) (fs.FileMode, int64, error) {
	info, err := e.Info()
	if err != nil {
		return 0, 0, err
	}
	return info.Mode().Type(), info.Size(), nil
}

func readLinkAt(_ *os.File, path, _ string) (string, error) { return os.Readlink(path) }

// replaced is not told apart here.
func replaced(error) bool { return false }
