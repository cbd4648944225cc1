package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

// fileSystem tells which file system an open folder is on, and whether the
// kernel makes up its files: they may block, have no end or answer with
// something else each time. That the one of the folder above does not is known.
func fileSystem(d *os.File, above uint64) (dev uint64, pseudo bool) {
	var st unix.Stat_t
	if unix.Fstat(int(d.Fd()), &st) != nil {
		return 0, false
	}
	if st.Dev == above {
		return st.Dev, false
	}
	var fs unix.Statfs_t
	if unix.Fstatfs(int(d.Fd()), &fs) != nil {
		return st.Dev, false
	}
	switch uint32(fs.Type) { // the magic numbers have 32 bits; the field has more or fewer
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC,
		unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.DEVPTS_SUPER_MAGIC, unix.SECURITYFS_MAGIC,
		unix.BPF_FS_MAGIC, unix.PSTOREFS_MAGIC, unix.SELINUX_MAGIC, unix.BINFMTFS_MAGIC, unix.NSFS_MAGIC:
		pseudo = true
	}
	return st.Dev, pseudo
}
