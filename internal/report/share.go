package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// Sharing is what is known of a share that is planned or was made. It is what
// overgrant share writes as JSON. Secrets are in it only where Links are.
type Sharing struct {
	Schema    string             `json:"schema"` // overgrant.share/1
	Name      string             `json:"name"`
	Account   string             `json:"account"`
	Container string             `json:"container"`
	Asked     []string           `json:"asked"` // as it was asked for
	Scope     string             `json:"scope"` // objects, directory, container: what each link opens
	Owner     string             `json:"owner,omitempty"`
	Purpose   string             `json:"purpose,omitempty"`
	Kind      string             `json:"kind,omitempty"` // of the links; empty if none can be made
	Policy    string             `json:"policy_id,omitempty"`
	Rights    string             `json:"permissions"`
	IP        string             `json:"ip,omitempty"`
	Start     time.Time          `json:"start,omitzero"`
	Expiry    time.Time          `json:"expiry,omitzero"`
	Count     int                `json:"links"`           // that are or would be made
	AskedFor  overgrant.Tally    `json:"asked_for"`       // what the targets hold now
	Reach     overgrant.Tally    `json:"reaches"`         // what the links reach now
	Others    overgrant.Tally    `json:"reaches_besides"` // what nobody asked for
	Worst     string             `json:"worst_besides,omitempty"`
	Later     string             `json:"reaches_later"`
	Notes     []string           `json:"notes,omitempty"`
	Stops     []SharingStop      `json:"stops"`             // what speaks against it
	Advice    []string           `json:"advice,omitempty"`  // rules that are worth knowing
	Instead   string             `json:"instead,omitempty"` // what to do in place of it
	Accepts   []overgrant.Accept `json:"accepts,omitempty"`
	State     string             `json:"state"`          // planned, refused, made, extended, revoked
	File      string             `json:"file,omitempty"` // the links are in it
	Signature string             `json:"signature,omitempty"`
	IDs       []string           `json:"ids,omitempty"`     // of the links in the ledger
	Snippet   string             `json:"snippet,omitempty"` // Markdown
	Links     []string           `json:"urls,omitempty"`    // secret; only where they were asked for
}

// SharingStop is a reason not to share.
type SharingStop struct {
	Code     string             `json:"code"` // a rule, or a class of data; to be given to --accept
	Severity overgrant.Severity `json:"severity"`
	Why      string             `json:"why"`
	Fix      string             `json:"fix,omitempty"`
	Examples []string           `json:"examples,omitempty"`
	Accepted string             `json:"accepted,omitempty"` // why somebody set it aside
}

// shareKinds are the kinds of links that are made, in words.
var shareKinds = map[string]string{
	"user_delegation_sas": "user delegation SAS: no account key is involved; it ends by itself",
	"policy_sas":          "service SAS bound to a stored access policy of its own: it can be extended and revoked alone",
}

// WriteSharing writes what a share would reach, and what speaks against it.
func WriteSharing(w io.Writer, s *Sharing, o Options) error {
	b := bufio.NewWriter(w)
	p := newPage(b, o)
	p.rule()
	p.paragraph(1, bold, clean(fmt.Sprintf("Share %s · container %s of account %s", s.Name, s.Container, s.Account)))
	p.rule()
	p.field("asked for", fmt.Sprintf("%s, %s: %s", counted(s.AskedFor.Objects, "objects"), size(s.AskedFor.Bytes), clean(names(s.Asked))))
	p.field("reaches", fmt.Sprintf("%s, %s%s", counted(s.Reach.Objects, "objects"), size(s.Reach.Bytes), exactly(s)))
	p.field("later", clean(s.Later))
	p.field("worst", clean(s.Worst))
	p.field("instead", clean(s.Instead))
	if s.Kind != "" {
		p.field("made as", fmt.Sprintf("%s, %s", counted(int64(s.Count), "links"), shareKinds[s.Kind]))
		p.field("policy", clean(s.Policy))
		p.field("grants", sharingRights(s))
		p.field("until", moment(s.Expiry)+" ("+span(s.Expiry.Sub(o.Now))+")")
	}
	for _, n := range s.Notes {
		p.field("note", clean(n))
	}
	for _, n := range s.Advice {
		p.field("advice", clean(n))
	}
	for i := range s.Stops {
		writeStop(p, &s.Stops[i])
	}
	p.line()
	return b.Flush()
}

func writeStop(p *page, s *SharingStop) {
	p.line()
	head := fmt.Sprintf("  %-9s %s", strings.ToUpper(s.Severity.String()), clean(s.Code))
	style := severityStyles[s.Severity]
	if s.Accepted != "" {
		head, style = head+" · accepted: "+clean(s.Accepted), faint
	}
	p.paragraph(0, style, head)
	p.paragraph(4, "", clean(s.Why))
	for _, e := range s.Examples {
		p.paragraph(6, faint, clean(e))
	}
	if s.Accepted == "" {
		p.paragraph(4, "", clean(s.Fix))
	}
}

// WriteRoute writes one route for people, with what else stops with it.
func WriteRoute(w io.Writer, r *overgrant.Route, o Options) error {
	b := bufio.NewWriter(w)
	p := newPage(b, o)
	writeRoute(p, &Closing{Routes: []overgrant.Route{*r}, Chosen: r.Name}, 0)
	p.line()
	return b.Flush()
}

// exactly says how what is reached differs from what was asked for.
func exactly(s *Sharing) string {
	if s.Others.Objects == 0 {
		return ": exactly that"
	}
	return fmt.Sprintf(": %s, %s that nobody asked for", counted(s.Others.Objects, "objects"), size(s.Others.Bytes))
}

func sharingRights(s *Sharing) string {
	text := "read"
	if strings.Contains(s.Rights, "l") {
		text = "read and list"
	}
	text += ", https only"
	if s.IP == "" {
		return text + ", from any address"
	}
	return text + ", from " + clean(s.IP)
}

// names names the first few.
func names(all []string) string {
	const most = 4
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}

// WriteShared writes what came of it.
func WriteShared(w io.Writer, s *Sharing, o Options) error {
	b := bufio.NewWriter(w)
	p := newPage(b, o)
	p.paragraph(0, bold, clean(fmt.Sprintf("%s: %s, on record as %s until %s", s.State, counted(int64(s.Count), "links"), s.Name, moment(s.Expiry))))
	if s.File != "" {
		p.paragraph(0, "", clean(fmt.Sprintf("The links are in %s, readable by you alone. Whoever has one can download: hand it out as you would a password.", s.File)))
	}
	for _, l := range s.Links {
		p.line(l)
	}
	if s.Signature != "" {
		p.paragraph(0, "", clean(fmt.Sprintf("The signature of the model is in %s: put it beside the model, or wherever people find its public key.", s.Signature)))
	}
	if s.Snippet != "" {
		p.line()
		p.paragraph(0, faint, "For a README or a model card:")
		p.line()
		p.line(strings.TrimSuffix(s.Snippet, "\n"))
	}
	return b.Flush()
}
