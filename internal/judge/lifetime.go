package judge

import "time"

// day is a day in seconds.
const day = 24 * 60 * 60

// foreverYear is the last year that can be a serious end of a link.
const foreverYear = 2100

// temporaryLife is the longest that temporary credentials of AWS live, in
// seconds; a link signed with them ends with them, whatever it says.
//
// Source: AWS STS API reference, GetSessionToken, DurationSeconds.
const temporaryLife = 36 * 60 * 60

// end returns the moment at which the link stops working by itself, zero if
// that is not known. A link made with a user delegation key ends with the key.
func (v View) end() time.Time {
	g := v.Grant
	if g.Expiry.IsZero() && g.ExpiresIn > 0 && !g.Start.IsZero() {
		g.Expiry = g.Start.Add(time.Duration(min(g.ExpiresIn, 1<<31)) * time.Second)
	}
	return g.End()
}

// forever reports whether the link ends so late that it may as well never end.
func (v View) forever() bool {
	return !v.Temporary && (v.Endless || v.end().Year() > foreverYear)
}

// lifetime is how long a link lives, from start to end.
type lifetime struct {
	seconds int64
	atLeast bool // counted from now, because the link does not tell its start
}

// life returns the lifetime. It is unknown for a link that never ends by
// itself, whose end is out of sight, or that has ended and tells no start.
func (v View) life() (l lifetime, known bool) {
	end := v.end()
	switch {
	case v.Endless:
		return l, false
	case v.ExpiresIn > 0 && (v.Start.IsZero() || v.Expiry.IsZero()):
		l.seconds = v.ExpiresIn
	case end.IsZero():
		return l, false
	case !v.Start.IsZero():
		l.seconds = end.Unix() - v.Start.Unix()
	default:
		l.seconds, l.atLeast = end.Unix()-v.Now.Unix(), true
	}
	if v.Temporary && l.seconds > temporaryLife {
		l = lifetime{seconds: temporaryLife}
	}
	return l, l.seconds > 0
}
