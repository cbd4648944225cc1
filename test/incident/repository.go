package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// step is one commit of the story.
type step struct {
	who, mail, when, message string
	query                    string // of the model links; empty for links without one
}

// replay writes the story to a new repository in dir.
func replay(dir string, a *account) error {
	steps := []step{
		{"Ada Researcher", "ada@contoso.example", "2020-07-20T10:12:00-07:00", "Add links to the robust models", a.first},
		{"Ben Researcher", "ben@contoso.example", "2021-10-06T09:41:00-07:00", "Renew the links to the models", a.renewed},
		{"Ben Researcher", "ben@contoso.example", "2023-07-07T16:02:00-07:00", "Use public links", ""},
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := git(dir, step{}, "init", "-q", "-b", "main"); err != nil {
		return err
	}
	for _, s := range steps {
		if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(readme(a.url, s.query)), 0o600); err != nil {
			return err
		}
		if err := git(dir, s, "add", "README.md"); err != nil {
			return err
		}
		if err := git(dir, s, "commit", "-q", "-m", s.message); err != nil {
			return err
		}
	}
	return nil
}

// networks and strengths are what the sixty models are: each network trained at
// each strength.
var (
	networks  = []string{"resnet18", "resnet50", "wide_resnet50_2", "wide_resnet50_4", "densenet", "mnasnet", "mobilenet", "resnext50", "shufflenet", "vgg16_bn"}
	strengths = []string{"0", "0.01", "0.1", "1", "3", "5"}
)

// model is the name of a checkpoint.
func model(network, strength string) string {
	return "imagenet/" + network + "_l2_eps" + strength + ".ckpt"
}

// readme lists the models, with links to the account at url.
func readme(url, query string) string {
	var b strings.Builder
	b.WriteString("# Robust models transfer better\n\nDownload the pre-trained checkpoints.\n\n| network | strength | checkpoint |\n|---|---|---|\n")
	for _, network := range networks {
		for _, strength := range strengths {
			link := url + "/" + models + "/" + model(network, strength)
			if query != "" {
				link += "?" + query
			}
			fmt.Fprintf(&b, "| %s | %s | [download](%s) |\n", network, strength, link)
		}
	}
	return b.String()
}

// git runs git in dir as the person of s, without the user's configuration.
func git(dir string, s step, args ...string) error {
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME="+s.who, "GIT_AUTHOR_EMAIL="+s.mail, "GIT_AUTHOR_DATE="+s.when,
		"GIT_COMMITTER_NAME="+s.who, "GIT_COMMITTER_EMAIL="+s.mail, "GIT_COMMITTER_DATE="+s.when)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}
