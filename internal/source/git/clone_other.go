//go:build !unix

package git

import "os/exec"

// band leaves a command as it is: it is ended by itself.
func band(*exec.Cmd) {}

// disband does nothing: there is no group to end.
func disband(*exec.Cmd) {}
