package classify

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
)

// sign is a format that its beginning gives away, and of which nothing more is
// read.
type sign struct {
	class  *Class
	hint   string
	reason string // why nothing more is read; empty where nothing more is to be known
	fits   func(head []byte) bool
	named  func(name []byte) bool // nil for any name
}

// signReader knows formats by their first bytes.
var signReader = Reader{
	Name: "sign",
	Doc:  "Known by their first bytes, and not read further: registry hives, the Active Directory database, dumps of memory, keychains of macOS, Password Safe, Kerberos ticket caches, hibernation files, backups of Android.",
	Sniff: func(head, name []byte) bool {
		return signOf(head, name) != nil
	},
	Read: func(_ context.Context, p Piece) (Result, error) {
		head, err := readHead(p)
		if err != nil {
			return Result{}, err
		}
		s := signOf(head, p.Name)
		if s == nil {
			return Result{}, ErrOther
		}
		f := s.class.Find(p, 1)
		f.Hint = s.hint
		return found(head, s.reason, f), nil
	},
}

func signOf(head, name []byte) *sign {
	for i := range signs {
		if s := &signs[i]; s.fits(head) && (s.named == nil || s.named(name)) {
			return s
		}
	}
	return nil
}

// signs are asked in their order.
//
// Source: the headers of the formats as Windows, Linux, macOS, Java and Android
// write them; libyal documents those of Windows.
var signs = []sign{
	{class: &credentialDump, hint: "SAM hive", reason: Foreign, fits: hive(`config\sam`, `\sam`)},
	{class: &credentialDump, hint: "SECURITY hive", reason: Foreign, fits: hive(`config\security`, `\security`)},
	{class: &credentialDump, hint: "SYSTEM hive", reason: Foreign, fits: hive(`config\system`, `\system`)},
	{class: &credentialDump, hint: "registry hive", reason: Foreign, fits: begins("regf"), named: named("SAM", "SECURITY", "SYSTEM", "sam.hiv*", "system.hiv*", "security.hiv*", "sam.save", "system.save", "security.save")},
	{class: &userProfile, hint: "registry hive of a user", reason: Foreign, fits: hive("ntuser.dat", "usrclass.dat")},
	{class: &credentialDump, hint: "Active Directory database", reason: Foreign, fits: at(4, "\xef\xcd\xab\x89"), named: named("ntds*.dit", "*.dit", "ntds*.bak")},
	{class: &credentialDump, hint: "memory of LSASS", reason: Foreign, fits: begins("MDMP\x93\xa7"), named: named("*lsass*.dmp", "lsass*", "*lsass*.*")},
	{class: &credentialDump, hint: "Kerberos ticket cache", fits: func(b []byte) bool { return len(b) > 8 && b[0] == 5 && (b[1] == 3 || b[1] == 4) }, named: named("krb5cc*", "*.ccache")},
	{class: &memoryDump, hint: "minidump", reason: Foreign, fits: begins("MDMP\x93\xa7")},
	{class: &memoryDump, hint: "Windows crash dump", reason: Foreign, fits: begins("PAGEDU")},
	{class: &memoryDump, hint: "hibernation file", reason: Foreign, fits: anyOf(begins("hibr"), begins("HIBR"), begins("wake"), begins("WAKE"), begins("RSTR")), named: named("hiberfil.sys", "*.sys")},
	{class: &memoryDump, hint: "core dump", reason: Foreign, fits: coreDump},
	{class: &memoryDump, hint: "Java heap dump", reason: Foreign, fits: begins("JAVA PROFILE 1.")},
	{class: &memoryDump, hint: "LiME memory image", reason: Foreign, fits: begins("EMiL")},
	{class: &memoryDump, hint: "VMware memory", reason: Foreign, fits: anyOf(begins("\xd2\xbe\xd2\xbe"), begins("\xd1\xbe\xd1\xbe"), begins("\xd0\xbe\xd2\xbe")), named: named("*.vmss", "*.vmsn", "*.vmem")},
	{class: &systemKeychain, hint: "macOS keychain", reason: Encrypted, fits: begins("kych")},
	{class: &systemKeychain, hint: "GNOME keyring", reason: Encrypted, fits: begins("GnomeKeyring\n\r\x00\n")},
	{class: &systemKeychain, hint: "KWallet", reason: Encrypted, fits: begins("KWALLET\n\r\x00\r\n")},
	{class: &cloudCredential, hint: "token cache protected by DPAPI", reason: Encrypted, fits: begins(dpapi), named: named("*.bin", "msal*", "*.cache*", "TokenCache*", "*.tbres")},
	{class: &systemKeychain, hint: "protected by DPAPI", reason: Encrypted, fits: begins(dpapi)},
	{class: &passwordStore, hint: "Password Safe 3", reason: Encrypted, fits: begins("PWS3")},
	{class: &mobileBackup, hint: "Android backup, not encrypted", reason: Foreign, fits: func(b []byte) bool { return androidBackup(b, "none") }},
	{class: &mobileBackup, hint: "Android backup, encrypted", reason: Encrypted, fits: func(b []byte) bool { return androidBackup(b, "AES-256") }},
	{class: &workstationBackup, hint: "Windows backup (TAPE)", reason: Foreign, fits: begins("TAPE"), named: named("*.bkf")},
	{class: &memoryDump, hint: "page file", reason: Foreign, fits: func([]byte) bool { return true }, named: named("pagefile.sys", "swapfile.sys")},
}

