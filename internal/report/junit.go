package report

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

var junit = Format{
	Name: "junit",
	Doc: `A JUnit XML file, for the test pages of CI systems: a test for each case, and one that everything could be read.

A case at or above ` + "`--fail-on`" + ` is a failure, one below it passes with its text as output, and one that opens nothing
(with ` + "`--all`" + `) is skipped. Suppressed cases are counted in the output of the suite. If something could not be read, that
test has an error.`,
	write: writeJUnit,
}

// The elements of a JUnit file, as CI systems read them. There is no standard;
// these are those of the Ant task and of Jenkins' schema.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Time     string     `xml:"time,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr,omitempty"`
		Each      []junitTest `xml:"testcase"`
		Out       *junitText  `xml:"system-out"`
	}
	junitTest struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Time    string        `xml:"time,attr"`
		Skipped *junitMessage `xml:"skipped"`
		Error   *junitMessage `xml:"error"`
		Failure *junitMessage `xml:"failure"`
		Out     *junitText    `xml:"system-out"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
)

func writeJUnit(w *bufio.Writer, o *outcome) error {
	s := junitSuite{Name: "overgrant", Time: fmt.Sprintf("%.3f", o.summary.Elapsed.Seconds()), Out: &junitText{"\n" + plain(func(p *page) { summarise(p, o) })}}
	if !o.run.Started.IsZero() {
		s.Timestamp = o.run.Started.UTC().Format("2006-01-02T15:04:05")
	}
	d := detail{manyRepositories(o.shown), allReasons}
	for _, c := range o.shown {
		t := junitCase(c, o, d)
		switch {
		case t.Failure != nil:
			s.Failures++
		case t.Skipped != nil:
			s.Skipped++
		}
		s.Each = append(s.Each, t)
	}
	if o.ofModels() {
		junitModels(&s, o)
	}
	read := junitTest{Name: "everything could be read", Class: "overgrant", Time: "0"}
	if real, _ := o.gaps.total(); real > 0 || o.cutLine() != "" {
		s.Errors++
		read.Error = &junitMessage{
			Message: plural(int64(real), "item") + " could not be read, or not to the end", Type: "unread",
			Text: plain(func(p *page) { writeGaps(p, o); p.paragraph(1, "", o.cutLine()) }),
		}
	}
	s.Each = append(s.Each, read)
	return s.write(w)
}

// write writes a suite as a whole file.
func (s junitSuite) write(w *bufio.Writer) error {
	s.Tests = len(s.Each)
	all := junitSuites{Name: "overgrant", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Time: s.Time, Suite: s}
	_, _ = w.WriteString(xml.Header)
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	return w.WriteByte('\n')
}

func junitCase(c *overgrant.Case, o *outcome, d detail) junitTest {
	g := &c.Link.Grant
	name := fmt.Sprintf("%s: %s %s, %s (%s)", severityWord(c), nameOf(g).title, subject(g), standing(c), shortID(c.Link.ID))
	t := junitTest{Name: name, Class: "overgrant." + clean(g.Kind), Time: "0"}
	if len(c.Seen) > 0 {
		t.File, t.Line = clean(c.Seen[0].Path), c.Seen[0].Line
	}
	body := plain(func(p *page) { writeCase(p, c, o.Options, d) })
	switch {
	case c.Status.Quiet():
		t.Skipped = &junitMessage{Message: opens(c)}
	case c.Worst() >= o.FailOn:
		t.Failure = &junitMessage{Message: opens(c), Type: c.Worst().String(), Text: "\n" + body}
	default:
		t.Out = &junitText{"\n" + body}
	}
	return t
}

// plain returns what f writes, without colour.
func plain(f func(*page)) string {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	f(newPage(w, Options{Width: 100}))
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}
