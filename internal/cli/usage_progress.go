package cli

import (
	"fmt"
	"time"

	"github.com/overgrant/overgrant/internal/usage"
)

// progress shows the reading of logs on a terminal until the returned function
// is called.
func (r *logReading) progress() (done func()) {
	if r.quiet || !r.world.Terminal {
		return func() {}
	}
	return showLine(r.world, func(elapsed time.Duration) string { return logLine(&r.meter, elapsed) })
}

// logLine renders one reading.
func logLine(m *usage.Meter, elapsed time.Duration) string {
	bytes := m.Bytes.Load()
	rate := float64(bytes) / max(elapsed.Seconds(), 0.001)
	return fmt.Sprintf("%s of logs (%s/s), %s requests, %s tokens", size(bytes), size(int64(rate)), count(m.Records.Load()), count(m.Tokens.Load()))
}
