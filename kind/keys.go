package kind

import (
	"bytes"
	"iter"
	"strings"
)

// keyChars is the length of a 64-byte account key in base64, without padding.
const keyChars = 86

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
	"storageaccount", "storage_account", "azure_storage", "azurestorage",
}

// otherKeys are words which tell that a key with a label is another service's:
// those of Cosmos DB and Batch are as long.
var otherKeys = []string{
	"cosmos", "documents.azure.com", "documentdb", "batch.azure", "batchaccount", "batch_access", "batch_account",
	"integrity", "sha512", "servicebus", "search.windows.net", "cognitive", "masterkey", "master_key", "jwt",
	"hmac", "signing", "encryption", "machinekey",
}

// keyReach is how far before a key its label may stand, in bytes.
const keyReach = 160

// findKeys yields account keys that stand alone: 88 characters of base64 with a
// label before them or the marker that Azure puts into keys.
func findKeys(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte("=="))
			if i < 0 {
				return
			}
			end := at + i + 2
			at = end
			s, ok := keyBefore(text, end)
			if ok && labelled(text, s) && !yield(s) {
				return
			}
		}
	}
}

// keyBefore reports whether text[:end] ends with a key and nothing of its
// alphabet stands on either side.
func keyBefore(text []byte, end int) (Span, bool) {
	start := end - 2 - keyChars
	if start < 0 || end < len(text) && text[end] == '=' {
		return Span{}, false
	}
	for _, c := range text[start : end-2] {
		if !isWord(c) && c != '+' && c != '/' {
			return Span{}, false
		}
	}
	if start > 0 && (isWord(text[start-1]) || strings.IndexByte("+/-_", text[start-1]) >= 0) {
		return Span{}, false
	}
	return Span{start, end}, true
}

// labelled reports whether the key at s is a storage account's. What stands in
// its own line decides before what stands around it.
func labelled(text []byte, s Span) bool {
	if marked(text[s.Start:s.End]) {
		return true
	}
	before := lower(text[max(0, s.Start-keyReach):s.Start])
	line := before[strings.LastIndexByte(before, '\n')+1:]
	switch {
	case containsAny(line, otherKeys):
		return false
	case containsAny(line, keyLabels):
		return true
	case containsAny(before, otherKeys):
		return false
	}
	after := lower(text[s.End:min(len(text), s.End+keyReach/2)])
	return containsAny(before, keyLabels) || containsAny(before, keyHosts) || containsAny(after, keyHosts)
}

// marked reports whether a key carries the marker that account keys have had
// since 2021: the characters +ASt at the 77th place. Source: rule SEC101/152 of
// microsoft/security-utilities.
func marked(key []byte) bool {
	return len(key) == keyChars+2 && string(key[76:80]) == "+ASt"
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func lower(b []byte) string { return strings.ToLower(string(b)) }

// findGrantTokens yields download authorisations of Backblaze B2, which are
// told by their own form: 3_20240101000000_…_dnld.
func findGrantTokens(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte("_dnld"))
			if i < 0 {
				return
			}
			end := at + i + len("_dnld")
			at = end
			start := end
			for start > 0 && end-start < 256 && (isWord(text[start-1]) || text[start-1] == '_') {
				start--
			}
			if _, ok := readGrantToken(string(text[start:end])); ok && !yield(Span{start, end}) {
				return
			}
		}
	}
}
