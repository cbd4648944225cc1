//go:build unix

package dir

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// longest is how much of a path is given to the kernel at once, in bytes. It
// takes 4096, or 1024 on some systems; deeper trees are opened step by step.
const longest = 1000

// fileFlags opens a file. Whatever was put in its place meanwhile, a link is
// not followed and a pipe not waited for.
const fileFlags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY

// openAt opens a path of any length.
func openAt(path string, flags int) (int, error) {
	at, rest := unix.AT_FDCWD, path
	for len(rest) > longest {
		cut := strings.LastIndexByte(rest[:longest], '/')
		if cut <= 0 {
			break
		}
		step := rest[:cut]
		rest = strings.TrimLeft(rest[cut:], "/")
		next, err := retry(func() (int, error) {
			return unix.Openat(at, step, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		})
		if at != unix.AT_FDCWD {
			_ = unix.Close(at)
		}
		if err != nil {
			return -1, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		at = next
	}
	fd, err := retry(func() (int, error) { return unix.Openat(at, rest, flags, 0) })
	if at != unix.AT_FDCWD {
		_ = unix.Close(at)
	}
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// retry calls again what a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

func openFolder(path string, follow bool) (*os.File, error) {
	flags := unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := openAt(path, flags)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func openFlags(it item) int {
	if it.follow {
		return fileFlags
	}
	return fileFlags | unix.O_NOFOLLOW
}

func openFile(it item) (*os.File, error) {
	fd, err := openAt(it.path, openFlags(it))
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), it.path), nil
}

// readSmall reads a file into buf, which is larger than the file was. If it has
// grown beyond buf, or says it is empty and is not, there is more.
func readSmall(it item, buf []byte) (n int, more bool, err error) {
	fd, err := openAt(it.path, openFlags(it))
	if err != nil {
		return 0, false, err
	}
	defer unix.Close(fd)
	for n < len(buf) {
		k, err := retry(func() (int, error) { return unix.Read(fd, buf[n:]) })
		if err != nil {
			return 0, false, &fs.PathError{Op: "read", Path: it.path, Err: err}
		}
		n += k
		// A file gives fewer bytes than asked for only at its end. That holds for
		// those with a size, not for what the kernel makes up.
		if k == 0 || it.size > 0 && n < len(buf) && int64(n) == it.size {
			return n, false, nil
		}
	}
	return n, true, nil
}

// statAt tells kind and size of an entry of the open folder d.
func statAt(d *os.File, e fs.DirEntry) (fs.FileMode, int64, error) {
	if t := e.Type(); t&fs.ModeType != 0 && t&fs.ModeIrregular == 0 {
		return t, 0, nil
	}
	var st unix.Stat_t
	err := unix.Fstatat(int(d.Fd()), e.Name(), &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return 0, 0, &fs.PathError{Op: "stat", Path: e.Name(), Err: err}
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0, st.Size, nil
	case unix.S_IFDIR:
		return fs.ModeDir, 0, nil
	case unix.S_IFLNK:
		return fs.ModeSymlink, 0, nil
	}
	return fs.ModeIrregular, 0, nil
}

// readLinkAt reads where a link in the open folder d leads.
func readLinkAt(d *os.File, path, name string) (string, error) {
	buf := make([]byte, 4096)
	n, err := unix.Readlinkat(int(d.Fd()), name, buf)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: path, Err: err}
	}
	return string(buf[:n]), nil
}

// replaced reports whether err says that a link now stands where a file was.
func replaced(err error) bool { return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) }
