package classify

// Placeholder reports whether text stands where a secret is to be put.
func Placeholder(text []byte) bool { return placeholder(text) }

// SecretsIn returns what the detectors find in text: rule and secret.
func SecretsIn(name, text []byte) map[string]bool {
	all := map[string]bool{}
	p := Piece{Name: name, Size: int64(len(text))}
	s := secrets{budget: 1 << 40}
	marks().each(text, 0, len(text), func(at int, m *mark) bool {
		if m.event.number == noNumber {
			s.each(&p, text, at, m, func(p *probe, secret []byte) { all[p.id+" "+string(secret)] = true })
		}
		return true
	})
	return all
}
