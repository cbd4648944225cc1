package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cloned is a repository that was fetched to a temporary place.
type Cloned struct {
	Dir string // of a bare repository, with every ref of the one that was cloned
}

// Remove deletes the clone. It tries more than once, since what a program that
// was just ended had open may be in the way for a moment.
func (c *Cloned) Remove() error {
	err := os.RemoveAll(c.Dir)
	for range 5 {
		if err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
		err = os.RemoveAll(c.Dir)
	}
	return err
}

// Clone fetches the repository at a URL, with all refs that its server shows,
// to a temporary place. It calls git, for which the user's own credentials and
// proxies are set up; hooks, prompts and transports that run programs are off.
// A name or password in the URL is in no error, and not on the command line.
func Clone(ctx context.Context, address string) (*Cloned, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("clone %s: git is needed to fetch a repository, and is not installed", withoutUser(address))
	}
	dir, err := os.MkdirTemp("", "overgrant-clone-")
	if err != nil {
		return nil, fmt.Errorf("clone %s: %w", withoutUser(address), err)
	}
	c := &Cloned{Dir: dir}
	clean := withoutUser(address)
	cmd := exec.CommandContext(ctx, program,
		"-c", "core.hooksPath="+os.DevNull, "-c", "core.fsmonitor=false", "-c", "core.alternateRefsCommand=",
		"-c", "fetch.unpackLimit=1", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
		"clone", "--quiet", "--mirror", "--template=", "--no-recurse-submodules", "--", clean, dir)
	cmd.Env = cloneEnvironment(os.Environ(), address, clean)
	band(cmd)
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		disband(cmd)
		return nil, errors.Join(fmt.Errorf("clone %s: %w", clean, cause(ctx, err, discreet(said.String(), address))), c.Remove())
	}
	return c, nil
}

// cause is why a clone failed: it was to end, or what git said of it, or how
// git ended if it said nothing.
func cause(ctx context.Context, err error, said string) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case said == "":
		return err
	case errors.As(err, &exit) && exit.Exited():
		return errors.New(said)
	}
	return fmt.Errorf("%w: %s", err, said)
}

// protocols are the transports that a clone may use. Those that are not named,
// ext above all, run programs of the URL's choice.
const protocols = "https:http:ssh:git:file"

// cloneEnvironment is what git sees. A repository that the caller's environment
// names is not the one meant. The user part of the address is handed over here,
// since other users can see command lines.
func cloneEnvironment(have []string, address, clean string) []string {
	env := slices.DeleteFunc(slices.Clone(have), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
			"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH", "GIT_PREFIX", "GIT_TRACE", "GIT_TRACE_CURL", "GIT_CURL_VERBOSE":
			return true
		}
		return false
	})
	env = append(env, "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL="+protocols, "GIT_LFS_SKIP_SMUDGE=1", "LC_ALL=C")
	if !slices.ContainsFunc(env, func(v string) bool {
		return strings.HasPrefix(v, "GIT_SSH_COMMAND=") || strings.HasPrefix(v, "GIT_SSH=")
	}) {
		env = append(env, "GIT_SSH_COMMAND=ssh -oBatchMode=yes")
	}
	if clean == address {
		return env
	}
	n, _ := strconv.Atoi(lookup(env, "GIT_CONFIG_COUNT"))
	return append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=url.%s.insteadOf", n, address),
		fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, clean), fmt.Sprintf("GIT_CONFIG_COUNT=%d", n+1))
}

func lookup(env []string, name string) string {
	for _, v := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// userPart is the part of a URL that may hold a password. The "git@" of an ssh
// address without a scheme holds none.
var userPart = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^/\s]*@`)

// withoutUser returns an address without name and password. A name alone, as
// ssh needs it, stays.
func withoutUser(address string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme == "ssh" && u.User != nil {
		if _, secret := u.User.Password(); !secret {
			return address
		}
	}
	return userPart.ReplaceAllString(address, "$1")
}

// A password or a name that is shorter than this may be part of any word, so
// only the user part as a whole is taken out of what git said. A lone name may
// be a token, which is long.
const (
	shortestPassword = 4
	shortestToken    = 8
)

// advice is what git adds to whatever a server answers.
var advice = regexp.MustCompile(`(?m)^(Please make sure you have the correct access rights|and the repository exists\.)\r?$`)

// discreet takes out of what git said whatever it repeats of the user part of
// the address, and lines that say nothing.
func discreet(said, address string) string {
	said = advice.ReplaceAllString(userPart.ReplaceAllString(said, "$1"), "")
	if m := userPart.FindString(address); m != "" && withoutUser(address) != address {
		_, user, _ := strings.Cut(strings.TrimSuffix(m, "@"), "://")
		name, password, _ := strings.Cut(user, ":")
		said = blot(said, user+"@", 2)
		said = blot(said, password, shortestPassword)
		said = blot(said, name, shortestToken)
	}
	return strings.Join(strings.Fields(said), " ")
}

// blot takes a secret of at least so many characters out of a text, as it is
// written in a URL and as it is meant.
func blot(text, secret string, least int) string {
	for _, s := range []string{secret, unescaped(secret)} {
		if len(s) >= least {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	return text
}

func unescaped(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
