package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// act is a command of the story, and which lines of its output tell something
// that has not been told: from the first that begins so, until one that does.
type act struct {
	line, from, until string
}

// acts are the commands of the story, as a user types them.
func (s *stage) acts(a *account) []act {
	leak := "git -C " + s.folder + "/robust-models show HEAD~1:README.md | " + s.program
	from := " --store " + s.folder + "/store.db --vault-key " + s.folder + "/vault.key "
	store := " --save" + from
	reach := store + "--allow-host " + a.host + " -"
	acts := []act{
		{s.program + " cases key " + s.folder + "/vault.key", "", ""},
		{s.program + " scan" + store + s.folder + "/robust-models", "", "  why"},
		{leak + " verify" + reach, "  proof", "  why"},
		{leak + " measure" + reach, "  reaches", "  why"},
	}
	if a.owner != "" {
		acts = append(acts,
			act{". " + a.owner + "; " + leak + " revoke $OWNER" + from + "--allow-host " + a.host + " --yes -", "", ""},
			act{s.program + " cases --timeline --format markdown" + from + "--account " + accountName + " --severity critical", "", ""})
	}
	return append(acts, act{s.program + " report --format html -o " + s.folder + "/exposure.html " + s.folder + "/store.db", "", ""})
}

// show runs the commands of the story.
func (s *stage) show(ctx context.Context, of *account) error {
	for _, a := range s.acts(of) {
		fmt.Println("$ " + a.line)
		c := exec.CommandContext(ctx, "sh", "-c", a.line)
		c.Stderr = os.Stderr
		out, err := c.Output()
		fmt.Println(a.excerpt(string(out)))
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: something was found
			return fmt.Errorf("run overgrant: %w", err)
		}
	}
	return nil
}

// excerpt cuts an output to what the act tells, and says how much is left out.
func (a act) excerpt(out string) string {
	var b strings.Builder
	left, told, done := 0, false, false
	for line := range strings.Lines(out) {
		begins := func(with string) bool { return with != "" && strings.HasPrefix(line, with) }
		told = told || a.from == "" || begins(a.from)
		done = done || told && begins(a.until)
		if told && !done {
			b.WriteString(line)
			continue
		}
		left++
	}
	if left > 0 {
		fmt.Fprintf(&b, "  … and %d more lines\n", left)
	}
	return b.String()
}
