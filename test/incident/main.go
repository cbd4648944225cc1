// Command incident makes a git repository that re-enacts the leak of 2020 to
// 2023: researchers link to their models with a token for the whole account,
// renew it for thirty years, and take it out of the README three years later.
//
//	incident DIR
//
// Names and signatures are made up: nothing in the repository opens anything.
// A directory that exists already is left as it is.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: incident DIR")
		os.Exit(2)
	}
	if err := replay(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "incident:", err)
		os.Exit(1)
	}
}

// step is one commit of the story.
type step struct {
	who, mail, when, message string
	token                    string // of the model links; empty for links without one
}

func story() []step {
	const (
		first = "sv=2019-10-10&ss=b&srt=sco&sp=rlx&se=2021-10-05T15:06:23Z&st=2020-06-10T07:06:23Z&spr=https&sig="
		renew = "sv=2020-08-04&ss=bfqt&srt=sco&sp=rwdlacupitfx&se=2051-10-06T07:09:59Z&st=2021-10-05T23:09:59Z&spr=https,http&sig="
	)
	return []step{
		{"Ada Researcher", "ada@contoso.example", "2020-07-20T10:12:00-07:00", "Add links to the robust models", first + signature()},
		{"Ben Researcher", "ben@contoso.example", "2021-10-06T09:41:00-07:00", "Renew the links to the models", renew + signature()},
		{"Ben Researcher", "ben@contoso.example", "2023-07-07T16:02:00-07:00", "Use public links", ""},
	}
}

// replay writes the story to a new repository in dir.
func replay(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := git(dir, step{}, "init", "-q", "-b", "main"); err != nil {
		return err
	}
	for _, s := range story() {
		if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(readme(s.token)), 0o600); err != nil {
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

// readme lists sixty models: ten networks, each trained at six strengths.
func readme(token string) string {
	var b strings.Builder
	b.WriteString("# Robust models transfer better\n\nDownload the pre-trained checkpoints.\n\n| network | strength | checkpoint |\n|---|---|---|\n")
	for _, net := range []string{"resnet18", "resnet50", "wide_resnet50_2", "wide_resnet50_4", "densenet", "mnasnet", "mobilenet", "resnext50", "shufflenet", "vgg16_bn"} {
		for _, eps := range []string{"0", "0.01", "0.1", "1", "3", "5"} {
			link := fmt.Sprintf("https://contosomodels.blob.core.windows.net/robust/imagenet/%s_l2_eps%s.ckpt", net, eps)
			if token != "" {
				link += "?" + token
			}
			fmt.Fprintf(&b, "| %s | %s | [download](%s) |\n", net, eps, link)
		}
	}
	return b.String()
}

// signature returns 32 random bytes as a service would write them.
func signature() string {
	var sum [32]byte
	_, _ = rand.Read(sum[:]) // never fails
	return url.QueryEscape(base64.StdEncoding.EncodeToString(sum[:]))
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
