package kind

import "strings"

// azureLayout is one way in which shared access signatures have been signed: the
// names of the fields, one a line. Beside parameters there are account, resource
// (with the service before it), bare (without), time (snapshot or version) and
// the dash for an empty line.
//
// Sources: "Create an account SAS", "Create a service SAS", "Create a user
// delegation SAS" in the Azure Storage REST reference; sas/*.go of azblob, azfile
// and azdatalake in the Azure SDK for Go; src/blob/authentication of Azurite.
type azureLayout struct{ name, fields string }

var azureLayouts = []azureLayout{
	{"account 2020-12-06", "account sp ss srt st se sip spr sv ses -"},
	{"account 2015-04-05", "account sp ss srt st se sip spr sv -"},

	{"blob 2020-12-06", "sp st se resource si sip spr sv sr time ses rscc rscd rsce rscl rsct"},
	{"blob 2018-11-09", "sp st se resource si sip spr sv sr time rscc rscd rsce rscl rsct"},
	{"blob and file 2015-04-05", "sp st se resource si sip spr sv rscc rscd rsce rscl rsct"},
	{"blob and file 2015-02-21", "sp st se resource si sv rscc rscd rsce rscl rsct"},
	{"blob 2013-08-15", "sp st se bare si sv rscc rscd rsce rscl rsct"},
	{"blob 2012-02-12", "sp st se bare si sv"},
	{"blob before 2012-02-12", "sp st se bare si"},

	{"queue 2015-04-05", "sp st se resource si sip spr sv"},
	{"queue 2015-02-21", "sp st se resource si sv"},
	{"table 2015-04-05", "sp st se resource si sip spr sv spk srk epk erk"},
	{"table 2015-02-21", "sp st se resource si sv spk srk epk erk"},
	{"table 2012-02-12", "sp st se bare si sv spk srk epk erk"},

	{"user delegation blob 2026-04-06", "sp st se resource " + delegation + " saoid suoid scid skdutid sduoid sip spr sv sr time ses - - rscc rscd rsce rscl rsct"},
	{"user delegation blob and file 2025-07-05", "sp st se resource " + delegation + " saoid suoid scid skdutid sduoid sip spr sv sr time ses rscc rscd rsce rscl rsct"},
	{"user delegation blob 2020-12-06", "sp st se resource " + delegation + " saoid suoid scid sip spr sv sr time ses rscc rscd rsce rscl rsct"},
	{"user delegation blob 2020-02-10", "sp st se resource " + delegation + " saoid suoid scid sip spr sv sr time rscc rscd rsce rscl rsct"},
	{"user delegation blob 2018-11-09", "sp st se resource " + delegation + " sip spr sv sr time rscc rscd rsce rscl rsct"},
	{"user delegation queue 2025-07-05", "sp st se resource " + delegation + " skdutid sduoid sip spr sv"},
	{"user delegation table 2025-07-05", "sp st se resource " + delegation + " skdutid sduoid sip spr sv spk srk epk erk"},
	{"user delegation file 2025-07-05", "sp st se resource " + delegation + " skdutid sduoid sip spr sv rscc rscd rsce rscl rsct"},
}

const delegation = "skoid sktid skt ske sks skv"

// azure tries every layout, whatever version the link names: versions to come
// keep the newest until they say otherwise, and a match cannot be chance.
func (t signed) azure() (string, bool) {
	key, err := decodeBase64(t.key)
	if err != nil || t.g.Account == "" {
		return "", false
	}
	for _, values := range t.values() {
		for _, resource := range t.resources() {
			for _, l := range azureLayouts {
				if t.is(hmac256Base64, "sig", mac256(key, t.lines(l, resource, values)...)) {
					return l.name, true
				}
			}
		}
	}
	return "", false
}

// values returns what the parameters may say. A plus sign stands for itself, or,
// where a form wrote it, for a space: rscd=attachment%3B+filename.
func (t signed) values() []map[string]string {
	depth := t.r.query.depth()
	plain, spaced := map[string]string{}, map[string]string{}
	differ := false
	for i := range t.r.query {
		p := &t.r.query[i]
		if plain[p.name] != "" {
			continue
		}
		plain[p.name] = unescapeTimes(p.raw, depth)
		spaced[p.name] = unescapeTimes(strings.ReplaceAll(p.raw, "+", " "), depth)
		differ = differ || p.name != "sig" && plain[p.name] != spaced[p.name]
	}
	if !differ {
		return []map[string]string{plain}
	}
	return []map[string]string{plain, spaced}
}

// lines writes the fields of a layout.
func (t signed) lines(l azureLayout, resource string, values map[string]string) []string {
	fields := strings.Fields(l.fields)
	lines := make([]string, len(fields))
	for i, f := range fields {
		switch f {
		case "-":
		case "account":
			lines[i] = t.g.Account
		case "resource":
			lines[i] = resource
		case "bare":
			_, rest, _ := strings.Cut(strings.TrimPrefix(resource, "/"), "/")
			lines[i] = "/" + rest
		case "time":
			lines[i] = t.r.query.get("snapshot", "versionid")
			if r := t.g.Resource; r != "bs" && r != "bv" {
				lines[i] = ""
			}
		default:
			lines[i] = values[f]
		}
	}
	return lines
}

// resources returns the canonical names of what the link may have been signed
// for: /blob/account/container/path. The service is not always certain.
func (t signed) resources() []string {
	g := t.g
	services := g.Services
	if g.Kind == "account_sas" || len(services) == 0 {
		services = allServices
	}
	var all []string
	for _, s := range services {
		name := "/" + s + "/" + g.Account
		switch {
		case s == "table":
			name += "/" + strings.ToLower(g.Table)
		case g.Scope == "directory":
			name += "/" + g.Container + slashed(cutDepth(g.Path, g.Depth))
		case g.Scope == "container" || g.Scope == "share" || s == "queue":
			name += "/" + g.Container
		default:
			name += "/" + g.Container + slashed(g.Path)
		}
		all = append(all, name)
	}
	return all
}

func slashed(path string) string {
	if path == "" {
		return ""
	}
	return "/" + path
}
