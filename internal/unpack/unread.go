package unpack

import "bytes"

// Formats that are known by their first bytes but not read. Saying so keeps a
// scan from passing for complete.
var (
	cabFormat = unread("cab", "Windows cabinets are known but not unpacked: they are told as unsupported and searched as they are.",
		"MSCF\x00\x00\x00\x00")
	bundleFormat = unread("git-bundle", "Bundles of git are known but not unpacked: they are told as unsupported. Clone one, and scan the clone.",
		"# v2 git bundle\n", "# v3 git bundle\n")
	packFormat = unread("git-pack", "Packs of git that lie outside of a repository are known but not unpacked: they are told as unsupported.",
		"PACK\x00\x00\x00\x02", "PACK\x00\x00\x00\x03")
)

func unread(name, doc string, magic ...string) Format {
	return Format{
		Name: name,
		Doc:  doc,
		head: func(h []byte) bool {
			for _, m := range magic {
				if bytes.HasPrefix(h, []byte(m)) {
					return true
				}
			}
			return false
		},
		walk: func(w *walker, b *box) error {
			if err := w.tell(damaged(Unsupported, name)); err != nil {
				return err
			}
			return w.visit(entry{r: b.stream, size: b.size, plain: true})
		},
	}
}
