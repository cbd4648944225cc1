package azure

import "sync/atomic"

// trait is something of an account that is learned as it is asked.
type trait struct{ state atomic.Int32 }

const (
	yes = 1
	no  = -1
)

func (t *trait) set(holds bool) {
	if holds {
		t.state.Store(yes)
	} else {
		t.state.Store(no)
	}
}

func (t *trait) is() bool  { return t.state.Load() == yes }
func (t *trait) not() bool { return t.state.Load() == no }

// traits are what was learned of an account. The zero value knows nothing.
type traits struct {
	hierarchy trait // directories are real
	startFrom trait // blobs can be listed from a name on
}
