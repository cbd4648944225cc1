package kind

import "strings"

// keyLabels are words that name an account key when one of them stands before
// it. A key without any of them is some other 64 bytes: a lock file's
// integrity hash has the same form.
var keyLabels = []string{
	"accountkey", "account_key", "account-key", "account.key", "account key",
	"accesskey", "access_key", "access-key", "access key",
	"storagekey", "storage_key", "storage-key", "storage key",
	"sharedkey", "shared_key", "shared-key", "shared key",
	"storagecredential", "storage_credential", "credential=", "credential:", "credential\"", "credential'",
	"primarykey", "primary_key", "primary key", "secondarykey", "secondary_key", "secondary key",
	"azurekey", "azure_key", "blobkey", "blob_key", "storagesecret", "storage_secret", "account_secret",
	"key1", "key2",
}

// keyHosts name a key as well, before it or right after: a mount of a file
// share has the key as password.
var keyHosts = []string{
	".file.core.", ".blob.core.", ".table.core.", ".queue.core.", ".dfs.core.",
	"storageaccount", "storage_account", "azure_storage", "azurestorage", "azureblob",
}

// otherKeys are words which tell that a key with a label is another service's:
// those of Cosmos DB and Batch are as long.
var otherKeys = []string{
	"cosmos", "documents.azure.com", "documentdb", "batch.azure", "batchaccount", "batch_access", "batch_account",
	"integrity", "sha512", "servicebus", "search.windows.net", "cognitive", "masterkey", "master_key", "jwt",
	"hmac", "signing", "encryption", "machinekey",
}

// foreignNames name a value that is no account key, whatever stands near it.
var foreignNames = []string{
	"hash", "digest", "checksum", "integrity", "signature", "salt", "nonce", "cookie", "session", "etag", "resolved",
	"secretkey", "secret_key", "secret-key", "apikey", "api_key", "api-key",
}

// neutralNames say nothing of what they name: what stands around them decides.
var neutralNames = []string{
	"key", "value", "secret", "password", "passwd", "pass", "pwd", "default", "content", "data", "string", "text",
	"primary", "secondary",
}

// keyReach is how far before a key its label may stand, in bytes.
const keyReach = 160

// labelled reports whether the key at s is a storage account's. The name to
// which the key is given decides; if it says nothing, a label near it that has
// no value of its own, or a storage account.
func labelled(text []byte, s Span) bool {
	if marked(text[s.Start:s.End]) {
		return true
	}
	before := lower(text[max(0, s.Start-keyReach):s.Start])
	line := before[strings.LastIndexByte(before, '\n')+1:]
	name, neutral := givenName(before)
	switch {
	case containsAny(line, otherKeys):
		return false
	case containsAny(name, keyLabels):
		return true
	case containsAny(name, foreignNames):
		return false
	case neutral && freeLabel(line):
		return true
	case containsAny(before, otherKeys):
		return false
	case neutral && freeLabel(before):
		return true
	}
	after := lower(text[s.End:min(len(text), s.End+keyReach/2)])
	return containsAny(before, keyHosts) || containsAny(after, keyHosts)
}

// givenName returns the text that names what follows before: up to the
// separator, back to where the statement, the argument or the field starts. It
// is empty for an argument by itself. neutral says that it tells nothing.
func givenName(before string) (name string, neutral bool) {
	head := strings.TrimRight(before, " \t\r\n\"'`\\(@[")
	end := strings.TrimRight(head, "=:>-|")
	if i := strings.LastIndexAny(end, ";,{(&?|\n"); i >= 0 {
		name = end[i+1:]
	} else {
		name = end
	}
	if end == head && !strings.Contains(name, "--") { // no separator
		return "", true
	}
	bare := strings.TrimRight(name, " \t\"'`]\\")
	word := bare[strings.LastIndexAny(bare, " \t\"'`<.$[:_-")+1:]
	for _, n := range neutralNames {
		if word == n {
			return name, true
		}
	}
	return name, word == ""
}

// freeLabel reports whether text has a label that is not the name of another
// value, as STORAGE_KEY is in STORAGE_KEY = "settings".
func freeLabel(text string) bool {
	for _, l := range keyLabels {
		for at := 0; ; {
			i := strings.Index(text[at:], l)
			if i < 0 {
				break
			}
			at += i + len(l)
			if !hasOwnValue(text[at-1:]) {
				return true
			}
		}
	}
	return false
}

// hasOwnValue reports whether text, which starts with the last character of a
// name, gives the name a value that ends before text does.
func hasOwnValue(text string) bool {
	b := []byte(text)
	i := 1
	if strings.IndexByte("=:\"'", b[0]) >= 0 {
		i = 0
	}
	for i < len(b) && isPairName(b[i]) {
		i++
	}
	i = skipBlank(b, skipQuotes(b, i))
	sep := separator(b, i)
	if sep == 0 {
		return false
	}
	i = skipBlank(b, i+sep)
	return i < len(b) && strings.IndexByte("\r\n([{<>|", b[i]) < 0 && strings.Trim(text[i:], " \t\"'`\\@(") != ""
}
