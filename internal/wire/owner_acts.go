package wire

import (
	"regexp"
	"sync"
)

// The paths of the resource manager, in lower case.
const (
	subscription = `^/subscriptions/[0-9a-z-]{1,64}`
	storageOf    = subscription + `/resourcegroups/[0-9a-z_.()-]{1,90}/providers/microsoft\.storage/storageaccounts/(?P<account>[0-9a-z]{3,24})`
)

// pathOf is compiled when the first owner asks: the commands that own nothing do
// not pay for it.
func pathOf(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression + `$`) })
}

var (
	rootPath     = pathOf(`^/`)
	holderPath   = pathOf(`^/(\$root|\$web|\$logs|\$blobchangefeed|[0-9a-z][0-9a-z-]{1,62})`)
	tablePath    = pathOf(`^/[A-Za-z][A-Za-z0-9]{2,62}`)
	loginHeaders = []string{"Client-Request-Id", "Return-Client-Request-Id", "X-Client-Sku", "X-Client-Os", "X-Client-Cpu", "X-Client-Ver", "X-Ms-Lib-Capability"}
	patch        = []string{"PATCH"}
)

// apiVersion is the query that every request to the resource manager has.
var apiVersion = is("api-version")

// Acts is every request that may leave through an owner's door.
//
// Never on this list: anything that deletes or makes an account, a container or
// an object; anything that reads, writes or lists objects; both keys in one
// request; the SAS that the resource manager would sign (ListAccountSas);
// settings of an account besides the three that close links; roles and locks.
//
// Sources: Azure Storage REST reference; the specification of Microsoft.Storage
// 2024-01-01, Microsoft.Authorization/locks 2016-09-01,
// Microsoft.Insights/diagnosticSettings 2021-05-01-preview; the Microsoft
// identity platform; "Azure Instance Metadata Service".
var Acts = []Act{
	{
		Name: "subscriptions", Doc: "Subscriptions - List: where an account may lie.",
		To: Manager, Methods: get, Path: pathOf(`^/subscriptions`), Query: []Param{apiVersion}, Any: true,
	},
	{
		Name: "accounts", Doc: "Storage Accounts - List: in which group an account lies.",
		To: Manager, Methods: get, Path: pathOf(subscription + `/providers/microsoft\.storage/storageaccounts`), Query: []Param{apiVersion}, Any: true,
	},
	{
		Name: "account", Doc: "Storage Accounts - Get Properties: what its settings are, and how old its keys.",
		To: Manager, Methods: get, Path: pathOf(storageOf), Query: []Param{apiVersion}, May: []string{"$expand"},
	},
	{
		Name: "blob service settings", Doc: "Blob Services - Get: soft delete and versioning.",
		To: Manager, Methods: get, Path: pathOf(storageOf + `/blobservices/default`), Query: []Param{apiVersion},
	},
	{
		Name: "logging settings", Doc: "Diagnostic Settings - List: whether requests to blobs are logged.",
		To: Manager, Methods: get, Path: pathOf(storageOf + `/blobservices/default/providers/microsoft\.insights/diagnosticsettings`), Query: []Param{apiVersion},
	},
	{
		Name: "locks", Doc: "Management Locks - List: what forbids changes.",
		To: Manager, Methods: get, Path: pathOf(storageOf + `/providers/microsoft\.authorization/locks`), Query: []Param{apiVersion}, Any: true,
	},
	{
		Name: "list keys", Doc: "Storage Accounts - List Keys: to tell which key made a link, and to sign one. The activity log notes it.",
		To: Manager, Methods: post, Path: pathOf(storageOf + `/listkeys`), Query: []Param{apiVersion}, May: []string{"$expand"},
	},
	{
		Name: "regenerate key", Doc: "Storage Accounts - Regenerate Key: one key is made anew, and what it signed dies.",
		To: Manager, Methods: post, Path: pathOf(storageOf + `/regeneratekey`), Query: []Param{apiVersion}, Body: keyName, Once: true,
	},
	{
		Name: "revoke delegation keys", Doc: "Storage Accounts - Revoke User Delegation Keys: all user delegation links die.",
		To: Manager, Methods: post, Path: pathOf(storageOf + `/revokeuserdelegationkeys`), Query: []Param{apiVersion},
	},
	{
		Name: "change settings", Doc: "Storage Accounts - Update, of nothing but the settings that close links.",
		To: Manager, Methods: patch, Path: pathOf(storageOf), Query: []Param{apiVersion},
		Body: fields("properties.allowSharedKeyAccess", "properties.allowBlobPublicAccess", "properties.sasPolicy", "properties.sasPolicy.sasExpirationPeriod", "properties.sasPolicy.expirationAction"),
	},

	{
		Name: "containers", Doc: "List Containers, Shares or Queues: what may hold stored access policies.",
		To: Data, On: Blob | File | Queue, Methods: get, Path: rootPath, Query: []Param{is("comp", "list")}, May: []string{"marker", "maxresults", "include"},
	},
	{
		Name: "tables", Doc: "Query Tables: what may hold stored access policies.",
		To: Data, On: Table, Methods: get, Path: pathOf(`^/Tables`), May: []string{"$top", "NextTableName"},
	},
	{
		Name: "container policies", Doc: "Get Container ACL: public access and stored access policies.",
		To: Data, On: Blob, Methods: get, Path: holderPath, Query: []Param{is("restype", "container"), is("comp", "acl")},
	},
	{
		Name: "share policies", Doc: "Get Share ACL.",
		To: Data, On: File, Methods: get, Path: holderPath, Query: []Param{is("restype", "share"), is("comp", "acl")}, Headers: []string{"X-Ms-File-Request-Intent"},
	},
	{
		Name: "queue policies", Doc: "Get Queue ACL.",
		To: Data, On: Queue, Methods: get, Path: holderPath, Query: []Param{is("comp", "acl")},
	},
	{
		Name: "table policies", Doc: "Get Table ACL.",
		To: Data, On: Table, Methods: get, Path: tablePath, Query: []Param{is("comp", "acl")},
	},
	{
		Name: "set container policies", Doc: "Set Container ACL: stored access policies and public access, all at once.",
		To: Data, On: Blob, Methods: put, Path: holderPath, Query: []Param{is("restype", "container"), is("comp", "acl")},
		Headers: []string{"X-Ms-Blob-Public-Access", "If-Unmodified-Since"}, Body: identifiers,
	},
	{
		Name: "set share policies", Doc: "Set Share ACL.",
		To: Data, On: File, Methods: put, Path: holderPath, Query: []Param{is("restype", "share"), is("comp", "acl")},
		Headers: []string{"X-Ms-File-Request-Intent"}, Body: identifiers,
	},
	{
		Name: "set queue policies", Doc: "Set Queue ACL.",
		To: Data, On: Queue, Methods: put, Path: holderPath, Query: []Param{is("comp", "acl")}, Body: identifiers,
	},
	{
		Name: "set table policies", Doc: "Set Table ACL.",
		To: Data, On: Table, Methods: put, Path: tablePath, Query: []Param{is("comp", "acl")}, Body: identifiers,
	},
	{
		Name: "delegation key", Doc: "Get User Delegation Key: what signs a link in the name of the login.",
		To: Data, On: Blob, Methods: post, Path: rootPath, Query: []Param{is("restype", "service"), is("comp", "userdelegationkey")}, Body: keyInfo,
	},
	{
		Name: "service properties", Doc: "Get Blob Service Properties: soft delete and classic logging.",
		To: Data, On: Blob, Methods: get, Path: rootPath, Query: []Param{is("restype", "service"), is("comp", "properties")},
	},

	{
		Name: "authority", Doc: "Which hosts hand out tokens of a cloud, and where.",
		To: Authority, Methods: get, Path: pathOf(`^/(common/discovery/instance|[0-9a-z.-]{1,128}/v2\.0/\.well-known/openid-configuration)`), Any: true, Headers: loginHeaders,
	},
	{
		Name: "token", Doc: "A token for the login that the environment holds.",
		To: Authority, Methods: post, Path: pathOf(`^/[0-9a-z.-]{1,128}/oauth2/v2\.0/token`), Headers: loginHeaders, Body: anyForm,
	},
	{
		Name: "machine token", Doc: "A token for the identity of the machine itself.",
		To: Machine, Methods: get, Path: pathOf(`^/metadata/identity/oauth2/token`), Any: true, Headers: []string{"Metadata", "X-Ms-Lib-Capability"},
	},
}
