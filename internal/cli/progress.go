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
	stop := make(chan struct{})
	var drawing sync.WaitGroup
	started := w.Now()
	drawing.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprint(w.Err, "\r\x1b[K", progressLine(m.Read(), w.Now().Sub(started)))
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

// count writes n with thin groups of three digits.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
