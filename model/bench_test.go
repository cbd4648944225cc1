package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// armedCalls is a pickle of n calls, each of another command.
func armedCalls(n int) string {
	var b strings.Builder
	b.WriteString("\x80\x04](")
	for i := range n {
		arg := fmt.Sprintf("echo call %04d of a pickle that runs one after the other", i)
		b.WriteString("\x8c\x05posix\x8c\x06system\x93\x8c" + string([]byte{byte(len(arg))}) + arg + "\x85R")
	}
	return b.String() + "e."
}

func BenchmarkArmed(b *testing.B) {
	for _, n := range []int{0, 1, 60} {
		b.Run(fmt.Sprintf("calls_%d", n), func(b *testing.B) {
			text := armedCalls(n)
			r := strings.NewReader(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := model.Scan(b.Context(), "m.pkl", r, r.Size(), model.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
