package usage

import "time"

// moment reads a time as logs have it, in nanoseconds since 1970, UTC.
func moment(b []byte) (int64, bool) {
	if len(b) >= 20 && b[4] == '-' && (b[10] == 'T' || b[10] == ' ') && b[13] == ':' && b[16] == ':' {
		if t, ok := iso(b); ok {
			return t, true
		}
	}
	for _, layout := range laxLayouts {
		if t, err := time.Parse(layout, string(b)); err == nil && inRange(t) {
			return t.UnixNano(), true
		}
	}
	return 0, false
}

// laxLayouts are how times are written by programs that show them to people:
// the portal and spreadsheets, which write month first.
var laxLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.9999999", "2006-01-02 15:04:05.9999999", "2006-01-02 15:04:05.9999999Z07:00",
	"1/2/2006, 3:04:05.999 PM", "1/2/2006 3:04:05 PM", "1/2/2006 3:04:05.999 PM", "1/2/2006 15:04:05", "1/2/2006, 15:04:05.999",
}

// inRange reports whether a time is one that a log of the cloud can have.
func inRange(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2200 }

// iso reads 2006-01-02T15:04:05.9999999Z without going through package time.
func iso(b []byte) (int64, bool) {
	year, ok1 := digits(b[0:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	hour, ok4 := digits(b[11:13])
	minute, ok5 := digits(b[14:16])
	second, ok6 := digits(b[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || b[7] != '-' || year < 2000 || year >= 2200 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	if day > monthDays[month] || month == 2 && day == 29 && (year%4 != 0 || year%100 == 0 && year%400 != 0) {
		return 0, false
	}
	var nanos int64
	rest := b[19:]
	if rest[0] == '.' {
		i, unit := 1, int64(1e8)
		for ; i < len(rest) && isDigit(rest[i]); i++ {
			nanos += int64(rest[i]-'0') * unit
			unit /= 10
		}
		if i == 1 {
			return 0, false
		}
		rest = rest[i:]
	}
	if len(rest) != 1 || rest[0] != 'Z' {
		return 0, false
	}
	return ((days(year, month, day)*24+int64(hour))*60+int64(minute))*60e9 + int64(second)*1e9 + nanos, true
}

var monthDays = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// days returns the days from 1970-01-01 to a date of the Gregorian calendar.
func days(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468)
}

func digits(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
