// Package work is the contract between the plan of a measurement and whoever
// carries it out: goroutines on one machine, or many machines.
package work

import (
	"context"
	"iter"

	"github.com/overgrant/overgrant"
)

// Task is one step of a plan. It is plain data without a secret, may be carried
// out on any machine, and may be carried out twice.
type Task struct {
	Case  string `json:"case"`            // id of the case that it belongs to
	Round string `json:"round"`           // the measurement that it belongs to
	Shard string `json:"shard,omitempty"` // what of it; empty for the beginning
	Depth int    `json:"depth,omitempty"` // how many links were followed to come here
}

// Plan says what a task does and what follows from what came out.
type Plan interface {
	// Do carries out one task and hands what comes out to the sink. It is safe to
	// do again.
	Do(ctx context.Context, t Task, out overgrant.Sink) error
	// Next returns the tasks that follow from a message that t gave. It is pure.
	Next(t Task, m overgrant.Message) []Task
}

// Runner carries out a plan: the first tasks and all that follow from them. A
// message is handed to out before the tasks that follow from it begin.
type Runner interface {
	Run(ctx context.Context, first iter.Seq[Task], p Plan, out overgrant.Sink) error
}
