package find_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes property tests short. For long ones, name a number:
//
//	go test ./internal/find -rapid.checks=2000
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
