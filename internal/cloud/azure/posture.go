package azure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// maxProperties bounds the service properties that are read, in bytes. They
// hold five CORS rules at most.
const maxProperties = 256 << 10

// serviceProperties is the answer to Get Blob Service Properties, as far as it
// says what becomes of a deletion and who could see one.
//
// Source: Azure Storage REST reference, "Get Blob Service Properties".
type serviceProperties struct {
	XMLName xml.Name `xml:"StorageServiceProperties"`
	Logging *struct {
		Read   flag
		Write  flag
		Delete flag
	}
	Cors *struct {
		CorsRule []struct{ AllowedOrigins string }
	}
	DeleteRetentionPolicy *struct {
		Enabled flag
		Days    int
	}
	StaticWebsite *struct{ Enabled flag }
}

// flag is a boolean as the service writes it. Anything but true is not.
type flag bool

// UnmarshalText reads the word.
func (f *flag) UnmarshalText(text []byte) error {
	*f = flag(strings.EqualFold(strings.TrimSpace(string(text)), "true"))
	return nil
}

// readPosture reads service properties. What the answer does not mention stays
// nil: an old service version leaves it out.
func readPosture(body []byte) (*overgrant.Recovery, error) {
	if len(body) > maxProperties {
		return nil, fmt.Errorf("read service properties: %d bytes, want at most %d", len(body), maxProperties)
	}
	var p serviceProperties
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\uFEFF"))))
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("read service properties: %w", err)
	}
	r := &overgrant.Recovery{}
	if l := p.Logging; l != nil {
		r.ReadsLogged = ptr(bool(l.Read))
		r.WritesLogged = ptr(bool(l.Write && l.Delete))
	}
	if d := p.DeleteRetentionPolicy; d != nil {
		r.SoftDelete = ptr(bool(d.Enabled))
		if d.Enabled && d.Days > 0 {
			r.RetentionDays = d.Days
		}
	}
	if w := p.StaticWebsite; w != nil {
		r.StaticWebsite = ptr(bool(w.Enabled))
	}
	if p.Cors != nil {
		r.AnyOrigin = ptr(false)
		for _, rule := range p.Cors.CorsRule {
			for origin := range strings.SplitSeq(rule.AllowedOrigins, ",") {
				if strings.TrimSpace(origin) == "*" {
					r.AnyOrigin = ptr(true)
				}
			}
		}
	}
	return r, nil
}

func ptr[T any](v T) *T { return &v }
