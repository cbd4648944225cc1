package fake

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Denial is an answer that is no success.
type Denial struct {
	Status   int
	Code     string
	Message  string
	Detail   string // AuthenticationErrorDetail; empty for none
	Extended string // ExtendedErrorDetail, which versions from 2024-08-04 on are told; empty for none
	Header   http.Header
}

// The refusals that the service gives to signatures. Sources: Azure Storage
// REST reference, "Shared access signature error codes", "Common REST API error
// codes", and answers of the live service that users reported.
var (
	SignatureMismatch = unauthentic("Signature did not match. String to sign used was rl\n\n2050-01-01T00:00:00Z\n/blob/contoso/data\n\n\n\n2022-11-02\nc\n\n\n\n\n\n\n")
	Expired           = unauthentic("Signature not valid in the specified time frame: Start [Sun, 01 Mar 2020 08:00:00 GMT] - Expiry [Mon, 01 Mar 2021 08:00:00 GMT] - Current [Tue, 20 Jun 2023 18:00:00 GMT]")
	NotYetValid       = unauthentic("Signature not valid in the specified time frame: Start [Sat, 01 Mar 2070 08:00:00 GMT] - Expiry [Sun, 01 Mar 2071 08:00:00 GMT] - Current [Tue, 20 Jun 2023 18:00:00 GMT]")
	ExpiryBeforeNow   = unauthentic("Signed expiry time [Mon, 01 Mar 2021 08:00:00 GMT] has to be after signed start time [Tue, 20 Jun 2023 18:00:00 GMT]")
	PolicyGone        = unauthentic("SAS identifier cannot be found for specified signed identifier")
	Malformed         = unauthentic("Signature fields not well formed.")
	KeyExpired        = unauthentic("Signed key expiry [Mon, 01 Mar 2021 08:00:00 GMT] has to be after signed key start time [Tue, 20 Jun 2023 18:00:00 GMT]")

	IPMismatch           = Denial{Status: 403, Code: "AuthorizationSourceIPMismatch", Message: "This request is not authorized to perform this operation using this source IP 203.0.113.7."}
	ProtocolMismatch     = Denial{Status: 403, Code: "AuthorizationProtocolMismatch", Message: "This request is not authorized to perform this operation using this protocol."}
	ServiceMismatch      = Denial{Status: 403, Code: "AuthorizationServiceMismatch", Message: "This request is not authorized to perform this operation using this service."}
	ResourceTypeMismatch = Denial{Status: 403, Code: "AuthorizationResourceTypeMismatch", Message: "This request is not authorized to perform this operation using this resource type."}
	PermissionMismatch   = Denial{Status: 403, Code: "AuthorizationPermissionMismatch", Message: "This request is not authorized to perform this operation using this permission."}
	Firewall             = Denial{Status: 403, Code: "AuthorizationFailure", Message: "This request is not authorized to perform this operation."}
	KeysOff              = Denial{Status: 403, Code: "KeyBasedAuthenticationNotPermitted", Message: "Key based authentication is not permitted on this storage account."}
	Blocked              = unauthentic("Sas policy on the account does not permit the signature: its validity is longer than the expiration period.")
	AccountDisabled      = Denial{Status: 403, Code: "AccountIsDisabled", Message: "The specified account is disabled."}
	PublicAccessOff      = Denial{Status: 409, Code: "PublicAccessNotPermitted", Message: "Public access is not permitted on this storage account."}
	NoSuchResource       = Denial{Status: 404, Code: "ResourceNotFound", Message: "The specified resource does not exist."}
	ServerBusy           = Denial{Status: 503, Code: "ServerBusy", Message: "The server is currently unable to receive requests. Please retry your request.", Header: http.Header{"Retry-After": {"1"}}}
	TooManyRequests      = Denial{Status: 429, Code: "TooManyRequests", Message: "The request rate is too high.", Header: http.Header{"Retry-After": {"1"}}}
	InternalError        = Denial{Status: 500, Code: "InternalError", Message: "Server encountered an internal error. Please try again after some time."}
)

func unauthentic(detail string) Denial {
	return Denial{
		Status: 403, Code: "AuthenticationFailed", Detail: detail,
		Message: "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
	}
}

// refuse makes the reply of a denial in the form of the service.
func (s *Server) refuse(q *Request, d *Denial) *Reply { return refusal(q, d, s.opt.Now()) }

func refusal(q *Request, d *Denial, now time.Time) *Reply {
	r := &Reply{Status: d.Status, Header: headers(q, xml)}
	for name, values := range d.Header {
		r.Header[name] = values
	}
	r.Header.Set("X-Ms-Error-Code", d.Code)
	text := d.Message + "\nRequestId:" + r.Header.Get("X-Ms-Request-Id") + "\nTime:" + now.UTC().Format("2006-01-02T15:04:05.0000000Z")
	switch q.Service {
	case "table":
		r.Header.Set("Content-Type", "application/json")
		r.Body, _ = json.Marshal(map[string]any{"odata.error": map[string]any{"code": d.Code, "message": map[string]string{"lang": "en-US", "value": text}}})
	case "dfs":
		r.Header.Set("Content-Type", "application/json")
		r.Body, _ = json.Marshal(map[string]any{"error": map[string]string{"code": d.Code, "message": text}})
	default:
		body := append([]byte(declaration), "<Error>"...)
		body = element(body, "Code", d.Code)
		body = element(body, "Message", text)
		if d.Detail != "" {
			body = element(body, "AuthenticationErrorDetail", d.Detail)
		}
		if d.Extended != "" && q.version() >= "2024-08-04" {
			body = element(body, "ExtendedErrorDetail", d.Extended)
		}
		body = append(body, "</Error>"...)
		r.Body = body
	}
	return r
}

