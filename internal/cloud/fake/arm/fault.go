package arm

import (
	"net/http"
	"strconv"
	"strings"
)

// Fault is something that goes wrong with requests of one name.
type Fault struct {
	Name  string // of the request, as in Call; empty means every one
	Times int    // how often; 0 means once
	Skip  int    // how many requests go well before
	How   How
	After int // seconds to wait, of Throttle; 0 says none
}

// How says what goes wrong.
type How int

// What can go wrong. CutBefore cuts the connection before anything is done,
// CutAfter when it is done and before the answer.
const (
	Throttle How = iota
	CutBefore
	CutAfter
	Fail // 500
)

// Break makes requests go wrong.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, &f)
}

// fault returns what goes wrong with this request, nil if nothing does.
func (s *Server) fault(name string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		switch {
		case f.Name != "" && f.Name != name || f.Times == 0:
		case f.Skip > 0:
			f.Skip--
		default:
			f.Times--
			return f
		}
	}
	return nil
}

// cut ends the connection without an answer.
func cut() { panic(http.ErrAbortHandler) }

// denial is an error of the resource manager.
type denial struct {
	status  int
	code    string
	message string
	after   int
}

func (d *denial) write(w http.ResponseWriter) {
	if d.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(d.after))
	}
	w.Header().Set("X-Ms-Failure-Cause", "gateway")
	answer(w, d.status, map[string]any{"error": map[string]any{"code": d.code, "message": d.message}})
}

// The denials, in the words of the real one. Source: "Troubleshoot common Azure
// deployment errors", "Lock your resources", and answers that users reported.
func (s *Server) unauthorised(action, scope string) *denial {
	client := s.opt.ClientID
	if client == "" {
		client = s.opt.Object
	}
	return &denial{status: http.StatusForbidden, code: "AuthorizationFailed", message: "The client '" + client + "' with object id '" + s.opt.Object +
		"' does not have authorization to perform action '" + action + "' over scope '" + scope +
		"' or the scope is invalid. If access was recently granted, please refresh your credentials."}
}

func locked(scope, by string) *denial {
	return &denial{status: http.StatusConflict, code: "ScopeLocked", message: "The scope '" + scope +
		"' cannot perform write operation because following scope(s) are locked: '" + by + "'. Please remove the lock and try again."}
}

func missing(a Account) *denial {
	return &denial{status: http.StatusNotFound, code: "ResourceNotFound", message: "The Resource 'Microsoft.Storage/storageAccounts/" + a.Name +
		"' under resource group '" + a.Group + "' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"}
}

var (
	noToken   = &denial{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "The access token is invalid."}
	noVersion = &denial{status: http.StatusBadRequest, code: "MissingApiVersionParameter", message: "The api-version query parameter (?api-version=) is required for all requests."}
	noMethod  = &denial{status: http.StatusMethodNotAllowed, code: "MethodNotAllowed", message: "The requested resource does not support the method."}
	noRoute   = &denial{status: http.StatusNotFound, code: "InvalidResourceType", message: "The resource type could not be found in the namespace 'Microsoft.Storage'."}
	badBody   = &denial{status: http.StatusBadRequest, code: "InvalidRequestContent", message: "The request content was invalid and could not be deserialized."}
	badKey    = &denial{status: http.StatusBadRequest, code: "InvalidKeyName", message: "The key name is not valid."}
	oldKeys   = &denial{status: http.StatusBadRequest, code: "InvalidRequestPropertyValue", message: "The value of properties.sasPolicy cannot be set before both account keys are regenerated."}
	internal  = &denial{status: http.StatusInternalServerError, code: "InternalServerError", message: "Encountered internal server error."}
)

func throttled(after int) *denial {
	return &denial{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "The request is being throttled.", after: after}
}

// within reports whether id lies in a scope, or is it.
func within(id, scope string) bool {
	id, scope = strings.ToLower(id), strings.ToLower(strings.TrimSuffix(scope, "/"))
	return id == scope || strings.HasPrefix(id, scope+"/")
}
