package fake

import (
	"net/http"
	"strings"
)

// operation is what a request needs of a link.
type operation struct {
	types     string // resource type of an account SAS: s, c, o
	letters   string // any of these permissions
	any       bool   // every live signature may
	never     bool   // no signature may
	anonymous bool   // anybody may where the container is public
}

// operationOf tells what a request needs.
//
// Source: Azure Storage REST reference, "Create an account SAS", the tables of
// permissions by operation.
func operationOf(q *Request) operation {
	comp, restype := q.Query.Get("comp"), q.Query.Get("restype")
	switch {
	case restype == "account":
		return operation{types: "s", any: true}
	case restype == "service" && q.reads():
		return operation{types: "s", letters: "r"}
	case restype == "service" && comp == "userdelegationkey":
		return operation{types: "s", never: true}
	case restype == "service":
		return operation{types: "s", letters: "w"}
	case comp == "acl":
		return operation{types: "c", never: true}
	}
	switch q.Service {
	case "queue":
		return queueOperation(q)
	case "table":
		return tableOperation(q)
	case "dfs":
		return pathOperation(q)
	}
	return blobOperation(q, comp, restype)
}

func blobOperation(q *Request, comp, restype string) operation {
	at := func(types, read, write, remove string) operation {
		switch q.Method {
		case http.MethodGet, http.MethodHead:
			return operation{types: types, letters: read, anonymous: true}
		case http.MethodDelete:
			return operation{types: types, letters: remove}
		}
		return operation{types: types, letters: write}
	}
	switch {
	case comp == "list" && q.Path == "/":
		return operation{types: "s", letters: "l"}
	case comp == "blobs":
		return operation{types: "s", letters: "f"}
	case comp == "list":
		return operation{types: "c", letters: "l", anonymous: true}
	case restype == "container" || restype == "share":
		op := at("c", "r", "cw", "d")
		op.never = q.Query.Get("srt") == ""
		return op
	case comp == "tags":
		return operation{types: "o", letters: "t"}
	case comp == "appendblock":
		return operation{types: "o", letters: "aw"}
	case comp == "metadata" || q.Service == "file":
		return at("o", "r", "w", "d")
	case q.Query.Get("versionid") != "":
		return at("o", "r", "w", "x")
	}
	return at("o", "r", "cw", "d")
}

func queueOperation(q *Request) operation {
	messages := strings.HasSuffix(q.Path, "/messages")
	switch {
	case q.Path == "/":
		return operation{types: "s", letters: "l"}
	case messages && q.Query.Get("peekonly") == "true":
		return operation{types: "o", letters: "r"}
	case messages && q.Method == http.MethodPost:
		return operation{types: "o", letters: "a"}
	case messages && q.Method == http.MethodGet:
		return operation{types: "o", letters: "p"}
	case messages:
		return operation{types: "o", letters: "d", never: q.Query.Get("srt") == ""}
	case q.Method == http.MethodDelete:
		return operation{types: "c", letters: "d", never: q.Query.Get("srt") == ""}
	case q.reads():
		return operation{types: "c", letters: "r"}
	}
	return operation{types: "c", letters: "w"}
}

func tableOperation(q *Request) operation {
	switch {
	case q.Path == "/Tables" && q.reads():
		return operation{types: "c", letters: "l", never: q.Query.Get("srt") == ""}
	case strings.HasPrefix(q.Path, "/Tables"):
		return operation{types: "c", letters: "dcw", never: q.Query.Get("srt") == ""}
	case q.reads():
		return operation{types: "o", letters: "r"}
	case q.Method == http.MethodDelete:
		return operation{types: "o", letters: "d"}
	}
	return operation{types: "o", letters: "au"}
}

func pathOperation(q *Request) operation {
	switch {
	case q.Query.Get("resource") == "account":
		return operation{types: "s", letters: "l"}
	case q.Query.Get("resource") == "filesystem" && q.Method == http.MethodGet:
		return operation{types: "c", letters: "l"}
	case q.Query.Get("resource") == "filesystem":
		return operation{types: "c", letters: "r"}
	case q.Query.Get("action") == "getAccessControl":
		return operation{types: "o", letters: "er"}
	case q.reads():
		return operation{types: "o", letters: "r"}
	case q.Method == http.MethodDelete:
		return operation{types: "o", letters: "d"}
	}
	return operation{types: "o", letters: "cw"}
}
