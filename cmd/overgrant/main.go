// Command overgrant finds cloud storage links that grant more than anyone meant
// to share.
package main

import (
	"os"

	"github.com/overgrant/overgrant/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.System()))
}
