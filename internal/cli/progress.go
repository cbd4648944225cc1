package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/overgrant/overgrant/internal/pipeline"
)

const (
	progressEvery = 100 * time.Millisecond
	progressCells = 24
)

// showProgress draws a line on the terminal until the returned function is
// called, which wipes it.
func showProgress(w World, m *pipeline.Meter) (done func()) {
	return showLine(w, func(elapsed time.Duration) string { return progressLine(m.Read(), elapsed) })
}

// showLine draws what line gives after so much time.
func showLine(w World, line func(elapsed time.Duration) string) (done func()) {
	stop := make(chan struct{})
	var drawing sync.WaitGroup
	started := w.Now()
	drawing.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprint(w.Err, "\r\x1b[K", fitted(line(w.Now().Sub(started)), w.Columns))
			case <-stop:
				fmt.Fprint(w.Err, "\r\x1b[K")
				return
			}
		}
	})
	return func() {
		close(stop)
		drawing.Wait()
	}
}

// progressLine renders one reading.
func progressLine(r pipeline.Reading, elapsed time.Duration) string {
	full := int(r.Share * progressCells)
	bar := strings.Repeat("━", full) + strings.Repeat("─", progressCells-full)
	rate := float64(r.Bytes) / 1e6 / max(elapsed.Seconds(), 0.001)
	what := fmt.Sprintf("%s files", count(r.Pieces))
	if r.Objects > 0 {
		what += fmt.Sprintf(", %s objects", count(r.Objects))
	}
	return fmt.Sprintf("%s %3.0f%%  %s, %.0f MB, %.0f MB/s, %d links", bar, r.Share*100, what, float64(r.Bytes)/1e6, rate, r.Cases)
}

// fitted cuts a line so that a terminal of so many columns does not wrap it,
// which could not be redrawn. 0 columns are unknown.
func fitted(line string, columns int) string {
	cells := []rune(line) // each takes one column
	if columns <= 0 || len(cells) < columns {
		return line
	}
	return string(cells[:columns-1])
}

// count writes n with thin groups of three digits.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
