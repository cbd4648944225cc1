package usage

import "bytes"

// field names what is read of a record, in whatever schema it comes.
type field uint8

const (
	fNone field = iota
	fTime
	fCategory
	fOperation
	fCode       // HTTP status
	fStatus     // the service's word for it
	fAuth       // type of authentication
	fHash       // hash of the token that was used
	fCaller     // address, with or without a port
	fAgent      // User-Agent
	fAccount    //
	fService    // blob, file, queue, table
	fURI        // with its query; sig is blanked, if all is well
	fObject     // /account/container/path
	fRequest    // id that the service gave the request
	fCount      // number of the operation within the request
	fOut        // bytes of the answer's body
	fIn         // bytes of the request's body
	fRequester  // object id of who asked, with OAuth
	fAppID      // application, with OAuth
	fResource   // id of the resource in Azure, which ends in the service
	fIdentity   // object: auth, hash, requester
	fProperties // object: the rest
	fOAuth      // object: requester
	fRecords    // array of records: an envelope
	fTables     // array of tables: the answer to a query
	fields
)

// Schema is a form in which storage logs are kept.
type Schema uint8

// The schemas that are read. Sources: "Azure Blob Storage monitoring data
// reference", "StorageBlobLogs" in the Azure Monitor reference, "Storage
// Analytics log format" in the Azure Storage REST reference.
const (
	Unknown   Schema = iota
	Resource         // resource logs: JSON, as exported to a container or to Event Hubs
	Analytics        // Log Analytics: StorageBlobLogs and its siblings, as CSV or JSON
	Classic1         // Storage Analytics 1.0
	Classic2         // Storage Analytics 2.0
	schemas
)

var schemaNames = [schemas]string{"unknown", "resource", "log_analytics", "classic_1.0", "classic_2.0"}

// String returns the word for the schema in JSON.
func (s Schema) String() string { return schemaNames[s] }

// record is one line of a log. Its slices are parts of what was read and valid
// until the next record is.
type record struct {
	schema Schema
	raw    [fields][]byte
}

func (r *record) clear() { *r = record{} }

// number reads a field as a whole number, 0 if it is none. Fractions are cut,
// and what is beyond 2⁶² counts as none: no request is that large.
func (r *record) number(f field) int64 { return number(r.raw[f]) }

func number(b []byte) int64 {
	var n int64
	for i, c := range b {
		if c < '0' || c > '9' {
			if c == '.' && i > 0 {
				return n
			}
			return 0
		}
		if n = n*10 + int64(c-'0'); n > 1<<58 {
			return 0
		}
	}
	return n
}

// host returns the address of a caller without its port.
func host(caller []byte) []byte {
	if len(caller) > 0 && caller[0] == '[' {
		if end := bytes.IndexByte(caller, ']'); end > 0 {
			return caller[1:end]
		}
		return caller
	}
	colon := bytes.LastIndexByte(caller, ':')
	if colon < 0 || bytes.IndexByte(caller[:colon], ':') >= 0 { // IPv6 without a port
		return caller
	}
	return caller[:colon]
}

// deed is what a request does.
type deed uint8

const (
	reads deed = iota
	writes
	deletes
)

// deed tells what the request does: from its category where the log has one,
// else from the name of the operation.
func (r *record) deed() deed {
	switch string(r.raw[fCategory]) {
	case "StorageRead":
		return reads
	case "StorageWrite":
		return writes
	case "StorageDelete":
		return deletes
	}
	return deedOf(r.raw[fOperation])
}

// readers and deleters begin the names of operations that read or delete; all
// others write. Sources: "Storage Analytics logged operations and status
// messages"; the categories in the monitoring data reference.
var (
	readers  = [][]byte{[]byte("Get"), []byte("List"), []byte("Query"), []byte("Peek"), []byte("Read"), []byte("Find"), []byte("Head"), []byte("BlobPreflight"), []byte("FilePreflight"), []byte("QueuePreflight"), []byte("TablePreflight"), []byte("CopyBlobSource"), []byte("CopyFileSource"), []byte("PutBlockFromURLSource")}
	deleters = [][]byte{[]byte("Delete"), []byte("Clear"), []byte("Expire")}
)

func deedOf(operation []byte) deed {
	for _, p := range readers {
		if bytes.HasPrefix(operation, p) {
			return reads
		}
	}
	for _, p := range deleters {
		if bytes.HasPrefix(operation, p) {
			return deletes
		}
	}
	return writes
}

// failed reports whether the service did not do what was asked. Where the
// status is no number, its word tells: "Success" ends what went well.
func (r *record) failed() bool {
	if code := r.number(fCode); code > 0 {
		return code >= 400
	}
	return len(r.raw[fStatus]) > 0 && !bytes.HasSuffix(r.raw[fStatus], []byte("Success"))
}

var serviceNames = []string{"blob", "file", "queue", "table"}

// service returns blob, file, queue or table, as the record says it: itself, by
// the id of its resource, or by its host. Data Lake requests are blob requests.
func (r *record) service() string {
	for _, b := range [...][]byte{r.raw[fService], r.raw[fResource]} {
		for _, s := range serviceNames {
			if len(b) == len(s) && equalFold(b, s) || len(b) > len(s) && bytes.Contains(b, serviceMarks[s]) {
				return s
			}
		}
	}
	rest := afterScheme(r.raw[fURI])
	if end := bytes.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	for _, s := range serviceNames {
		if bytes.Contains(rest, hostMarks[s]) {
			return s
		}
	}
	return "blob"
}

var serviceMarks = map[string][]byte{"blob": []byte("/blobServices"), "file": []byte("/fileServices"), "queue": []byte("/queueServices"), "table": []byte("/tableServices")}

var hostMarks = map[string][]byte{"blob": []byte(".blob."), "file": []byte(".file."), "queue": []byte(".queue."), "table": []byte(".table.")}

func afterScheme(uri []byte) []byte {
	if i := bytes.Index(uri, []byte("://")); i >= 0 {
		return uri[i+3:]
	}
	return uri
}

// account returns the name of the account, by what the record says of it.
func (r *record) account() []byte {
	if a := r.raw[fAccount]; len(a) > 0 {
		return a
	}
	if id := r.raw[fResource]; len(id) > 0 {
		if _, rest, ok := bytes.Cut(id, []byte("storageAccounts/")); ok {
			name, _, _ := bytes.Cut(rest, []byte("/"))
			return name
		}
	}
	name, _, ok := bytes.Cut(afterScheme(r.raw[fURI]), []byte("."))
	if !ok {
		return nil
	}
	return name
}

func equalFold(b []byte, lower string) bool {
	for i := range b {
		if b[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// object returns container and path, without the account and without a query.
func (r *record) object() []byte {
	o := r.raw[fObject]
	if len(o) == 0 {
		rest := afterScheme(r.raw[fURI])
		i := bytes.IndexByte(rest, '/')
		if i < 0 {
			return nil
		}
		o = rest[i+1:]
	} else if rest := afterScheme(o); len(rest) != len(o) { // a URL, as of a copy's source
		i := bytes.IndexByte(rest, '/')
		o = rest[i+1:]
	} else {
		o = bytes.TrimPrefix(o, []byte("/"))
		if i := bytes.IndexByte(o, '/'); i >= 0 {
			o = o[i+1:]
		} else {
			o = nil // the account itself
		}
	}
	if i := bytes.IndexByte(o, '?'); i >= 0 {
		o = o[:i]
	}
	return o
}
