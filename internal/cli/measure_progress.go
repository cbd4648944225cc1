package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant/internal/measure"
)

// progress shows a measurement on a terminal until the returned function is
// called.
func (m *measuring) progress(meter *measure.Meter) (done func()) {
	if m.quiet || !m.world.Terminal {
		return func() {}
	}
	return showLine(m.world, func(elapsed time.Duration) string { return measureLine(meter.Count(), elapsed) })
}

// measureLine renders one reading: what was listed, how fast, what is known to be left, and
// the classes found most often.
func measureLine(c measure.Count, elapsed time.Duration) string {
	seconds := max(elapsed.Seconds(), 0.001)
	line := fmt.Sprintf("%s objects (%s/s), %s", count(c.Objects), count(int64(float64(c.Objects)/seconds)), size(c.Bytes))
	if c.Read > 0 {
		line += fmt.Sprintf(", read %s", size(c.Read))
	}
	if c.Open > 0 && c.Shards > 0 {
		left := time.Duration(seconds / float64(c.Shards) * float64(c.Open) * float64(time.Second))
		line += fmt.Sprintf(", %s of %s shards left, %s or more", count(c.Open), count(c.Open+c.Shards), left.Round(time.Second))
	}
	if most := mostFound(c.Classes, 3); most != "" {
		line += "  " + most
	}
	return line
}

// mostFound names the n classes with the most objects.
func mostFound(classes map[string]int64, n int) string {
	names := make([]string, 0, len(classes))
	for name := range classes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(classes[b], classes[a]), cmp.Compare(a, b)) })
	var all []string
	for _, name := range names[:min(n, len(names))] {
		all = append(all, fmt.Sprintf("%s %s", count(classes[name]), name))
	}
	return strings.Join(all, ", ")
}

// size writes a number of bytes with three digits that matter.
func size(bytes int64) string {
	if bytes < 1000 {
		return fmt.Sprintf("%d B", bytes)
	}
	v, units := float64(bytes)/1000, []string{"kB", "MB", "GB", "TB", "PB"}
	for v >= 1000 && len(units) > 1 {
		v, units = v/1000, units[1:]
	}
	return fmt.Sprintf("%.3g %s", v, units[0])
}
