package classify

import (
	"bytes"
	"sync"
)

// A file that is there to hold credentials says what they are in its own
// words, which mean little elsewhere: password, auth, client-key-data. In such
// files alone, what is given to these names counts as a secret.

// namedValue stands for the values of such names among detectors.
var namedValue = &probe{detector: &detector{id: "named-value"}, assigned: true}

var credentialNames = sync.OnceValue(func() *lexicon {
	l := newLexicon()
	for _, name := range []string{
		"aws_secret_access_key", "aws_session_token", "secretaccesskey", "sessiontoken", "client-key-data", "client_secret", "clientsecret", "refreshtoken", "refresh_token", "accesstoken", "access_token", "identitytoken", "id_token", "_authtoken", "_auth", `"auth"`, `"secret"`, "secret_key", "secretkey", "private_key_id", "accountkey", "storagekey", "apikey", "api_key", "auth_token", "authtoken", "password", "passwd", "passphrase", "userpwd", "cookie_secret", `"key"`, "token", "pass",
		"://", ":$1$", ":$2a", ":$2b", ":$2y", ":$5$", ":$6$", ":$7$", ":$y$", ":$gy", ":$apr1", ":$argon", ":$sha1", ":$scrypt",
	} {
		l.add(name, event{})
	}
	return l.done()
})

// named looks for values of such names that begin in b[from:to].
func (s *secrets) named(b []byte, from, to int) {
	credentialNames().each(b, from, to, func(at int, m *mark) bool {
		var value []byte
		switch m.text[:2] {
		case ":/":
			value = userInfo(b[at+len(m.text):])
		case ":$":
			value = passwordHash(b[at+1:])
		default:
			value = valueOf(b, at+len(m.text))
		}
		if len(value) > 0 && !placeholder(value) {
			s.take(namedValue, value)
		}
		return true
	})
}

// valueOf returns what is given to the name that ends at b[at]: after a sign of
// assignment, or after a gap, as in .netrc.
func valueOf(b []byte, at int) []byte {
	const shortest = 6
	start, ok := assignedTo(b, at)
	if line := bytes.IndexByte(b[at:min(len(b), at+longMatch)], '\n'); line >= 0 && (!ok || start > at+line) {
		ok = false
	}
	if !ok {
		rest := b[at:min(len(b), at+longMatch)]
		gap := len(rest) - len(bytes.TrimLeft(rest, " \t"))
		if gap == 0 {
			return nil
		}
		start = at + gap
	}
	value := b[start:min(len(b), start+longMatch)]
	if end := bytes.IndexAny(value, " \t\r\n\"'<,"); end >= 0 {
		value = value[:end]
	}
	if len(value) < shortest || bytes.ContainsAny(value[:1], "${%(") || bytes.HasPrefix(value, []byte("null")) || entropy(value) < 2 {
		return nil
	}
	return value
}

// userInfo returns the password of a URL, of which the scheme is left out.
func userInfo(rest []byte) []byte {
	rest = rest[:min(len(rest), 512)]
	if end := bytes.IndexAny(rest, " \t\r\n\"'/<>"); end >= 0 {
		rest = rest[:end]
	}
	info := rest[:max(0, bytes.LastIndexByte(rest, '@'))]
	_, password, ok := bytes.Cut(info, []byte(":"))
	if !ok || len(password) < 4 || bytes.ContainsAny(password[:1], "${%(") {
		return nil
	}
	return password
}

// passwordHash returns a hash in the form of crypt(3) that b begins with.
//
// Source: crypt(5).
func passwordHash(b []byte) []byte {
	b = b[:min(len(b), 512)]
	if end := bytes.IndexAny(b, ": \t\r\n\"',;"); end >= 0 {
		b = b[:end]
	}
	fields := bytes.SplitN(b, []byte("$"), 4)
	if len(fields) < 4 || len(fields[0]) > 0 || len(fields[3]) < 22 {
		return nil
	}
	switch string(fields[1]) {
	case "1", "2a", "2b", "2y", "5", "6", "y", "gy", "7", "apr1", "sha1", "argon2i", "argon2id", "argon2d", "scrypt":
		return b
	default:
		return nil
	}
}
