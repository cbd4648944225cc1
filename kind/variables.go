package kind

import "strings"

// Names of variables and settings, in lower case without anything but letters
// and digits, that end in one of these name an account, a container, a table or
// a queue.
var (
	accountLabels   = []string{"accountname", "storageaccount", "storagename", "azurestorageaccount", "storageacct", "acctname", "blobaccount", "account"}
	containerLabels = []string{"containername", "container", "filesystem", "filesystemname", "sharename", "fileshare", "bucketname"}
	tableLabels     = []string{"tablename", "table"}
	queueLabels     = []string{"queuename", "queue"}
)

// accounts returns the accounts that variables, settings and arguments name.
func (n neighbourhood) accounts() []hint {
	all := n.named(accountLabels, isAccountName)
	if h, ok := n.argument(); ok {
		all = append(all, h)
	}
	for i := range all {
		all[i].account = all[i].value
	}
	return all
}

// argument reads the account of Credential("account", "key"): the string right
// before the link, in the same call.
func (n neighbourhood) argument() (hint, bool) {
	before := strings.TrimRight(n.text[:n.link.Start], " \t\r\n")
	before = strings.TrimRight(strings.TrimRight(before, "\"'"), " \t\r\n@")
	before, ok := strings.CutSuffix(before, ",")
	before = strings.TrimRight(before, " \t\r\n")
	if !ok || before == "" || strings.IndexByte("\"'", before[len(before)-1]) < 0 {
		return hint{}, false
	}
	quote := before[len(before)-1:]
	start := strings.LastIndex(before[:len(before)-1], quote)
	value := before[start+1 : len(before)-1]
	opener := strings.TrimRight(before[:max(start, 0)], " \t\r\n")
	if start < 0 || !strings.HasSuffix(opener, "(") || !isAccountName(value) || standInName(value) {
		return hint{}, false
	}
	return hint{at: Span{start, len(before)}, value: value}, true
}

// named returns the values of variables and settings with one of the labels.
func (n neighbourhood) named(labels []string, valid func(string) bool) []hint {
	var all []hint
	settings := n.inSettings()
	for i := 0; i < len(n.text); {
		if !isPairName(n.text[i]) {
			i++
			continue
		}
		name, next := n.nameAt(i)
		h, ok := hint{}, false
		if labelFits(n.text[name.Start:name.End], labels) {
			if h, ok = n.valueAfter(name); !ok && settings {
				h, ok = n.settingAfter(name)
			}
		} else if labelFits(n.text[i:next], labels) {
			h, ok = n.typedAfter(next)
		}
		if ok && valid(h.value) && !standInName(h.value) && !n.inside(h.at) {
			h.at.Start = i
			all = append(all, h)
			next = h.at.End
		}
		i = max(next, i+1)
	}
	return all
}

// nameAt returns the name that starts at n.text[at], which may be of several
// words if it is no option, and where its first word ends.
func (n neighbourhood) nameAt(at int) (name Span, next int) {
	for next = at; next < len(n.text) && isPairName(n.text[next]); {
		next++
	}
	end := next
	for n.text[at] != '-' && end+1 < len(n.text) && end-at < 24 &&
		(isPairName(n.text[end]) || n.text[end] == ' ' && isLetter(n.text[end+1])) {
		end++
	}
	return Span{at, end}, next
}

// labelFits reports whether name, without its separators, ends with a label.
func labelFits(name string, labels []string) bool {
	var room [64]byte
	bare := room[:0]
	for i := range len(name) {
		if c := name[i]; isWord(c) {
			if len(bare) == len(room) {
				return false
			}
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			bare = append(bare, c)
		}
	}
	for _, l := range labels {
		if head := len(bare) - len(l); head >= 0 && head <= 24 && string(bare[head:]) == l {
			return true
		}
	}
	return false
}

// isContainerName accepts names of containers, shares and queues: 3 to 63
// lower-case letters, digits and hyphens, and those of the system.
func isContainerName(s string) bool { return len(s) >= 3 && hasContainerChars(s) }

// hasContainerChars accepts what stands for a container in a URL, which may be
// shorter than the rule allows.
func hasContainerChars(s string) bool {
	s = strings.TrimPrefix(s, "$")
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 63
}

// isTableName accepts 3 to 63 letters and digits that start with a letter.
func isTableName(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return 3 <= len(s) && len(s) <= 63 && isLetter(s[0])
}

// standInNames are words that stand where a name goes.
var standInNames = map[string]bool{
	"accountname": true, "storageaccount": true, "storageaccountname": true, "account": true, "name": true,
	"youraccount": true, "youraccountname": true, "yourstorageaccount": true, "yourstorageaccountname": true,
	"string": true, "null": true, "none": true, "true": true, "false": true, "undefined": true, "xxx": true,
	"containername": true, "yourcontainer": true, "sharename": true, "tablename": true, "queuename": true,
	"var": true, "env": true, "str": true, "the": true, "your": true, "sas": true, "key": true,
}

// standInName reports whether s stands where a name goes rather than being one.
func standInName(s string) bool { return standInNames[strings.ToLower(s)] || distinct(s) == 1 }
