package pickle

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// constant runs the opcodes that push values with longer arguments.
func (m *machine) constant() {
	switch m.op {
	case 'X': // BINUNICODE
		m.counted(4, kText)
	case 0x8d: // BINUNICODE8
		m.counted(8, kText)
	case 'T': // BINSTRING
		m.counted(4, kText)
	case 'C': // SHORT_BINBYTES
		m.counted(1, kBytes)
	case 'B': // BINBYTES
		m.counted(4, kBytes)
	case 0x8e, 0x96: // BINBYTES8 BYTEARRAY8
		m.counted(8, kBytes)
	case 0x8a: // LONG1
		m.counted(1, kInt)
	case 0x8b: // LONG4
		m.counted(4, kInt)
	case 'V', 'S', 'I', 'L', 'F', 'p', 'g':
		m.lineConstant()
	default:
		m.fault("opcode " + opName(m.op) + " is not known")
		m.i--
		m.done = true
	}
}

// counted pushes a constant that is preceded by its length, and passes over it.
func (m *machine) counted(width int, k kind) {
	if !m.need(width) {
		return
	}
	var n uint64
	switch width {
	case 1:
		n = uint64(m.buf[m.i])
	case 4:
		n = uint64(binary.LittleEndian.Uint32(m.buf[m.i:]))
	default:
		n = binary.LittleEndian.Uint64(m.buf[m.i:])
	}
	m.i += width
	if signed := m.op == 'T' || m.op == 0x8b; n > math.MaxInt64>>lenBits>>8 || signed && n > math.MaxInt32 {
		m.fault("a constant of impossible length")
		m.done = true
		return
	}
	if m.frame != 0 {
		if k == kBytes { // read piecewise by the C unpickler: nothing is lost
			m.res.Straddles = m.res.Straddles || m.at() < m.frame && m.at()+int64(n) > m.frame
		} else {
			m.cross(int64(n))
		}
	}
	if k == kInt {
		m.stack.push(m.long(int64(n)))
		return
	}
	m.stack.push(span(k, m.at(), int64(n)))
	switch {
	case k == kBytes && n > 16:
		m.peek(int64(n))
	case n >= peekMin:
		m.peekText(int64(n))
	}
	if n >= lenMax {
		m.big[m.bigAt%bigKept].off, m.big[m.bigAt%bigKept].n = m.at(), int64(n)
		m.bigAt++
	}
	m.skip(int64(n))
}

func (m *machine) long(n int64) slot {
	v := mk(kInt, 0)
	if n <= 7 && n > 0 && m.fill(int(n)) {
		var x int64
		for k := int(n) - 1; k >= 0; k-- {
			x = x<<8 | int64(m.buf[m.i+k])
		}
		shift := 64 - 8*n
		v = mk(kInt, x<<shift>>shift)
	}
	m.skip(n)
	return v
}

// innerMax bounds how many constants of one pickle are looked into.
const innerMax = 16

// peek looks whether the bytes that follow are a pickle.
func (m *machine) peek(n int64) {
	if m.opt.Inner == nil || m.inner >= innerMax || !m.fill(2) || m.buf[m.i] != 0x80 || m.buf[m.i+1] > 5 || m.buf[m.i+1] == 0 {
		return
	}
	m.inner++
	m.opt.Inner(Inner{R: sub{m.r, m.at(), n}, Size: n, Offset: m.opAt, Inert: true})
}

// peekMin is the length from which a text may hold a pickle, in bytes.
const peekMin = 32

// peekText looks whether the text that follows is a pickle in base64 or hex.
func (m *machine) peekText(n int64) {
	if m.opt.Inner == nil || m.inner >= innerMax || !m.fill(4) || n > unpackedMax {
		return
	}
	h := m.buf[m.i : m.i+4]
	if !(h[0] == 'g' && h[1] == 'A' && (h[2] == 'S' || h[2] == 'N' || h[2] == 'J' || h[2] == 'W')) && !(h[0] == '8' && h[1] == '0' && h[2] == '0' && h[3] >= '2' && h[3] <= '5') {
		return
	}
	m.inner++
	if b := guess(string(m.look(m.at(), int(n))), 4); len(b) > 2 && b[0] == 0x80 {
		m.opt.Inner(Inner{R: bytes.NewReader(b), Size: int64(len(b)), Offset: m.opAt, Inert: true})
	}
}

// lineConstant runs the opcodes whose argument is a line.
func (m *machine) lineConstant() {
	if m.frame != 0 {
		m.crossLine()
	}
	line, off, ok := m.line()
	if !ok {
		m.truncated()
		return
	}
	switch m.op {
	case 'V': // UNICODE
		m.stack.push(span(kEscaped, off, int64(len(line))))
	case 'S': // STRING
		if n := len(line); n < 2 || line[0] != line[n-1] || line[0] != '\'' && line[0] != '"' {
			m.fault("the argument of STRING has no quotes")
		}
		m.stack.push(span(kQuoted, off, int64(len(line))))
	case 'I', 'L': // INT LONG
		m.number(line)
	case 'F': // FLOAT
		m.stack.push(mk(kNone, 0))
	default: // PUT GET
		idx, err := strconv.ParseInt(strings.ReplaceAll(string(bytes.TrimSpace(line)), "_", ""), 10, 64)
		if err != nil {
			m.fault("a memo index that is no number")
			return
		}
		if m.op == 'p' {
			m.put(idx)
		} else {
			m.get(idx)
		}
	}
}

// crossLine sees whether the line reaches over the end of the frame: what is
// left of the frame is then lost to a reader that cannot peek.
func (m *machine) crossLine() {
	at := m.at()
	if at >= m.frame {
		m.frame = 0
		return
	}
	if n := m.frame - at; n < readMin {
		m.fill(int(n))
		if bytes.IndexByte(m.buf[m.i:min(len(m.buf), m.i+int(n))], '\n') < 0 {
			m.cross(n + 1)
		}
	}
}

// number pushes the argument of INT or LONG as CPython reads it: in the base
// that its prefix names.
func (m *machine) number(line []byte) {
	text := string(bytes.TrimSpace(line))
	if m.op == 'I' && (text == "00" || text == "01") {
		m.stack.push(mk(kNone, 0))
		return
	}
	if m.op == 'L' {
		text = strings.TrimSpace(strings.TrimSuffix(text, "L"))
	}
	v, err := strconv.ParseInt(text, 0, 64)
	if err != nil && !strings.Contains(err.Error(), "range") {
		m.fault("a number that is none")
	}
	if digits := strings.TrimLeft(text, "+-"); len(digits) > 1 && digits[0] == '0' && v != 0 {
		m.report(Finding{Rule: "inconsistent", What: "number " + short(text, 24), Why: "CPython reads its base prefix, other readers stop at it", Level: Unknown})
	}
	m.stack.push(mk(kInt, v))
}
