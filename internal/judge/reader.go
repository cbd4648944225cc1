package judge

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/overgrant/overgrant"
)

// reader turns YAML nodes into a Config and gathers what is wrong.
type reader struct {
	now    time.Time
	faults []error
	more   int // faults beyond maxProblems
}

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	if len(r.faults) == maxProblems {
		r.more++
		return
	}
	r.faults = append(r.faults, fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...)))
}

func (r *reader) problems() error {
	if r.more > 0 {
		r.faults = append(r.faults, fmt.Errorf("and %d problems more", r.more))
		r.more = 0
	}
	return errors.Join(r.faults...)
}

// fields reads a mapping: each key once, only keys of want, no aliases.
func (r *reader) fields(n *yaml.Node, want map[string]func(value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "want a mapping with the keys %s", known(want))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		take := want[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || take == nil:
			r.fault(key, "unknown key%s; want one of %s", shown(key), known(want))
		case seen[key.Value]:
			r.fault(key, "%s stands here twice; keep one", key.Value)
		case value.Kind == yaml.AliasNode:
			r.fault(value, "%s is an alias; write its value out", key.Value)
		default:
			seen[key.Value] = true
			take(value)
		}
	}
}

func known(want map[string]func(*yaml.Node)) string {
	return strings.Join(slices.Sorted(maps.Keys(want)), ", ")
}

var plainKey = regexp.MustCompile(`^[a-z][a-z_-]{0,30}$`)

// shown repeats a key in an error if it can be no secret.
func shown(key *yaml.Node) string {
	if key.Kind != yaml.ScalarNode || !plainKey.MatchString(key.Value) {
		return ""
	}
	return " " + key.Value
}

func (r *reader) config(n *yaml.Node) Config {
	var c Config
	r.fields(n, map[string]func(*yaml.Node){
		"version": func(n *yaml.Node) {
			if n.Kind != yaml.ScalarNode || n.Value != "1" {
				r.fault(n, "version is not one this program reads; write 1")
			}
		},
		"lifetime":     func(n *yaml.Node) { c.Policy.Limits = r.limits(n) },
		"rules":        func(n *yaml.Node) { r.rules(n, &c.Policy) },
		"suppressions": func(n *yaml.Node) { c.Suppressions = r.suppressions(n) },
	})
	return c
}

func (r *reader) limits(n *yaml.Node) Limits {
	var l Limits
	r.fields(n, map[string]func(*yaml.Node){
		"long_days":      func(n *yaml.Node) { l.LongDays = r.number(n, "long_days", maxDays) },
		"very_long_days": func(n *yaml.Node) { l.VeryLongDays = r.number(n, "very_long_days", maxDays) },
	})
	if l.VeryLongDays > 0 && l.long() > l.veryLong() {
		r.fault(n, "very_long_days is less than long_days (%d); make it greater", l.long())
	}
	return l
}

// rules reads changes to single rules.
func (r *reader) rules(n *yaml.Node, p *Policy) {
	p.Severity, p.Off = map[string]overgrant.Severity{}, map[string]string{}
	want := map[string]func(*yaml.Node){}
	for _, rule := range All {
		want[rule.Code] = func(n *yaml.Node) { r.rule(n, rule.Code, p) }
	}
	r.fields(n, want)
}

func (r *reader) rule(n *yaml.Node, code string, p *Policy) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.fault(n, "nothing is said of %s; give severity, or off with a reason", code)
		return
	}
	r.fields(n, map[string]func(*yaml.Node){
		"severity": func(n *yaml.Node) {
			var s overgrant.Severity
			if n.Kind != yaml.ScalarNode || s.UnmarshalText([]byte(n.Value)) != nil || s == overgrant.None {
				r.fault(n, "not a severity; want info, low, medium, high or critical (or off, with a reason)")
				return
			}
			p.Severity[code] = s
		},
		"off": func(n *yaml.Node) {
			switch why := r.text(n, "off"); strings.ToLower(why) {
			case "":
			case "true", "false", "yes", "no", "on", "off":
				r.fault(n, "off wants the reason, not %s: off: why this rule does not hold here", strings.ToLower(why))
			default:
				p.Off[code] = why
			}
		},
	})
}

// text reads a line of prose. What is wrong with it is told, and "" returned.
func (r *reader) text(n *yaml.Node, key string) string {
	if n.Kind != yaml.ScalarNode {
		r.fault(n, "%s is no text; write one sentence", key)
		return ""
	}
	s := strings.Join(strings.Fields(n.Value), " ")
	switch {
	case s == "" || n.Tag == "!!null":
		r.fault(n, "%s is empty; write one sentence", key)
	case len(s) > maxText:
		r.fault(n, "%s is longer than %d bytes; shorten it", key, maxText)
	case strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }):
		r.fault(n, "%s holds characters that do not print; remove them", key)
	default:
		return s
	}
	return ""
}

// number reads a whole number from 1 to most. What is wrong with it is told,
// and 0 returned.
func (r *reader) number(n *yaml.Node, key string, most int) int {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || i < 1 || i > most {
		r.fault(n, "%s is no whole number from 1 to %d", key, most)
		return 0
	}
	return i
}
