package wire

// is demands a query parameter or a header with one of values; without values,
// with any.
func is(name string, values ...string) Param { return Param{Name: name, Values: values} }

var (
	get     = []string{"GET"}
	getHead = []string{"GET", "HEAD"}
	head    = []string{"HEAD"}
	put     = []string{"PUT"}
	post    = []string{"POST"}
	remove  = []string{"DELETE"}
)

// impossible is an ETag that no object of Azure has.
const impossible = `"0x0"`

// Azure is every request that may leave for Azure Storage. What a shape means
// on one service may be something else on another, so each says where it may be
// sent; a host of unknown service gets reads only.
//
// Never on this list: If-None-Match on DELETE (the live service deletes), Set
// Tags (its condition may be ignored), leases, undelete, tiers, snapshots,
// service properties, creation of containers, queues, tables, shares, files or
// directories, PUT without a condition, messages taken from a queue that exists,
// entities inserted, replaced or merged (without If-Match that creates).
//
// Source: Azure Storage REST reference, one page for each operation.
var Azure = []Shape{
	{
		Name: "account information", Doc: "Get Account Information: SKU, kind, hierarchy. Any live signature may ask.",
		Methods: getHead, On: Blob, Query: []Param{is("restype", "account"), is("comp", "properties")},
	},
	{
		Name: "list of containers", Doc: "List Containers, Shares or Queues of the account.",
		Methods: get, On: Blob | File | Queue, Query: []Param{is("comp", "list")},
		May: []string{"prefix", "marker", "maxresults", "include"},
	},
	{
		Name: "list of blobs", Doc: "List Blobs of a container; include names versions, snapshots and deleted ones too.",
		Methods: get, On: Blob, Query: []Param{is("restype", "container"), is("comp", "list")},
		May: []string{"prefix", "delimiter", "marker", "maxresults", "include", "startFrom", "endBefore", "showonly"},
	},
	{
		Name: "container properties", Doc: "Get Container Properties and Metadata.",
		Methods: getHead, On: Blob, Query: []Param{is("restype", "container")},
	},
	{
		Name: "container metadata", Doc: "Get Container Metadata.",
		Methods: getHead, On: Blob, Query: []Param{is("restype", "container"), is("comp", "metadata")},
	},
	{
		Name: "container policies", Doc: "Get Container ACL: public access and stored access policies.",
		Methods: getHead, On: Blob, Query: []Param{is("restype", "container"), is("comp", "acl")},
	},
	{
		Name: "object properties", Doc: "Get Blob, File or Path Properties.",
		Methods: head, On: Blob | File | DFS | Web, Headers: []string{"If-Match"},
	},
	{
		Name: "object bytes", Doc: "Get Blob or File, a range of it. The range is demanded, so that nobody reads more than was meant.",
		Methods: get, On: Blob | File | DFS | Web, Must: []Param{is("Range")}, Headers: []string{"If-Match"},
	},
	{
		Name: "object metadata", Doc: "Get Blob or File Metadata, Get Queue Metadata with its count of messages.",
		Methods: getHead, On: Blob | File | Queue, Query: []Param{is("comp", "metadata")},
	},
	{
		Name: "blob tags", Doc: "Get Blob Tags.",
		Methods: get, On: Blob, Query: []Param{is("comp", "tags")},
	},
	{
		Name: "blobs by tags", Doc: "Find Blobs by Tags, in the account or in one container.",
		Methods: get, On: Blob, Query: []Param{is("comp", "blobs"), is("where")},
		May: []string{"restype", "marker", "maxresults", "include"},
	},
	{
		Name: "page ranges", Doc: "Get Page Ranges: which parts of a disk image hold anything.",
		Methods: get, On: Blob, Query: []Param{is("comp", "pagelist")},
		May: []string{"marker", "maxresults"}, Headers: []string{"Range", "If-Match"},
	},
	{
		Name: "block list", Doc: "Get Block List.",
		Methods: get, On: Blob, Query: []Param{is("comp", "blocklist"), is("blocklisttype", "committed", "uncommitted", "all")},
	},
	{
		Name: "service properties", Doc: "Get Blob, File, Queue or Table Service Properties: soft delete, logging, CORS.",
		Methods: get, On: Blob | File | Queue | Table, Query: []Param{is("restype", "service"), is("comp", "properties")},
	},
	{
		Name: "service statistics", Doc: "Get Service Stats: how far the secondary is behind.",
		Methods: get, On: Blob | Queue | Table, Query: []Param{is("restype", "service"), is("comp", "stats")},
	},
	{
		Name: "share", Doc: "Get Share Properties.",
		Methods: getHead, On: File, Query: []Param{is("restype", "share")},
	},
	{
		Name: "share details", Doc: "Get Share ACL, Metadata or Stats.",
		Methods: getHead, On: File, Query: []Param{is("restype", "share"), is("comp", "acl", "metadata", "stats")},
	},
	{
		Name: "list of files", Doc: "List Directories and Files.",
		Methods: get, On: File, Query: []Param{is("restype", "directory"), is("comp", "list")},
		May: []string{"prefix", "marker", "maxresults", "include", "sharesnapshot"}, Headers: []string{"X-Ms-File-Extended-Info"},
	},
	{
		Name: "directory", Doc: "Get Directory Properties.",
		Methods: getHead, On: File, Query: []Param{is("restype", "directory")},
	},
	{
		Name: "file ranges", Doc: "List Ranges: which parts of a file hold anything.",
		Methods: get, On: File, Query: []Param{is("comp", "rangelist")}, Headers: []string{"Range"},
	},
	{
		Name: "queue or table policies", Doc: "Get Queue or Table ACL: stored access policies.",
		Methods: getHead, On: Queue | Table, Query: []Param{is("comp", "acl")},
	},
	{
		Name: "peek", Doc: "Peek Messages. Without peekonly=true the same request takes the messages out for a while and counts up how often they were taken.",
		Methods: get, On: Queue, Path: Messages, Query: []Param{is("peekonly", "true")}, May: []string{"numofmessages"},
	},
	{
		Name: "list of tables", Doc: "Query Tables.",
		Methods: get, On: Table, Path: Tables, May: []string{"$top", "$filter", "$select", "NextTableName"},
		Headers: []string{"Dataserviceversion", "Maxdataserviceversion"},
	},
	{
		Name: "entities", Doc: "Query Entities, a page of at most $top.",
		Methods: get, On: Table, Path: Entities, Query: []Param{is("$top")},
		May:     []string{"$filter", "$select", "NextPartitionKey", "NextRowKey"},
		Headers: []string{"Dataserviceversion", "Maxdataserviceversion"},
	},
	{
		Name: "list of file systems", Doc: "Filesystem List.",
		Methods: get, On: DFS, Query: []Param{is("resource", "account")},
		May: []string{"prefix", "continuation", "maxResults"},
	},
	{
		Name: "list of paths", Doc: "Path List, and Filesystem Get Properties by HEAD.",
		Methods: getHead, On: DFS, Query: []Param{is("resource", "filesystem")},
		May: []string{"directory", "recursive", "continuation", "maxResults", "upn", "beginFrom"},
	},
	{
		Name: "path access", Doc: "Path Get Properties: owner, group, permissions.",
		Methods: head, On: DFS, Query: []Param{is("action", "getAccessControl", "getStatus")}, May: []string{"upn"},
	},

	{
		Name: "metadata of nothing", Doc: "Set Blob or File Metadata where nothing has that name. 404 shows that writing is granted; nothing is made.",
		Methods: put, On: Blob | File, Level: Write, Path: Probe, Query: []Param{is("comp", "metadata")},
	},
	{
		Name: "metadata of no queue", Doc: "Set Queue Metadata of a name that does not exist.",
		Methods: put, On: Queue, Level: Write, Path: ProbeTop, Query: []Param{is("comp", "metadata")},
	},
	{
		Name: "append to nothing", Doc: "Append Block to a blob that does not exist. 404 shows that appending is granted; a block is never appended to what was not created first.",
		Methods: put, On: Blob, Level: Write, Path: Probe, Query: []Param{is("comp", "appendblock")}, Body: 1,
	},
	{
		Name: "delete nothing", Doc: "Delete Blob, File or Path of a name that does not exist. 404 shows that deleting is granted.",
		Methods: remove, On: Blob | File | DFS, Level: Write, Path: Probe,
	},
	{
		Name: "delete no queue", Doc: "Delete Queue of a name that does not exist.",
		Methods: remove, On: Queue, Level: Write, Path: ProbeTop,
	},
	{
		Name: "delete no container", Doc: "Delete Container of a name that does not exist.",
		Methods: remove, On: Blob, Level: Write, Path: ProbeTop, Query: []Param{is("restype", "container")},
	},
	{
		Name: "delete no share", Doc: "Delete Share of a name that does not exist.",
		Methods: remove, On: File, Level: Write, Path: ProbeTop, Query: []Param{is("restype", "share")},
	},
	{
		Name: "message to nobody", Doc: "Put Message into a queue that does not exist. 404 shows that adding is granted; a message makes no queue.",
		Methods: post, On: Queue, Level: Write, Path: ProbeMessages, Body: -1,
	},
	{
		Name: "messages of nobody", Doc: "Get Messages (which takes them) from, or Clear Messages of, a queue that does not exist.",
		Methods: []string{"GET", "DELETE"}, On: Queue, Level: Write, Path: ProbeMessages,
	},
	{
		Name: "delete no table", Doc: "Delete Table of a name that does not exist.",
		Methods: remove, On: Table, Level: Write, Path: ProbeTable,
		Headers: []string{"Dataserviceversion", "Maxdataserviceversion"},
	},
	{
		Name: "delete no entity", Doc: "Delete Entity under two keys that do not exist. The service demands If-Match; a deletion makes nothing.",
		Methods: remove, On: Table, Level: Write, Path: ProbeEntity, Must: []Param{is("If-Match", "*")},
		Headers: []string{"Dataserviceversion", "Maxdataserviceversion"},
	},

	{
		Name: "put if impossible", Doc: "Put Blob, empty, if its ETag is one that no blob has. 412 shows that creating or overwriting is granted.",
		Methods: put, On: Blob, Level: Conditional,
		Must: []Param{is("If-Match", impossible), is("X-Ms-Blob-Type", "BlockBlob")},
	},
	{
		Name: "metadata if impossible", Doc: "Set Blob Metadata, if its ETag is one that no blob has. 412 shows that writing is granted.",
		Methods: put, On: Blob, Level: Conditional, Query: []Param{is("comp", "metadata")},
		Must: []Param{is("If-Match", impossible)},
	},
	{
		Name: "delete if impossible", Doc: "Delete Blob, if its ETag is one that no blob has. Files and queues ignore If-Match and would be deleted, so it is for blobs only.",
		Methods: remove, On: Blob, Level: Conditional,
		Must: []Param{is("If-Match", impossible)},
	},
}