// dpapi is the version and the provider that data protected for a user of
// Windows begins with.
const dpapi = "\x01\x00\x00\x00\xd0\x8c\x9d\xdf\x01\x15\xd1\x11\x8c\x7a\x00\xc0\x4f\xc2\x97\xeb"

func begins(text string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(text)) }
}

func at(offset int, text string) func([]byte) bool {
	return func(head []byte) bool { return len(head) > offset && bytes.HasPrefix(head[offset:], []byte(text)) }
}

func anyOf(all ...func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool {
		for _, fits := range all {
			if fits(head) {
				return true
			}
		}
		return false
	}
}

// named makes a question for the last part of a path.
func named(forms ...string) func([]byte) bool {
	for i, f := range forms {
		forms[i] = asciiLower(f)
	}
	return func(name []byte) bool {
		last := name[bytes.LastIndexAny(name, `/\!`)+1:]
		for _, f := range forms {
			if partFits(f, last) {
				return true
			}
		}
		return false
	}
}

// hive makes a question for registry hives by the end of the name that they
// keep of themselves, in UTF-16.
//
// Source: libyal, "Windows NT Registry File (REGF) format specification".
func hive(endings ...string) func([]byte) bool {
	return func(head []byte) bool {
		const nameAt, nameSize = 48, 64
		if len(head) < nameAt+nameSize || !bytes.HasPrefix(head, []byte("regf")) {
			return false
		}
		own := strings.TrimRight(string(littleEnd.narrow(nil, head[nameAt:nameAt+nameSize])), "\x00")
		for _, e := range endings {
			if strings.HasSuffix(strings.ToLower(own), e) {
				return true
			}
		}
		return false
	}
}

// coreDump reports whether an ELF file is the memory of a process.
func coreDump(head []byte) bool {
	const typeAt, core = 16, 4
	if len(head) < typeAt+2 || !bytes.HasPrefix(head, []byte("\x7fELF")) {
		return false
	}
	if head[5] == 2 {
		return binary.BigEndian.Uint16(head[typeAt:]) == core
	}
	return binary.LittleEndian.Uint16(head[typeAt:]) == core
}

// androidBackup reports whether the fourth line of a backup by adb names this
// cipher.
func androidBackup(head []byte, cipher string) bool {
	if !bytes.HasPrefix(head, []byte("ANDROID BACKUP\n")) {
		return false
	}
	lines := bytes.SplitN(head, []byte("\n"), 5)
	return len(lines) == 5 && string(lines[3]) == cipher
}
