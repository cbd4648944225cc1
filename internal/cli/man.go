package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand(World) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages to a folder",
		Args:  one("give one DIR: the folder to write to"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o750); err != nil {
				return fmt.Errorf("make the folder: %w", err)
			}
			head := &doc.GenManHeader{Title: "OVERGRANT", Section: "1", Source: "overgrant", Manual: "overgrant manual"}
			root := c.Root()
			root.DisableAutoGenTag = true
			return doc.GenManTree(root, head, args[0])
		},
	}
}
