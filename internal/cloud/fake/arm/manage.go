package arm

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// operation is a request that the resource manager serves.
type operation struct {
	name    string
	method  string
	pattern *regexp.Regexp // of the path, in lower case
	action  string         // the right that it needs
	changes bool           // a lock that lets only read forbids it
	serve   func(*Server, *request) *denial
}

// request is a request on its way through.
type request struct {
	*http.Request
	w       http.ResponseWriter
	op      *operation
	account *state // nil where it is about none
	group   string
	sub     string
	body    []byte
	detail  string
	reply   any // what is answered, if nothing went wrong
}

const (
	subPath     = `/subscriptions/(?P<sub>[^/]+)`
	accountPath = subPath + `/resourcegroups/(?P<group>[^/]+)/providers/microsoft\.storage/storageaccounts/(?P<account>[^/]+)`
	accountType = "Microsoft.Storage/storageAccounts"
)

func at(pattern string) *regexp.Regexp { return regexp.MustCompile("^" + pattern + "/?$") }

// operations are those of the specification that are served.
var operations = []operation{
	{name: "subscriptions", method: "GET", pattern: at(`/subscriptions`), serve: (*Server).listSubscriptions},
	{name: "list", method: "GET", pattern: at(subPath + `/providers/microsoft\.storage/storageaccounts`), action: accountType + "/read", serve: (*Server).listAccounts},
	{name: "get", method: "GET", pattern: at(accountPath), action: accountType + "/read", serve: (*Server).getAccount},
	{name: "update", method: "PATCH", pattern: at(accountPath), action: accountType + "/write", changes: true, serve: (*Server).update},
	{name: "listKeys", method: "POST", pattern: at(accountPath + `/listkeys`), action: accountType + "/listkeys/action", changes: true, serve: (*Server).listKeys},
	{name: "regenerateKey", method: "POST", pattern: at(accountPath + `/regeneratekey`), action: accountType + "/regeneratekey/action", changes: true, serve: (*Server).regenerateKey},
	{name: "revokeUserDelegationKeys", method: "POST", pattern: at(accountPath + `/revokeuserdelegationkeys`), action: accountType + "/revokeUserDelegationKeys/action", changes: true, serve: (*Server).revoke},
	{name: "blobServices", method: "GET", pattern: at(accountPath + `/blobservices/default`), action: accountType + "/blobServices/read", serve: (*Server).blobService},
	{name: "diagnosticSettings", method: "GET", pattern: at(accountPath + `/blobservices/default/providers/microsoft\.insights/diagnosticsettings`), action: "Microsoft.Insights/diagnosticSettings/read", serve: (*Server).diagnostics},
	{name: "locks", method: "GET", pattern: at(accountPath + `/providers/microsoft\.authorization/locks`), action: "Microsoft.Authorization/locks/read", serve: (*Server).listLocks},
}

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// manage serves the resource manager.
func (s *Server) manage(w http.ResponseWriter, r *http.Request) {
	q, d := s.route(w, r)
	if d != nil {
		d.write(w)
		return
	}
	name := ""
	if q.account != nil {
		name = q.account.Name
		q.account.busy.Lock()
		defer q.account.busy.Unlock()
	}
	f := s.fault(q.op.name)
	switch {
	case f == nil:
	case f.How == CutBefore:
		s.note(Call{Name: q.op.name, Account: name})
		cut()
	case f.How == Throttle:
		d = throttled(f.After)
	case f.How == Fail:
		d = internal
	}
	if d == nil {
		d = q.op.serve(s, q)
	}
	status := http.StatusOK
	if d != nil {
		status = d.status
	}
	if f != nil && f.How == CutAfter {
		status = 0
	}
	s.note(Call{Name: q.op.name, Account: name, Status: status, Detail: q.detail})
	switch {
	case status == 0:
		cut()
	case d != nil:
		d.write(w)
	case q.reply == nil:
		w.WriteHeader(http.StatusOK)
	default:
		answer(w, http.StatusOK, q.reply)
	}
}