// write answers a request that could change something: as the service does
// where it would change nothing, else with a refusal that a test can find.
func (s *Server) write(q *Request) *Reply {
	if d := s.harmless(q); d != nil {
		return s.refuse(q, d)
	}
	q.Changes = true
	return s.refuse(q, &Denial{Status: http.StatusMethodNotAllowed, Code: "UnsupportedHttpVerb", Message: "The resource doesn't support specified Http Verb."})
}

// onlyExisting are the operations on a blob or file that make nothing.
var onlyExisting = map[string]bool{"metadata": true, "appendblock": true, "page": true, "properties": true, "tags": true, "tier": true, "lease": true, "snapshot": true, "undelete": true, "range": true}

// harmless returns what the service answers to a request that changes nothing,
// because what it names does not exist or its condition does not hold; nil for
// any other.
func (s *Server) harmless(q *Request) *Denial {
	comp := q.Query.Get("comp")
	makes := q.Method == http.MethodPut && !onlyExisting[comp] || q.Method == http.MethodPost
	switch q.Service {
	case "queue":
		if i := s.queueIndex(q.top()); i < 0 && q.top() != "" && (q.rest() != "" || !makes) {
			return &Denial{Status: 404, Code: "QueueNotFound", Message: "The specified queue does not exist."}
		}
		return nil
	case "table":
		if q.Method == http.MethodDelete && !s.hasRow(q.Path) {
			return &NoSuchResource
		}
		return nil
	case "file":
		return s.harmlessFile(q, makes)
	case "dfs":
		if q.Method == http.MethodDelete && !s.hasPath(q.top(), q.rest()) {
			return &Denial{Status: 404, Code: "PathNotFound", Message: "The specified path does not exist."}
		}
		return nil
	}
	return s.harmlessBlob(q, makes)
}

func (s *Server) harmlessBlob(q *Request, makes bool) *Denial {
	c := s.containers[q.top()]
	if c == nil || c.Gone {
		if q.top() == "" || q.Query.Get("restype") == "container" && makes {
			return nil
		}
		return &Denial{Status: 404, Code: "ContainerNotFound", Message: "The specified container does not exist."}
	}
	if q.Query.Get("restype") != "" || q.rest() == "" {
		return nil
	}
	o, exists := c.find(q.rest(), q.Query.Get("snapshot")+q.Query.Get("versionid"))
	match := q.Header.Get("If-Match")
	switch {
	case match != "" && match != "*" && (exists || makes) && match != quote(o.ETag):
		return &Denial{Status: 412, Code: "ConditionNotMet", Message: "The condition specified using HTTP conditional header(s) is not met."}
	case !exists && !makes:
		return &Denial{Status: 404, Code: "BlobNotFound", Message: "The specified blob does not exist."}
	}
	return nil
}

// Properties are the settings of the blob service.
type Properties struct {
	SoftDelete          int // days; 0 for off
	ContainerSoftDelete int
	Versioning          bool
	LogReads, LogWrites bool
	AnyOrigin           bool
	Website             bool
}

// serviceProperties answers Get Service Properties.
func (s *Server) serviceProperties(q *Request) *Reply {
	p := s.opt.Properties
	if p == nil {
		p = &Properties{}
	}
	flag := strconv.FormatBool
	retention := func(name string, days int) string {
		if days == 0 {
			return "<" + name + "><Enabled>false</Enabled></" + name + ">"
		}
		return "<" + name + "><Enabled>true</Enabled><Days>" + strconv.Itoa(days) + "</Days></" + name + ">"
	}
	body := declaration + "<StorageServiceProperties><Logging><Version>1.0</Version><Read>" + flag(p.LogReads) + "</Read><Write>" + flag(p.LogWrites) +
		"</Write><Delete>" + flag(p.LogWrites) + "</Delete>" + retention("RetentionPolicy", 0) + "</Logging>" +
		"<HourMetrics><Version>1.0</Version><Enabled>false</Enabled>" + retention("RetentionPolicy", 0) + "</HourMetrics><Cors>"
	if p.AnyOrigin {
		body += "<CorsRule><AllowedMethods>GET</AllowedMethods><AllowedOrigins>*</AllowedOrigins><AllowedHeaders>*</AllowedHeaders><ExposedHeaders>*</ExposedHeaders><MaxAgeInSeconds>200</MaxAgeInSeconds></CorsRule>"
	}
	body += "</Cors>"
	if q.Service == "blob" {
		body += retention("DeleteRetentionPolicy", p.SoftDelete) + retention("ContainerDeleteRetentionPolicy", p.ContainerSoftDelete) +
			"<IsVersioningEnabled>" + flag(p.Versioning) + "</IsVersioningEnabled><StaticWebsite><Enabled>" + flag(p.Website) + "</Enabled></StaticWebsite>"
	}
	return s.ok(q, xml, []byte(body+"</StorageServiceProperties>"))
}

// serviceStats answers Get Service Stats, which only a secondary does.
func (s *Server) serviceStats(q *Request) *Reply {
	if q.Account == s.opt.Account {
		return s.refuse(q, &Denial{Status: 400, Code: "InvalidQueryParameterValue", Message: "Value for one of the query parameters specified in the request URI is invalid."})
	}
	return s.ok(q, xml, []byte(declaration+"<StorageServiceStats><GeoReplication><Status>live</Status><LastSyncTime>"+
		time.Unix(newest, 0).UTC().Format(http.TimeFormat)+"</LastSyncTime></GeoReplication></StorageServiceStats>"))
}
