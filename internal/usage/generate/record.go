package generate

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"time"
)

// Record is one made-up request.
type Record struct {
	Token     *Token
	Time      time.Time
	Operation string
	Category  string // StorageRead, StorageWrite, StorageDelete
	Code      int
	Status    string
	Caller    string // address
	Port      int
	Agent     string
	Object    string // container and path, decoded
	Extra     string // parameters besides those of the signature
	ID        string
	Out, In   int64
	Unblanked bool // leave the signature in the log
}

// agents are programs as they name themselves.
var agents = []string{
	"AzCopy/10.27.1 Azure-Storage-GO/0.15 (go1.22.5; linux)",
	"azsdk-python-storage-blob/12.19.0 Python/3.11.4 (Linux-5.15.0-x86_64)",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
	`strange "quoted"; agent\with & signs`, "curl/8.5.0", "Wget/1.21.4",
}

// deed is an operation and what it needs.
type deed struct{ needs, operation, category, extra string }

var deeds = []deed{
	{"r", "GetBlob", "StorageRead", ""},
	{"r", "GetBlobProperties", "StorageRead", ""},
	{"l", "ListBlobs", "StorageRead", "&restype=container&comp=list&prefix=a%2Fb"},
	{"w", "PutBlob", "StorageWrite", "&timeout=30"},
	{"w", "PutBlock", "StorageWrite", "&comp=block&blockid=MDAwMDAx"},
	{"d", "DeleteBlob", "StorageDelete", ""},
}

func (t *Token) request(r *rand.Rand, at time.Time) *Record {
	d := deeds[0]
	for range 8 {
		if c := pick(r, deeds...); (t.Kind == "account_key" || t.Kind == "oauth" || strings.Contains(t.Sp, c.needs)) && !(t.object && c.needs != "r") {
			d = c
			break
		}
	}
	rec := &Record{
		Token: t, Time: at, Operation: d.operation, Category: d.category, Extra: d.extra,
		Code: 200, Status: "Success", Port: 1024 + r.IntN(60000), Agent: pick(r, agents...), ID: guid(r),
		Caller: fmt.Sprintf("203.0.%d.%d", len(t.Account)+t.weight, r.IntN(5+t.weight)), Object: strings.TrimPrefix(t.path, "/"),
	}
	if r.IntN(10) == 0 {
		rec.Caller = fmt.Sprintf("2001:db8::%x", 1+r.IntN(t.weight))
	}
	if !t.object && d.operation != "ListBlobs" {
		rec.Object += fmt.Sprintf("/models/öl %d.ckpt", r.IntN(40))
	}
	switch {
	case r.IntN(12) == 0:
		rec.Code, rec.Status = 403, pick(r, "AuthenticationFailed", "AuthorizationPermissionMismatch")
	case d.operation == "GetBlob":
		rec.Out = int64(r.IntN(50_000_000))
	case d.category == "StorageWrite":
		rec.Code, rec.In = 201, int64(r.IntN(8_000_000))
	}
	return rec
}

// uri is the address that was asked, with its signature blanked.
func (r *Record) uri() string {
	path := strings.NewReplacer(" ", "%20", "ö", "%C3%B6").Replace(r.Object)
	u := "https://" + r.Token.Account + ".blob.core.windows.net:443/" + path
	q := r.Token.query
	if i := strings.Index(q, "&sig="); i >= 0 && !r.Unblanked {
		q = q[:i] + "&sig=XXXXX"
	}
	if q += r.Extra; q != "" {
		u += "?" + strings.TrimPrefix(q, "&")
	}
	return u
}

func (r *Record) from() string {
	if strings.Contains(r.Caller, ":") {
		return fmt.Sprintf("[%s]:%d", r.Caller, r.Port)
	}
	return fmt.Sprintf("%s:%d", r.Caller, r.Port)
}

