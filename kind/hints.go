package kind

import (
	"strings"
)

// hint is a name near a link.
type hint struct {
	at      Span
	value   string // of a variable or setting
	account string
	host    string
	// Of a URL, or of a setting that is for one container.
	container, path string
	setting         bool
	spliced         bool // a string that goes on to the link, with something between
}

// nearest returns the hint that fits and costs least: bytes away, lines away,
// other links in between.
func (n neighbourhood) nearest(all []hint, fits func(hint) bool) (hint, bool) {
	var best hint
	least := -1
	for _, h := range all {
		if !fits(h) {
			continue
		}
		between := n.between(h.at)
		if n.adjacent && (len(between) > 16 || strings.ContainsAny(between, " \t\r\n\"'<>`,")) {
			continue
		}
		cost := len(between) + 40*strings.Count(between, "\n") + 300*strings.Count(between, "sig=")
		if h.setting {
			cost /= 4
		}
		if least < 0 || cost < least {
			best, least = h, cost
		}
	}
	return best, least >= 0
}

// between returns the text between the link and s.
func (n neighbourhood) between(s Span) string {
	switch {
	case s.End <= n.link.Start:
		return n.text[s.End:n.link.Start]
	case s.Start >= n.link.End:
		return n.text[n.link.End:s.Start]
	}
	return ""
}

// inside reports whether s touches the link itself.
func (n neighbourhood) inside(s Span) bool { return s.Start < n.link.End && n.link.Start < s.End }

// hosts returns the hosts of storage accounts, and the settings of Spark that
// have one in their name.
func (n neighbourhood) hosts() []hint {
	var all []hint
	for _, suffix := range storageSuffixes {
		for at := 0; ; {
			i := strings.Index(n.text[at:], suffix)
			if i < 0 {
				break
			}
			end := at + i + len(suffix)
			at = end
			if h, ok := n.hostAt(end); ok && !n.inside(h.at) {
				all = append(all, h)
			}
		}
	}
	return all
}

// hostAt reads the host that ends at end, and the URL around it.
func (n neighbourhood) hostAt(end int) (hint, bool) {
	start := end
	for start > 0 && (isWord(n.text[start-1]) || n.text[start-1] == '.' || n.text[start-1] == '-') {
		start--
	}
	if start > 0 && strings.IndexByte("}>)]%$_*", n.text[start-1]) >= 0 && !n.fillsElement(start, end) {
		return hint{}, false
	}
	host := n.text[start:end]
	if h, ok := settingHost(host); ok {
		h.at = Span{start, end}
		return h, true
	}
	from := start
	if i := strings.LastIndex(n.text[:start], "://"); i >= 0 && start-i < 80 && !strings.ContainsAny(n.text[i+3:start], " \"'\n/") {
		for from = i; from > 0 && isLetter(n.text[from-1]); {
			from--
		}
	}
	stop := n.urlEnd(end)
	a := readAddress(n.text[from:stop])
	if from == start {
		a = readAddress("//" + n.text[start:stop])
	}
	h, path, ok := readStorageHost(a)
	if !ok || n.otherLink(stop) || !isName(h.account) {
		return hint{}, false
	}
	out := hint{at: Span{from, stop}, account: h.account, host: a.host}
	out.container, out.path = firstSegment(path)
	out.spliced = n.spliced(out.at)
	if !hasContainerChars(out.container) || out.spliced && !strings.Contains(path, "/") {
		out.container = ""
	}
	if out.container == "" || out.spliced || n.cutShort(from, stop) || template(out.path) || strings.Contains(out.path, "*") {
		out.path = ""
	}
	return out, true
}

// fillsElement reports whether a host is all that an element holds:
// <name>host</name>.
func (n neighbourhood) fillsElement(start, end int) bool {
	return n.text[start-1] == '>' && n.text[start] != '.' && strings.HasPrefix(n.text[end:], "</")
}

// spliced reports whether the string literal that s ends with goes on to the
// link with something between: 'https://…/' + name + '?sv=….
func (n neighbourhood) spliced(s Span) bool {
	between := strings.TrimRight(n.between(s), "?")
	if s.End > n.link.Start || len(between) < 3 || len(between) > 160 {
		return false
	}
	inner := strings.TrimSpace(between[1 : len(between)-1])
	const operators = "+.&|"
	return isQuote(between[0]) && isQuote(between[len(between)-1]) && len(inner) > 1 &&
		strings.IndexByte(operators, inner[0]) >= 0 && strings.IndexByte(operators, inner[len(inner)-1]) >= 0 &&
		!strings.ContainsAny(inner, ";=,")
}

// urlEnd returns the end of the path of the URL whose host ends at end.
func (n neighbourhood) urlEnd(end int) int {
	for end < len(n.text) {
		if c := n.text[end]; c <= ' ' || strings.IndexByte("\"'`<>?;,|)]\\#", c) >= 0 {
			break
		}
		end++
	}
	return end
}

// otherLink reports whether the URL that ends at stop is another link, with a
// signature of its own.
func (n neighbourhood) otherLink(stop int) bool {
	if stop >= len(n.text) || n.text[stop] != '?' {
		return false
	}
	query := n.text[stop:]
	if i := strings.IndexAny(query, " \t\r\n\"'`<>"); i >= 0 {
		query = query[:i]
	}
	if !strings.Contains(query, "sig=") {
		return false
	}
	return n.signature == "" || !strings.Contains(query, n.signature)
}

// cutShort reports whether the URL stands in quotes and its string goes on
// after it, with a space in the name or a part that is added.
func (n neighbourhood) cutShort(from, stop int) bool {
	if from == 0 || stop >= len(n.text) || !isQuote(n.text[from-1]) {
		return false
	}
	if n.text[stop] == '?' && stop+1 < len(n.text) {
		stop++ // the query is added
	}
	return n.text[stop] != n.text[from-1]
}

// settingHost reads the names of Spark and Hadoop settings:
// fs.azure.sas.<container>.<account>.blob…, fs.azure.account.key.<account>.dfs….
func settingHost(name string) (hint, bool) {
	i := strings.Index(name, "fs.azure.")
	if i < 0 {
		return hint{}, false
	}
	labels := strings.Split(name[i:], ".")
	for j, l := range labels {
		if hostServices[l] == "" || j < 4 {
			continue
		}
		h := hint{account: labels[j-1], host: strings.Join(labels[j-1:], "."), setting: true}
		if labels[2] == "sas" && j == 5 {
			h.container = labels[3]
		}
		return h, isName(h.account)
	}
	return hint{}, false
}

// isName accepts account names; managed disks and some tools go beyond the rule
// for them.
func isName(s string) bool {
	return len(s) >= 3 && isAccountLabel(s) && !standInName(s)
}