// route finds what a request asks for, and whether it may.
func (s *Server) route(w http.ResponseWriter, r *http.Request) (*request, *denial) {
	q := &request{Request: r, w: w}
	path := strings.ToLower(r.URL.Path)
	found := false
	for i := range operations {
		o := &operations[i]
		m := o.pattern.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		found = true
		if o.method != r.Method {
			continue
		}
		q.op = o
		get := func(name string) string {
			if i := o.pattern.SubexpIndex(name); i >= 0 {
				return m[i]
			}
			return ""
		}
		q.sub, q.group = get("sub"), get("group")
		if d := s.admit(q, get("account")); d != nil {
			return nil, d
		}
		var err error
		if q.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
			return nil, badBody
		}
		return q, nil
	}
	if found {
		return nil, noMethod
	}
	return nil, noRoute
}

// admit checks the token, the version, the right, that the account is there, and
// locks: in this order, as the real one does.
func (s *Server) admit(q *request, account string) *denial {
	if !s.mayAsk(q.Request, Management) {
		return noToken
	}
	if q.URL.Query().Get("api-version") == "" {
		return noVersion
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	scope := strings.TrimSuffix(q.URL.Path, "/")
	if i := strings.Index(strings.ToLower(scope), "/storageaccounts/"); i >= 0 {
		end := strings.IndexByte(scope[i+len("/storageaccounts/"):], '/')
		if end >= 0 {
			scope = scope[:i+len("/storageaccounts/")+end]
		}
	}
	if s.denied[strings.ToLower(q.op.action)] {
		return s.unauthorised(q.op.action, scope)
	}
	if account == "" {
		if q.sub != "" && !slices.ContainsFunc(s.subscriptions, func(id string) bool { return strings.EqualFold(id, q.sub) }) {
			return &denial{status: http.StatusNotFound, code: "SubscriptionNotFound", message: "The subscription '" + q.sub + "' could not be found."}
		}
		return nil
	}
	st := s.accounts[account]
	if st == nil || !strings.EqualFold(st.Group, q.group) || !strings.EqualFold(st.Subscription, q.sub) {
		return missing(Account{Name: account, Group: q.group})
	}
	for _, l := range s.locks {
		if q.op.changes && l.level == ReadOnly && within(st.ID(), l.scope) {
			return locked(st.ID(), l.scope)
		}
	}
	q.account = st
	return nil
}

// page cuts a list where a page ends, and says where the next begins.
func (s *Server) page(q *request, items []any) map[string]any {
	from, _ := strconv.Atoi(q.URL.Query().Get("$skiptoken"))
	from = min(max(from, 0), len(items))
	until := len(items)
	if s.opt.PageSize > 0 {
		until = min(from+s.opt.PageSize, until)
	}
	list := map[string]any{"value": append([]any{}, items[from:until]...)}
	if until < len(items) {
		query := url.Values{"api-version": {q.URL.Query().Get("api-version")}, "$skiptoken": {strconv.Itoa(until)}}
		list["nextLink"] = "https://" + q.Host + q.URL.Path + "?" + query.Encode()
	}
	return list
}

func (s *Server) listSubscriptions(q *request) *denial {
	var items []any
	for i, id := range s.subscriptions {
		items = append(items, map[string]any{
			"id": "/subscriptions/" + id, "subscriptionId": id, "tenantId": s.opt.Tenant,
			"displayName": fmt.Sprintf("subscription %d", i+1), "state": "Enabled",
		})
	}
	q.reply = s.page(q, items)
	return nil
}

func (s *Server) listAccounts(q *request) *denial {
	var items []any
	s.mu.Lock()
	for _, name := range s.order {
		if a := s.accounts[name].Account; strings.EqualFold(a.Subscription, q.sub) {
			items = append(items, a.describe())
		}
	}
	s.mu.Unlock()
	q.reply = s.page(q, items)
	return nil
}

func (s *Server) listLocks(q *request) *denial {
	var items []any
	s.mu.Lock()
	for _, l := range s.locks {
		if within(q.account.ID(), l.scope) {
			items = append(items, map[string]any{
				"id": l.scope + "/providers/Microsoft.Authorization/locks/" + l.name, "name": l.name, "type": "Microsoft.Authorization/locks",
				"properties": map[string]any{"level": l.level, "notes": ""},
			})
		}
	}
	s.mu.Unlock()
	q.reply = s.page(q, items)
	return nil
}
