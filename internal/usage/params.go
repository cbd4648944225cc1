package usage

import "bytes"

// signed are the parameters that a shared access signature is made of. Their
// values name it, where the log has no hash of it. Sources: "Create an account
// SAS", "Create a service SAS", "Create a user delegation SAS" in the Azure
// Storage REST reference.
func signedParam(name []byte) bool {
	switch string(name) {
	case "sv", "ss", "srt", "sr", "sp", "st", "se", "sip", "spr", "si", "sdd", "tn", "spk", "srk", "epk", "erk", "ses",
		"skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid", "sduoid", "skdutid",
		"rscc", "rscd", "rsce", "rscl", "rsct", "srh", "srq":
		return true
	}
	return false
}

// signature is what a URI says of the signature it was signed with.
type signature struct {
	id    uint64 // of the parameters, whatever their order and encoding; 0 if there are none
	sr    []byte // what the signature is for: b, c, d, f, s; empty for queues, tables and whole accounts
	sdd   int    // levels of a directory
	whole bool   // it is for the account, or for a table that it names
	sig   []byte // the signature itself, where the log has it; still encoded
}

// mostMemos is how many queries are remembered as they were read.
const mostMemos = 4096

// signatureOf reads the query of a URI, which is most often one that was read
// before.
func (c *Census) signatureOf(query []byte) signature {
	h := sum(query, 13)
	if s, ok := c.memos[h]; ok {
		return s
	}
	s := c.readSignature(query)
	if s.sig == nil {
		if len(c.memos) >= mostMemos || c.memos == nil {
			c.memos = map[uint64]signature{}
		}
		s.sr = bytes.Clone(s.sr)
		c.memos[h] = s
	}
	return s
}

// readSignature reads the query of a URI. Order and encoding of parameters make
// no difference; those that are no part of a signature are passed over.
func (c *Census) readSignature(query []byte) signature {
	var s signature
	for len(query) > 0 {
		var part []byte
		part, query, _ = bytes.Cut(query, []byte("&"))
		name, value, ok := bytes.Cut(part, []byte("="))
		if !ok {
			continue
		}
		if string(name) == "sig" {
			if !blanked(value) {
				s.sig = value
			}
			continue
		}
		if !signedParam(name) {
			continue
		}
		value = c.decoded(value)
		switch string(name) {
		case "sr":
			s.sr = value
		case "sdd":
			s.sdd = int(number(value))
		case "ss", "srt", "tn":
			s.whole = true
		}
		s.id += sum(value, sum(name, 1))
	}
	return s
}

// blanked reports whether the value of sig is what the service writes in its
// place: XXXXX, or nothing. A signature has 43 characters and padding.
func blanked(sig []byte) bool { return len(sig) < 40 }

// decoded undoes percent signs. Spaces and plus signs are one, because times
// with an offset are written with either.
func (c *Census) decoded(value []byte) []byte {
	if bytes.IndexByte(value, '%') < 0 && bytes.IndexByte(value, '+') < 0 {
		return value
	}
	start := len(c.aside)
	for i := 0; i < len(value); i++ {
		b := value[i]
		switch {
		case b == '+':
			b = ' '
		case b == '%' && i+2 < len(value) && hexDigits[value[i+1]] > 0 && hexDigits[value[i+2]] > 0:
			b = (hexDigits[value[i+1]]-1)<<4 | (hexDigits[value[i+2]] - 1)
			if b == '+' {
				b = ' '
			}
			i += 2
		}
		c.aside = append(c.aside, b)
	}
	return c.aside[start:len(c.aside):len(c.aside)]
}

// queryOf returns what follows the question mark.
func queryOf(uri []byte) []byte {
	if i := bytes.IndexByte(uri, '?'); i >= 0 {
		return uri[i+1:]
	}
	return nil
}

// target returns what of an object's name is signed: all of it for a blob or a
// file, the container, or so many levels of a directory.
func (s *signature) target(object []byte) []byte {
	levels := 1
	switch {
	case s.whole:
		return nil
	case len(s.sr) == 1 && (s.sr[0] == 'b' || s.sr[0] == 'f') || len(s.sr) == 2:
		return object
	case len(s.sr) == 1 && s.sr[0] == 'd':
		levels += s.sdd
	}
	at := 0
	for range levels {
		i := bytes.IndexByte(object[at:], '/')
		if i < 0 {
			return object
		}
		at += i + 1
	}
	return object[:at-1]
}
