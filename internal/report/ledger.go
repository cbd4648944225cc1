package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/overgrant/overgrant"
)

// LedgerEntry is a share as it stands now. It is one line of the output of
// overgrant share list.
type LedgerEntry struct {
	Schema    string             `json:"schema"` // overgrant.ledger/1
	Name      string             `json:"name"`
	State     string             `json:"state"` // live, expired, revoked, begun
	Account   string             `json:"account"`
	Container string             `json:"container"`
	Paths     []string           `json:"paths"` // at most a few
	Owner     string             `json:"owner"`
	Purpose   string             `json:"purpose"`
	Kind      string             `json:"kind"`
	Policy    string             `json:"policy_id,omitempty"`
	Links     int                `json:"links"`      // that were made
	Live      int                `json:"links_live"` // that work, as far as the ledger tells
	Objects   overgrant.Tally    `json:"objects"`    // what they reached when they were made
	Made      time.Time          `json:"made"`
	Expiry    time.Time          `json:"expiry,omitzero"`
	Extended  time.Time          `json:"extended,omitzero"`
	Revoked   time.Time          `json:"revoked,omitzero"`
	Accepts   []overgrant.Accept `json:"accepts,omitempty"`
	Used      bool               `json:"used"` // logs that were read show it in use
	LastUsed  time.Time          `json:"last_used,omitzero"`
	Requests  int64              `json:"requests,omitempty"`
	Failed    int64              `json:"failed,omitempty"`
	BytesOut  int64              `json:"bytes_out,omitempty"`
	Begun     string             `json:"begun,omitempty"` // what was begun and may or may not have happened
	IDs       []string           `json:"ids"`
}

// LedgerFormats are the words of --format for the ledger.
const LedgerFormats = "text, json, jsonl, csv, markdown"

