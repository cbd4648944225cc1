package kind

import (
	"strconv"
	"strings"
	"time"
)

// lastTime is the last moment that RFC 3339 can write. Later ones are cut to it.
var lastTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// readTime reads a date as shared access signatures have it, in UTC: a day, a
// minute, a second, fractions of one, Z or an offset. Characters that have no
// place in a date are passed over. It fails if text is no date.
//
// Source: "Formatting DateTime values" in the Azure Storage REST reference.
func readTime(text string) (time.Time, bool) {
	s := strings.Map(func(r rune) rune {
		if r < 128 && (isDigit(byte(r)) || strings.ContainsRune("-:.+TZtz ", r)) {
			return r
		}
		return -1
	}, strings.TrimSpace(text))
	s = strings.ToUpper(strings.Trim(s, " .:"))
	day, clock := s, ""
	if i := strings.IndexAny(s, "T "); i >= 0 {
		day, clock = s[:i], strings.TrimLeft(s[i:], "T ")
	}
	date, ok := readDay(strings.TrimSuffix(day, "Z"))
	if !ok {
		return time.Time{}, false
	}
	span, ok := readClock(clock)
	if t := clamp(date.Add(span)); ok && t.Year() > 0 {
		return t, true
	}
	return time.Time{}, false
}

// readDay reads year-month-day, or the eight digits of the ISO basic form.
func readDay(s string) (time.Time, bool) {
	parts := strings.Split(s, "-")
	if len(parts) == 1 && len(s) == 8 {
		parts = []string{s[:4], s[4:6], s[6:]}
	}
	if len(parts) != 3 || len(parts[0]) != 4 {
		return time.Time{}, false
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 4 {
			return time.Time{}, false
		}
		n[i] = v
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	if n[0] < 1 || t.Year() != n[0] || int(t.Month()) != n[1] || t.Day() != n[2] {
		return time.Time{}, false
	}
	return t, true
}

// readClock reads hour:minute:second.fraction with an offset and returns the
// time since midnight UTC. Nothing is midnight.
func readClock(s string) (time.Duration, bool) {
	s = strings.TrimSuffix(s, "Z")
	var offset time.Duration
	// A plus sign that was taken for a space counts as one.
	if i := strings.IndexAny(s, "+- "); i >= 0 {
		o, ok := readHours(strings.TrimSpace(s[i+1:]))
		if !ok {
			return 0, false
		}
		if offset = o; s[i] == '-' {
			offset = -o
		}
		s = s[:i]
	}
	d, ok := readHours(s)
	return d - offset, ok
}

// readHours reads hh, hh:mm, hh:mm:ss.fffffff, hhmm or hhmmss.
func readHours(s string) (time.Duration, bool) {
	if s == "" {
		return 0, true
	}
	s, fraction, _ := strings.Cut(s, ".")
	if !strings.Contains(s, ":") && (len(s) == 4 || len(s) == 6) {
		s = s[:2] + ":" + s[2:4] + strings.TrimSuffix(":"+s[4:], ":")
	}
	var total time.Duration
	units := []time.Duration{time.Hour, time.Minute, time.Second}
	for i, p := range strings.Split(s, ":") {
		v, err := strconv.Atoi(p)
		if i == len(units) || err != nil || v < 0 || len(p) > 2 || i > 0 && v > 60 || i == 0 && v > 24 {
			return 0, false
		}
		total += time.Duration(v) * units[i]
	}
	if fraction != "" {
		f, err := strconv.ParseFloat("0."+fraction, 64)
		if err != nil {
			return 0, false
		}
		total += time.Duration(f * float64(time.Second)).Round(100 * time.Nanosecond)
	}
	return total, true
}

// readUnix reads seconds since 1970; milliseconds are told by their size.
func readUnix(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	if n > lastTime.Unix() {
		return lastTime, true
	}
	return time.Unix(n, 0).UTC(), true
}

// readSpan reads a number of seconds.
func readSpan(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil && n >= 0
}

// after returns start plus seconds, cut to lastTime.
func after(start time.Time, seconds int64) time.Time {
	if seconds > lastTime.Unix()-start.Unix() {
		return lastTime
	}
	return start.Add(time.Duration(min(seconds, 1<<33)) * time.Second)
}

func clamp(t time.Time) time.Time {
	if t.After(lastTime) {
		return lastTime
	}
	return t.UTC()
}
