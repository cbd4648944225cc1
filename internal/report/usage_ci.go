package report

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// usageSARIF writes one result for each token that is too wide or stands whole
// in the log. It has no file: its place is the account, as a logical location.
func usageSARIF(w *bufio.Writer, o *outcome, l *logs) error {
	r := sarifRun{Results: []sarifResult{}, ColumnKind: "utf16CodeUnits"}
	r.Tool.Driver = sarifDriver{Name: "overgrant", Version: o.Version, InformationURI: informationURI, Rules: []sarifRule{}}
	index := map[string]int{}
	for _, u := range l.tokens.brief {
		rule := usageRule(u)
		i, ok := index[rule.ID]
		if !ok {
			i = len(r.Tool.Driver.Rules)
			index[rule.ID] = i
			r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, rule)
		}
		r.Results = append(r.Results, sarifResult{
			RuleID: rule.ID, RuleIndex: i, Level: rule.Configuration.Level, Message: sarifMessage{Text: usedSentence(u)},
			Locations:    []sarifLocation{{Logical: []sarifLogical{{Name: clean(u.Account) + "/" + clean(u.Token), Kind: "resource"}}}},
			Partial:      map[string]string{"overgrantToken/v1": clean(u.Token)},
			Suppressions: []sarifSuppression{},
			Properties:   map[string]any{"requests": u.Requests, "failed": u.Failed, "callers": u.Callers, "match": u.Match, "first": stamp(u.First), "last": stamp(u.Last)},
		})
	}
	r.Invocations = []sarifInvocation{invocationOf(o)}
	r.Properties = map[string]any{"requests": l.logged.Records, "doubles": l.logged.Doubles, "bytes": l.logged.Bytes}
	return r.write(w)
}

// usedSentence says of a token what matters, in one sentence.
func usedSentence(u *overgrant.Used) string {
	return fmt.Sprintf("%s on %s is in use (%s), %s: %s.", usedTitle(u), usedOn(u), whose(u), grantWords(u), traffic(deedsOf(u)))
}

func usageRule(u *overgrant.Used) sarifRule {
	worst := u.Worst()
	level := levelAt(worst)
	title := usedTitle(u) + " in use"
	const help = "Logs show a signature in use that grants more than anyone is likely to have meant. Find out who handed it out, give them a narrower one, and revoke it."
	return sarifRule{
		ID: "used/" + clean(u.Kind) + "/" + worst.String(), Name: pascal("used "+u.Kind) + pascal(worst.String()),
		Short: sarifMessage{Text: title + " (" + worst.String() + ")"}, Full: sarifMessage{Text: title}, Help: sarifMessage{Text: help, Markdown: md(help)},
		Configuration: sarifLevel{level},
		Properties: map[string]any{
			"tags": []string{"security", "usage", "azure"}, "precision": "high", "security-severity": securitySeverity[worst],
			"problem.severity": map[string]string{"error": "error", "warning": "warning", "note": "recommendation"}[level],
		},
	}
}

// usageJUnit writes one test for each token, and one for whether all was read.
func usageJUnit(w *bufio.Writer, o *outcome, l *logs) error {
	s := junitSuite{Name: "overgrant usage", Time: fmt.Sprintf("%.3f", o.summary.Elapsed.Seconds()), Out: &junitText{"\n" + plain(func(p *page) { usageClosing(p, o, l) })}}
	for _, u := range slices.Concat(l.tokens.whole, l.tokens.brief) {
		t := junitTest{Name: fmt.Sprintf("%s: %s %s (%s)", u.Worst(), usedTitle(u), usedOn(u), shortToken(u)), Class: "overgrant." + clean(u.Kind), Time: "0"}
		if u.Worst() >= o.FailOn && u.Worst() > overgrant.None {
			s.Failures++
			t.Failure = &junitMessage{Message: strings.TrimSuffix(usedSentence(u), "."), Type: u.Worst().String(), Text: "\n" + plain(func(p *page) { writeUsed(p, u) })}
		}
		s.Each = append(s.Each, t)
	}
	read := junitTest{Name: "everything could be read", Class: "overgrant", Time: "0"}
	if real, _ := o.gaps.total(); real > 0 || o.cutLine() != "" {
		s.Errors++
		read.Error = &junitMessage{Message: plural(int64(real), "item") + " could not be read, or not to the end", Type: "unread", Text: plain(func(p *page) { writeGaps(p, o) })}
	}
	s.Each = append(s.Each, read)
	return s.write(w)
}