// WriteLedger writes shares in one of the LedgerFormats.
func WriteLedger(w io.Writer, format string, all []LedgerEntry, o Options) error {
	b := bufio.NewWriter(w)
	var err error
	switch format {
	case "text":
		ledgerText(b, all, o)
	case "markdown":
		ledgerMarkdown(b, all)
	case "csv":
		err = ledgerCSV(b, all)
	case "jsonl", "json":
		err = ledgerJSON(b, format, all)
	default:
		return fmt.Errorf("read --format %q: want one of %s", format, LedgerFormats)
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

func ledgerJSON(b *bufio.Writer, format string, all []LedgerEntry) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if format == "json" {
		e.SetIndent("", "  ")
		if all == nil {
			all = []LedgerEntry{}
		}
		return e.Encode(all)
	}
	for i := range all {
		if err := e.Encode(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// ledgerText writes a block for each share, the one that ends first on top.
func ledgerText(b *bufio.Writer, all []LedgerEntry, o Options) {
	p := newPage(b, o)
	if len(all) == 0 {
		p.line("No share is on record.")
		return
	}
	for i := range all {
		e := &all[i]
		if i > 0 {
			p.line()
		}
		style := bold
		if e.State != "live" && e.State != "begun" {
			style = faint
		}
		p.paragraph(0, style, clean(fmt.Sprintf("%s · %s", e.Name, ledgerState(e, o.Now))))
		p.field("what", clean(fmt.Sprintf("%s in %s of account %s (%s, %s)", names(e.Paths), e.Container, e.Account, counted(e.Objects.Objects, "objects"), size(e.Objects.Bytes))))
		p.field("for", clean(e.Purpose)+", by "+clean(e.Owner))
		p.field("links", fmt.Sprintf("%d, %s%s", e.Links, clean(e.Kind), policyText(e)))
		p.field("used", ledgerUse(e))
		for _, a := range e.Accepts {
			p.field("accepted", clean(a.Rule+": "+a.Why))
		}
		p.field("begun", clean(e.Begun))
	}
}

func policyText(e *LedgerEntry) string {
	if e.Policy == "" {
		return ""
	}
	return ", policy " + clean(e.Policy)
}

// ledgerState says how a share stands, and until when.
func ledgerState(e *LedgerEntry, now time.Time) string {
	if e.State == "revoked" && e.Revoked.IsZero() {
		return "taken back before a link was shown"
	}
	switch e.State {
	case "revoked":
		return "revoked " + moment(e.Revoked)
	case "expired":
		return "expired " + moment(e.Expiry)
	case "begun":
		return "begun and never finished"
	}
	if e.Expiry.IsZero() {
		return "live, without an end"
	}
	return "live until " + moment(e.Expiry) + ", " + span(e.Expiry.Sub(now)) + " left"
}

func ledgerUse(e *LedgerEntry) string {
	if !e.Used {
		return "not in the logs that were read"
	}
	return fmt.Sprintf("%s, last %s, %s out", counted(e.Requests, "requests"), moment(e.LastUsed), size(e.BytesOut))
}

// ledgerColumns are those of the table in CSV.
var ledgerColumns = []struct {
	name string
	of   func(*LedgerEntry) string
}{
	{"name", func(e *LedgerEntry) string { return e.Name }},
	{"state", func(e *LedgerEntry) string { return e.State }},
	{"account", func(e *LedgerEntry) string { return e.Account }},
	{"container", func(e *LedgerEntry) string { return e.Container }},
	{"paths", func(e *LedgerEntry) string { return names(e.Paths) }},
	{"owner", func(e *LedgerEntry) string { return e.Owner }},
	{"purpose", func(e *LedgerEntry) string { return e.Purpose }},
	{"kind", func(e *LedgerEntry) string { return e.Kind }},
	{"policy_id", func(e *LedgerEntry) string { return e.Policy }},
	{"links", func(e *LedgerEntry) string { return strconv.Itoa(e.Links) }},
	{"links_live", func(e *LedgerEntry) string { return strconv.Itoa(e.Live) }},
	{"objects", func(e *LedgerEntry) string { return strconv.FormatInt(e.Objects.Objects, 10) }},
	{"bytes", func(e *LedgerEntry) string { return strconv.FormatInt(e.Objects.Bytes, 10) }},
	{"made", func(e *LedgerEntry) string { return stamp(e.Made) }},
	{"expiry", func(e *LedgerEntry) string { return stamp(e.Expiry) }},
	{"revoked", func(e *LedgerEntry) string { return stamp(e.Revoked) }},
	{"last_used", func(e *LedgerEntry) string { return stamp(e.LastUsed) }},
	{"requests", func(e *LedgerEntry) string { return strconv.FormatInt(e.Requests, 10) }},
}

func ledgerCSV(b *bufio.Writer, all []LedgerEntry) error {
	c := csv.NewWriter(b)
	line := make([]string, len(ledgerColumns))
	for i := range ledgerColumns {
		line[i] = ledgerColumns[i].name
	}
	_ = c.Write(line) // a Writer keeps its first error
	for i := range all {
		for j := range ledgerColumns {
			line[j] = cell(ledgerColumns[j].of(&all[i]))
		}
		_ = c.Write(line)
	}
	c.Flush()
	return c.Error()
}

func ledgerMarkdown(b *bufio.Writer, all []LedgerEntry) {
	fmt.Fprintln(b, "| share | state | until | what | owner | purpose | last use | requests |\n|---|---|---|---|---|---|---|---|")
	for i := range all {
		e := &all[i]
		last := "–"
		if e.Used {
			last = moment(e.LastUsed)
		}
		until := "–"
		if !e.Expiry.IsZero() {
			until = moment(e.Expiry)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", md(e.Name), e.State, until, md(names(e.Paths)), md(e.Owner), md(e.Purpose), last, count(e.Requests))
	}
}

// ledgerName is the name under which we made a link, empty if we did not.
func ledgerName(c *overgrant.Case) string {
	if len(c.Minted) == 0 {
		return ""
	}
	return c.Minted[0].Name
}

// ours says that we made a link, and what for; empty if we did not.
func ours(c *overgrant.Case) string {
	if len(c.Minted) == 0 {
		return ""
	}
	m := &c.Minted[0]
	return fmt.Sprintf("share %s, made by %s on %s: %s", clean(m.Name), clean(m.Owner), day(m.At), clean(m.Purpose))
}
