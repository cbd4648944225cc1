package azure

// The values of a listing. They are read by position, since there are some in
// each of a great many entries.

// months are keyed by the last two letters, which tell them apart.
func monthOf(a, b byte) int64 {
	switch string([]byte{a, b}) {
	case "an":
		return 1
	case "eb":
		return 2
	case "ar":
		return 3
	case "pr":
		return 4
	case "ay":
		return 5
	case "un":
		return 6
	case "ul":
		return 7
	case "ug":
		return 8
	case "ep":
		return 9
	case "ct":
		return 10
	case "ov":
		return 11
	case "ec":
		return 12
	}
	return 0
}

// unix reads Wed, 12 Feb 2020 08:15:30 GMT or 2020-02-12T08:15:30.1234567Z. It
// returns seconds since 1970, 0 for what is neither.
func unix(b []byte) int64 {
	if len(b) == 29 && b[3] == ',' {
		day, month, year := two(b[5:]), monthOf(b[9], b[10]), two(b[12:])*100+two(b[14:])
		return seconds(year, month, day, b[17:25])
	}
	if len(b) >= 20 && b[4] == '-' && b[10] == 'T' {
		return seconds(two(b)*100+two(b[2:]), two(b[5:]), two(b[8:]), b[11:19])
	}
	return 0
}

// seconds returns the time of a day since 1970; clock is written 08:15:30.
func seconds(year, month, day int64, clock []byte) int64 {
	h, m, s := two(clock), two(clock[3:]), two(clock[6:])
	if month < 1 || month > 12 || day < 1 || day > 31 || year < 1 || year > 9999 || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 {
		return 0
	}
	return days(year, month, day)*86400 + h*3600 + m*60 + s
}

// days counts from 1970 on, in the calendar of the present, from years that begin
// in March.
func days(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return year*365 + year/4 - year/100 + year/400 + (month*153-457)/5 + day - 719469
}

// two reads two digits, a large negative number if they are none.
func two(b []byte) int64 {
	hi, lo := b[0]-'0', b[1]-'0'
	if hi > 9 || lo > 9 {
		return -1 << 20
	}
	return int64(hi)*10 + int64(lo)
}

// number reads digits. ok is false for anything else, and beyond 18 digits.
func number(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, true
}

// sixBits gives the value of each letter of base64, 0xff for what is none.
var sixBits = func() (table [256]byte) {
	for i := range table {
		table[i] = 0xff
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		table[c] = byte(i)
	}
	return table
}()

// md5Size is how long a checksum is, in bytes.
const md5Size = 16

// appendMD5 appends the 16 bytes that 24 letters of base64 stand for. ok is
// false if they do not.
func appendMD5(dst, b []byte) (_ []byte, ok bool) {
	if len(b) != 24 || b[22] != '=' || b[23] != '=' {
		return dst, false
	}
	var bad byte
	for i := 0; i < 20; i += 4 {
		w, x, y, z := sixBits[b[i]], sixBits[b[i+1]], sixBits[b[i+2]], sixBits[b[i+3]]
		bad |= w | x | y | z
		dst = append(dst, w<<2|x>>4, x<<4|y>>2, y<<6|z)
	}
	w, x := sixBits[b[20]], sixBits[b[21]]
	bad |= w | x
	return append(dst, w<<2|x>>4), bad < 64
}
