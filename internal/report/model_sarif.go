package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"strings"

	"github.com/overgrant/overgrant"
)

// sarifModels adds a result for each finding in a model that was kept.
func sarifModels(r *sarifRun, o *outcome) {
	index := map[string]int{}
	for i, rule := range r.Tool.Driver.Rules {
		index[rule.ID] = i
	}
	for _, v := range verdictsDown {
		all, more := o.models.kept(v)
		for _, m := range all {
			for i := range m.Findings {
				rule := modelRule(&m.Findings[i])
				at, ok := index[rule.ID]
				if !ok {
					at = len(r.Tool.Driver.Rules)
					index[rule.ID] = at
					r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, rule)
				}
				r.Results = append(r.Results, modelResult(m, &m.Findings[i], at))
			}
		}
		if more > 0 && (&overgrant.Model{Verdict: v}).Worst() > overgrant.None {
			n := &r.Invocations[0].Notifications
			*n = append(*n, sarifNotification{Level: "warning",
				Message: sarifMessage{Text: plural(more, "file") + " more with the verdict " + verdictWord(v) + " are not named here; jsonl has them."}})
		}
	}
	verdicts := map[string]int64{}
	for _, v := range verdictsDown {
		verdicts[v] = o.models.of(v)
	}
	r.Properties["models"] = verdicts
}

// modelRule is the rule of a finding: its word at a severity, because code
// scanning pages read the severity from the rule.
func modelRule(f *overgrant.ModelFinding) sarifRule {
	word, level := clean(shorten(f.Rule, 60)), levelAt(f.Severity)
	about := "Loading this model file " + map[string]string{
		"error": "runs what no model needs", "warning": "may run code that is not known to be harmless, or readers disagree about what is in it",
		"note": "can run code: its format allows it",
	}[level] + "."
	return sarifRule{
		ID: "model/" + word + "/" + f.Severity.String(), Name: "Model" + pascal(word) + pascal(f.Severity.String()),
		Short:         sarifMessage{Text: "Model file: " + word + " (" + f.Severity.String() + ")"},
		Full:          sarifMessage{Text: about},
		Help:          sarifMessage{Text: about + " Do not load it before the finding is understood; prefer safetensors.", Markdown: md(about) + " Do not load it before the finding is understood; prefer safetensors.\n"},
		Configuration: sarifLevel{level},
		Properties: map[string]any{
			"tags": []string{"security", "model"}, "precision": "high", "security-severity": securitySeverity[f.Severity],
			"problem.severity": map[string]string{"error": "error", "warning": "warning", "note": "recommendation"}[level],
		},
	}
}

func modelResult(m *overgrant.Model, f *overgrant.ModelFinding, rule int) sarifResult {
	id := modelRule(f).ID
	sum := sha256.Sum256([]byte(strings.Join([]string{m.Path, f.Rule, f.What, f.Member}, "\x00")))
	r := sarifResult{
		RuleID: id, RuleIndex: rule, Level: levelAt(f.Severity), Message: modelMessage(m, f), Suppressions: []sarifSuppression{},
		Partial: map[string]string{"overgrantModel/v1": hex.EncodeToString(sum[:16]), "primaryLocationLineHash": hex.EncodeToString(sum[:8]) + ":1"},
		Properties: map[string]any{
			"format": clean(m.Format), "verdict": m.Verdict, "severity": f.Severity, "what": clean(f.What), "size": m.Size,
		},
	}
	at := sarifLocation{Physical: &sarifPhysical{Artifact: sarifArtifact{modelURI(m.Path)}}}
	if f.Member == "" && f.Offset >= 0 {
		at.Physical.Region = &sarifRegion{ByteOffset: &f.Offset, ByteLength: new(int64)}
	} else if f.Member != "" {
		at.Logical = []sarifLogical{{Name: clean(m.Path) + "!" + clean(f.Member), Kind: "member"}}
	}
	r.Locations = []sarifLocation{at}
	for name, v := range map[string]string{"opcode": f.Opcode, "member": f.Member} {
		if v != "" {
			r.Properties[name] = clean(v)
		}
	}
	if f.Member != "" {
		r.Properties["offset"] = f.Offset
	}
	for name, v := range m.LoadsUnder {
		r.Properties["loads_under_"+clean(shorten(name, 60))] = clean(v)
	}
	return r
}

func modelMessage(m *overgrant.Model, f *overgrant.ModelFinding) sarifMessage {
	text := clean(f.What) + ": " + clean(f.Why) + ", " + findingAt(f) + ". The file is " + verdictWord(m.Verdict) + " (" + formatName(m) + ")."
	marked := code(clean(f.What)) + ": " + md(clean(f.Why)) + ", " + md(findingAt(f)) + ". The file is **" + md(verdictWord(m.Verdict)) + "** (" + md(formatName(m)) + ")."
	for i, s := range modelFixes(m) {
		if i == 0 {
			text, marked = text+"\nWhat to do:", marked+"\n\nWhat to do:\n"
		}
		text, marked = text+"\n- "+s, marked+"\n- "+md(s)
	}
	return sarifMessage{Text: sarifText(text), Markdown: strings.NewReplacer("{", "{{", "}", "}}").Replace(marked)}
}

// modelURI names a file, or an object behind a link.
func modelURI(name string) string {
	scheme, rest, web := strings.Cut(name, "://")
	if web && (scheme == "https" || scheme == "http") {
		host, rest, _ := strings.Cut(rest, "/")
		u := url.URL{Scheme: scheme, Host: host, Path: path.Join("/", rest)}
		return u.String()
	}
	return fileURI(cmp.Or(name, "unknown"))
}