// hash is what the service logs of the token.
func (r *Record) hash() string {
	t := r.Token
	switch {
	case t.Sign != "":
		return fmt.Sprintf("%s(%s),SasSignature(%s)", t.Key, strings.ToUpper(t.KeyHash), strings.ToUpper(t.Sign))
	case t.Kind == "account_key":
		return fmt.Sprintf("%s(%s)", t.Key, strings.ToUpper(t.KeyHash))
	case t.Kind == "oauth":
		return strings.ToUpper(strings.ReplaceAll(r.ID+r.ID, "-", ""))
	}
	return ""
}

// auth is the service's word for how the request was authorized.
func (r *Record) auth() string {
	switch r.Token.Kind {
	case "account_key":
		return "AccountKey"
	case "oauth":
		return "OAuth"
	case "anonymous":
		return "Anonymous"
	case "user_delegation_sas":
		return "DelegationSas"
	}
	return "SAS"
}

const stamp = "2006-01-02T15:04:05.0000000Z"

// AppendResource writes the record as a resource log has it, without a line end.
func (r *Record) AppendResource(b []byte) []byte {
	t := r.Token
	identity := map[string]any{"type": r.auth()}
	if h := r.hash(); h != "" {
		identity["tokenHash"] = h
	}
	if t.Kind == "oauth" {
		identity["requester"] = map[string]any{"appId": t.app, "audience": "https://storage.azure.com/", "objectId": t.app, "tenantId": t.app, "tokenIssuer": "https://sts.windows.net/" + t.app + "/"}
		identity["authorization"] = []map[string]any{{"action": "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "result": "Granted", "principals": []map[string]string{{"id": t.app, "type": "ServicePrincipal"}}}}
	}
	line, _ := json.Marshal(resourceLog{
		Time:       r.Time.Format(stamp),
		ResourceID: "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/madeup/providers/Microsoft.Storage/storageAccounts/" + t.Account + "/blobServices/default",
		Category:   r.Category, OperationName: r.Operation, OperationVersion: "2022-11-02", SchemaVersion: "1.0",
		StatusCode: r.Code, StatusText: r.Status, DurationMs: 9, CallerIPAddress: r.from(), CorrelationID: r.ID,
		Identity: identity, Location: "West Europe",
		Properties: map[string]any{
			"accountName": t.Account, "userAgentHeader": r.Agent, "etag": `"0x8DA5A9118CDE874"`, "serviceType": "blob",
			"objectKey": "/" + t.Account + "/" + r.Object, "lastModifiedTime": "2025/06/30 12:07:25.0000000", "metricResponseType": "Success",
			"serverLatencyMs": 9, "requestHeaderSize": 636, "responseHeaderSize": 394, "responseBodySize": r.Out, "requestBodySize": r.In,
			"contentLengthHeader": r.In, "clientRequestId": r.ID, "tlsVersion": "TLS 1.2",
		},
		URI: r.uri(), Protocol: "HTTPS", ResourceType: "Microsoft.Storage/storageAccounts/blobServices",
	})
	return append(b, line...)
}

// resourceLog is a record of a resource log, its members in the order in which
// the service writes them.
type resourceLog struct {
	Time             string         `json:"time"`
	ResourceID       string         `json:"resourceId"`
	Category         string         `json:"category"`
	OperationName    string         `json:"operationName"`
	OperationVersion string         `json:"operationVersion"`
	SchemaVersion    string         `json:"schemaVersion"`
	StatusCode       int            `json:"statusCode"`
	StatusText       string         `json:"statusText"`
	DurationMs       int            `json:"durationMs"`
	CallerIPAddress  string         `json:"callerIpAddress"`
	CorrelationID    string         `json:"correlationId"`
	Identity         map[string]any `json:"identity"`
	Location         string         `json:"location"`
	Properties       map[string]any `json:"properties"`
	URI              string         `json:"uri"`
	Protocol         string         `json:"protocol"`
	ResourceType     string         `json:"resourceType"`
}

// Columns are those of StorageBlobLogs that are written.
var Columns = strings.Split("TenantId,TimeGenerated,AccountName,Location,Protocol,OperationName,AuthenticationType,StatusCode,StatusText,DurationMs,ServerLatencyMs,Uri,CallerIpAddress,CorrelationId,SchemaVersion,OperationVersion,AuthenticationHash,RequesterObjectId,RequesterAppId,ServiceType,ObjectKey,OperationCount,RequestBodySize,ResponseBodySize,UserAgentHeader,ClientRequestId,Category,TlsVersion,SourceSystem,Type,_ResourceId", ",")

// Cells are the values of the columns.
func (r *Record) Cells() []string {
	t := r.Token
	app := ""
	if t.Kind == "oauth" {
		app = t.app
	}
	return []string{
		"00000000-1111-2222-3333-444444444444", r.Time.Format(stamp), t.Account, "westeurope", "HTTPS", r.Operation, r.auth(), fmt.Sprint(r.Code), r.Status, "9", "9",
		r.uri(), r.from(), r.ID, "1.0", "2022-11-02", r.hash(), app, app, "blob", "/" + t.Account + "/" + r.Object, "0",
		fmt.Sprint(r.In), fmt.Sprint(r.Out), r.Agent, r.ID, r.Category, "TLS 1.2", "Azure", "StorageBlobLogs", "/subscriptions/s/resourcegroups/g/providers/microsoft.storage/storageaccounts/" + t.Account,
	}
}

// AppendCSV writes cells as a line of CSV.
func AppendCSV(b []byte, cells []string) []byte {
	for i, c := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		if strings.ContainsAny(c, "\",\n\r") {
			b = append(append(append(b, '"'), strings.ReplaceAll(c, `"`, `""`)...), '"')
		} else {
			b = append(b, c...)
		}
	}
	return append(b, '\n')
}

// AppendAnalytics writes the record as an object with the columns of
// StorageBlobLogs.
func (r *Record) AppendAnalytics(b []byte) []byte {
	m := map[string]string{}
	for i, c := range r.Cells() {
		m[Columns[i]] = c
	}
	line, _ := json.Marshal(m)
	return append(b, line...)
}

// AppendRow writes the record as a row of the answer to a query.
func (r *Record) AppendRow(b []byte) []byte {
	line, _ := json.Marshal(r.Cells())
	return append(b, line...)
}

// QueryHead and QueryEnd stand around the rows of the answer to a query, which
// are parted by commas.
func QueryHead() []byte {
	b := []byte(`{"tables":[{"name":"PrimaryResult","columns":[`)
	for i, c := range Columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"name":%q,"type":"string"}`, c)
	}
	return append(b, `],"rows":[`...)
}

// QueryEnd is what follows the rows.
const QueryEnd = `]}]}`

// AppendClassic writes the record as a line of Storage Analytics, version 1.0 or
// 2.0, without a line end. Such a line has no hash of the token.
func (r *Record) AppendClassic(b []byte, version string) []byte {
	t := r.Token
	auth, status, requester := "sas", r.Status, ""
	switch t.Kind {
	case "account_key":
		auth, requester = "authenticated", t.Account
	case "oauth":
		auth = "bearer"
	case "anonymous":
		auth = "anonymous"
	}
	if status == "Success" && auth != "authenticated" {
		status = map[string]string{"sas": "SASSuccess", "anonymous": "AnonymousSuccess", "bearer": "OAuthSuccess"}[auth]
	}
	q := func(s string) string { return `"` + html.EscapeString(s) + `"` }
	fields := []string{
		version, r.Time.Format(stamp), r.Operation, status, fmt.Sprint(r.Code), "9", "9", auth, requester, t.Account, "blob",
		q(r.uri()), q("/" + t.Account + "/" + r.Object), r.ID, "0", r.from(), "2022-11-02", "636", fmt.Sprint(r.In), "394", fmt.Sprint(r.Out), fmt.Sprint(r.In),
		"", "", `"` + `"0x8DA5A9118CDE874"` + `"`, "Monday, 30-Jun-25 12:07:25 GMT", "", q(r.Agent), "", q(r.ID),
	}
	if version == "2.0" {
		app := ""
		if t.Kind == "oauth" {
			app = t.app
		}
		fields = append(fields, app, app, app, "", "", "", "", q(`[{"action":"read"; "result":"Granted"}]`))
	}
	return append(b, strings.Join(fields, ";")...)
}
