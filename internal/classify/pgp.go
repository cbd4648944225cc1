package classify

import "encoding/binary"

// packets reads the secret keys of an OpenPGP message or key ring: the first
// gives its name to all.
//
// Source: RFC 9580, 4.2, 5.5 and 9.1.
func (f *privateKeyFound) packets(raw []byte) (secret int) {
	const secretKey, secretSubkey = 5, 7
	for len(raw) > 0 {
		tag, body, rest, ok := packet(raw)
		if !ok {
			break
		}
		raw = rest
		if tag == secretSubkey && secret > 0 || tag != secretKey {
			continue
		}
		if secret++; secret == 1 {
			f.secretPacket(body)
		}
	}
	return secret
}

func (f *privateKeyFound) secretPacket(body []byte) {
	if len(body) < 10 || body[0] < 3 || body[0] > 6 {
		return
	}
	// The algorithm follows a version and a time; in version 3 a number of days
	// as well. Versions 5 and 6 put a length behind it.
	at := 5
	if body[0] == 3 {
		at = 7
	}
	rest := body[at+1:]
	if body[0] >= 5 {
		rest = rest[min(4, len(rest)):]
	}
	if len(rest) < 2 {
		return
	}
	algorithm := body[at]
	numbers := 0
	switch algorithm {
	case 1, 2, 3:
		f.algorithm, numbers = "RSA", 2
		f.bits = int(binary.BigEndian.Uint16(rest))
	case 16:
		f.algorithm, numbers = "ElGamal", 3
	case 17:
		f.algorithm, numbers = "DSA", 4
		f.bits = int(binary.BigEndian.Uint16(rest))
	case 18, 19, 22:
		f.algorithm, numbers = "elliptic curve", 1
		if int(rest[0])+1 > len(rest) {
			return
		}
		rest = rest[1+int(rest[0]):]
	case 25, 27:
		f.algorithm = "Curve25519"
		rest = rest[min(32, len(rest)):]
	}
	for range numbers {
		if len(rest) < 2 {
			return
		}
		n := 2 + (int(binary.BigEndian.Uint16(rest))+7)/8
		if n > len(rest) {
			return
		}
		rest = rest[n:]
	}
	f.sealed = len(rest) > 0 && rest[0] != 0
}

// packet reads the header of a packet in either form.
func packet(b []byte) (tag byte, body, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x80 == 0 {
		return 0, nil, nil, false
	}
	var n, head int
	if b[0]&0x40 != 0 {
		tag = b[0] & 0x3f
		switch l := b[1]; {
		case l < 192:
			n, head = int(l), 2
		case l < 224 && len(b) >= 3:
			n, head = (int(l)-192)<<8+int(b[2])+192, 3
		case l == 255 && len(b) >= 6:
			n, head = int(binary.BigEndian.Uint32(b[2:])), 6
		default:
			return 0, nil, nil, false
		}
	} else {
		tag = b[0] >> 2 & 0xf
		switch b[0] & 3 {
		case 0:
			n, head = int(b[1]), 2
		case 1:
			if len(b) < 3 {
				return 0, nil, nil, false
			}
			n, head = int(binary.BigEndian.Uint16(b[1:])), 3
		case 2:
			if len(b) < 5 {
				return 0, nil, nil, false
			}
			n, head = int(binary.BigEndian.Uint32(b[1:])), 5
		default:
			n, head = len(b)-1, 1
		}
	}
	if n < 0 || n > len(b)-head {
		return 0, nil, nil, false
	}
	return tag, b[head : head+n], b[head+n:], true
}
