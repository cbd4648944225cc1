package classify_test

import (
	"testing"

	"github.com/overgrant/overgrant/internal/classify"
)

func TestRootsTellOneFromAnother(t *testing.T) {
	for _, tt := range []struct{ class, name, want string }{
		{"workstation_backup", "old/WindowsImageBackup/PC-7/Backup 2020-01-01/a.vhdx", "old/WindowsImageBackup/PC-7"},
		{"workstation_backup", `x\windowsimagebackup\PC-7\MediaId`, `x\windowsimagebackup\PC-7`},
		{"workstation_backup", "FileHistory/ada/PC-7/Data/C/a.txt", "FileHistory/ada/PC-7"},
		{"workstation_backup", "mac.sparsebundle/bands/1f", "mac.sparsebundle"},
		{"workstation_backup", "images/ws-1.tib", "images/ws-1.tib"},
		{"workstation_backup", "WindowsImageBackup", "WindowsImageBackup"},
		{"user_profile", "ws-1/Users/ada/AppData/Local/x", "ws-1/Users/ada"},
		{"user_profile", "home/bo/.config/x", "home/bo"},
		{"user_profile", "ntuser.dat", "ntuser.dat"},
	} {
		for _, c := range classify.All {
			if c.Name != tt.class {
				continue
			}
			if got := string(c.Root([]byte(tt.name))); got != tt.want {
				t.Errorf("%s: Root(%q) = %q; want %q", tt.class, tt.name, got, tt.want)
			}
		}
	}
}
