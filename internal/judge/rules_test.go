package judge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/judge"
)

// now is the clock of all tests of this package.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func in(d time.Duration) time.Time { return now.Add(d) }

const day = 24 * time.Hour

// change is how a row of the table differs from a grant that is as it should be.
type change func(*overgrant.Grant)

// careful is a link as it should be: one blob, for reading, for an hour, over
// HTTPS, from a few addresses, signed with a user delegation key.
func careful(changes ...change) overgrant.Grant {
	g := overgrant.Grant{
		Kind: "user_delegation_sas", Provider: "azure", Account: "contosomodels", Services: []string{"blob"},
		Scope: "object", Resource: "b", Container: "papers", Path: "2026/summary.pdf",
		Permissions: "r", Actions: []string{"read"}, Start: now, Expiry: in(time.Hour), KeyExpiry: in(2 * time.Hour),
		IP: "203.0.113.7-203.0.113.9", Protocols: []string{"https"}, Signer: "user_delegation_key",
	}
	for _, c := range changes {
		c(&g)
	}
	return g
}

func can(actions ...string) change { return func(g *overgrant.Grant) { g.Actions = actions } }

func kind(k string) change { return func(g *overgrant.Grant) { g.Kind = k } }

func on(scope, resource, container, path string) change {
	return func(g *overgrant.Grant) { g.Scope, g.Resource, g.Container, g.Path = scope, resource, container, path }
}

// account makes an account SAS for resource types srt.
func account(srt string, services ...string) change {
	return func(g *overgrant.Grant) {
		g.Kind, g.Scope, g.Resource, g.ResourceTypes, g.Services = "account_sas", "account", "", srt, services
		g.Signer, g.KeyExpiry = "account_key", time.Time{}
	}
}

func window(from, to time.Time) change {
	return func(g *overgrant.Grant) {
		g.Kind, g.KeyExpiry, g.Start, g.Expiry = "service_sas", time.Time{}, from, to
	}
}

// rule rows: what a rule says of a grant; an empty want means that it is silent.
var rows = []struct {
	rule, name string
	grant      overgrant.Grant
	want       string
}{
	{"account-key", "alone", overgrant.Grant{Kind: "account_key", Account: "contoso", Scope: "account", Actions: []string{"everything"}, Endless: true}, `the key itself of the storage account "contoso"`},
	{"account-key", "in_a_connection_string", overgrant.Grant{Kind: "connection_string", Signer: "account_key"}, "a storage account that the link does not name"},
	{"account-key", "of_a_service_bus", overgrant.Grant{Kind: "connection_string", KeyName: "sender"}, ""},
	{"account-key", "a_link", careful(), ""},

	{"manage-key", "root_key", overgrant.Grant{Kind: "connection_string", KeyName: "RootManageSharedAccessKey", Account: "bus"}, `everything in the namespace "bus"`},
	{"manage-key", "root_token", overgrant.Grant{Kind: "servicebus_sas", KeyName: "iothubowner", Expiry: in(day)}, `until 23 November 2026`},
	{"manage-key", "other_policy", overgrant.Grant{Kind: "servicebus_sas", KeyName: "sender"}, ""},
	{"manage-key", "storage", careful(), ""},
	{"shared-access-key", "of_a_policy", overgrant.Grant{Kind: "connection_string", KeyName: "sender", Account: "bus"}, `the policy "sender" in the namespace "bus"`},
	{"shared-access-key", "of_a_device", overgrant.Grant{Kind: "connection_string", Signer: "device_key"}, "a device"},
	{"shared-access-key", "a_token_is_no_key", overgrant.Grant{Kind: "servicebus_sas", KeyName: "sender"}, ""},

	{"account-scope", "account_sas", careful(account("sco", "blob", "table"), can("read", "delete")), `"contosomodels" (blobs and tables): its holder can read and delete what is there until 22 November 2026. Its address names only "2026/summary.pdf".`},
	{"account-scope", "one_container", careful(on("container", "c", "papers", "")), ""},
	{"disk-export", "whole_disk", overgrant.Grant{Kind: "disk_export_sas", Scope: "disk", Resource: "b", PolicyID: "x"}, "a whole virtual disk"},
	{"disk-export", "a_blob", careful(), ""},
	{"container-scope", "by_resource", careful(on("", "c", "papers", "2026/summary.pdf")), `all files in the container "papers"`},
	{"container-scope", "by_scope", careful(on("container", "", "papers", "")), `all files in the container "papers"`},
	{"container-scope", "one_blob", careful(), ""},
	{"container-scope", "bucket_of_a_presigned_url", overgrant.Grant{Kind: "s3_presigned_v4", Scope: "container", Container: "b"}, ""},
	{"directory-scope", "directory", careful(on("directory", "d", "papers", "2026")), `below`},
	{"directory-scope", "one_blob", careful(), ""},
	{"share-scope", "share", careful(on("share", "s", "home", "")), `all files in the file share "home"`},
	{"share-scope", "file", careful(on("file", "f", "home", "a.txt")), ""},
	{"table-scope", "whole_table", overgrant.Grant{Kind: "service_sas", Scope: "table", Table: "people"}, `all rows of the table "people"`},
	{"table-scope", "range_of_keys", overgrant.Grant{Kind: "service_sas", Scope: "table", Table: "people", KeyRange: "a/1 to a/9"}, ""},
	{"bucket-scope", "whole_bucket", overgrant.Grant{Kind: "b2_authorization", Scope: "container", Container: "b"}, `the bucket "b"`},
	{"bucket-scope", "prefix", overgrant.Grant{Kind: "b2_authorization", Scope: "prefix", Container: "b", Path: "2026/"}, `begins with "2026/"`},
	{"bucket-scope", "one_file", overgrant.Grant{Kind: "b2_authorization", Scope: "object", Container: "b", Path: "a"}, ""},
	{"wildcard-scope", "star", overgrant.Grant{Kind: "cloudfront_signed", Extra: []overgrant.Param{{Name: "resource", Value: "https://cdn.example/*"}}}, `fits "https://cdn.example/*"`},
	{"wildcard-scope", "prefix", overgrant.Grant{Kind: "cloudfront_signed", Scope: "prefix", Path: "a"}, "group of files"},
	{"wildcard-scope", "one_file", overgrant.Grant{Kind: "cloudfront_signed", Scope: "object", Path: "a.mp4"}, ""},
	{"many-services", "all_four", careful(account("o", "blob", "file", "queue", "table")), "4 services: blobs, file shares, queues and tables"},
	{"many-services", "one", careful(account("o", "blob")), ""},
	{"lists-more-than-meant", "account", careful(account("sco", "blob"), can("read", "list")), `names "2026/summary.pdf", and yet the link lists the names of all blobs in the storage account "contosomodels", and of all containers`},
	{"lists-more-than-meant", "container", careful(on("container", "c", "papers", "a.pdf"), can("list")), `all files in the container "papers"`},
	{"lists-more-than-meant", "below_the_directory", careful(on("directory", "d", "papers", "2026/a.pdf"), can("list"), func(g *overgrant.Grant) { g.Depth = new(1) }), `names "2026/a.pdf"`},
	{"lists-more-than-meant", "the_directory_itself", careful(on("directory", "d", "papers", "2026"), can("list"), func(g *overgrant.Grant) { g.Depth = new(1) }), ""},
	{"lists-more-than-meant", "one_blob", careful(can("read", "list")), ""},
	{"can-list", "container", careful(on("container", "c", "papers", ""), can("list")), "lists the names of all files"},
	{"can-list", "one_blob", careful(can("read", "list")), ""},

	{"poisons-models", "by_ending", careful(on("object", "b", "x", "a/resnet.CKPT"), can("write")), `in place of "a/resnet.CKPT"`},
	{"poisons-models", "by_container", careful(on("container", "c", "public-models", ""), can("create")), `the models in the container "public-models"`},
	{"poisons-models", "by_folder", careful(on("object", "b", "x", "Model/readme"), can("write")), `"Model/readme"`},
	{"poisons-models", "upload_to_s3", overgrant.Grant{Kind: "s3_presigned_v4", Method: "PUT", Path: "a.gguf"}, `"a.gguf"`},
	{"poisons-models", "for_reading", careful(on("object", "b", "models", "a.ckpt")), ""},
	{"poisons-models", "a_part_of_a_word", careful(on("object", "b", "supermodelsx", "a.txt"), can("write")), ""},
	{"poisons-downloads", "website", careful(on("container", "c", "$web", ""), can("write")), `in the container "$web"`},
	{"poisons-downloads", "installer", careful(on("object", "b", "x", "setup.exe"), can("write")), `"setup.exe"`},
	{"poisons-downloads", "for_reading", careful(on("object", "b", "x", "setup.exe")), ""},
	{"poisons-downloads", "a_picture", careful(on("object", "b", "x", "a.png"), can("write")), ""},
	{"can-change-service-settings", "blob", careful(account("s", "blob"), can("write")), "soft delete, logging"},
	{"can-change-service-settings", "queue", careful(account("s", "queue"), can("write")), "logging and cross-site access"},
	{"can-change-service-settings", "no_service_type", careful(account("co", "blob"), can("write")), ""},
	{"can-change-service-settings", "read_only", careful(account("s", "blob")), ""},
	{"can-delete-containers", "account", careful(account("c", "blob"), can("delete")), "whole containers"},
	{"can-delete-containers", "objects_only", careful(account("o", "blob"), can("delete")), ""},
	{"can-delete-containers", "service_sas_cannot", careful(on("container", "c", "x", ""), can("delete")), ""},
	{"can-write", "blob", careful(can("write")), `overwrite the file "2026/summary.pdf" until 22 November 2026`},
	{"can-write", "table_rows", overgrant.Grant{Kind: "service_sas", Scope: "table", Table: "t", Actions: []string{"update"}}, `change the rows of the table "t"`},
	{"can-write", "move", careful(can("move")), "move or rename"},
	{"can-write", "read", careful(), ""},
	{"can-write", "presigned", overgrant.Grant{Kind: "s3_presigned_v4", Actions: []string{"write"}}, ""},
	{"can-create", "blob", careful(can("add")), `upload or add to the file`},
	{"can-create", "queue", overgrant.Grant{Kind: "service_sas", Scope: "queue", Container: "jobs", Actions: []string{"add"}}, `into the queue "jobs"`},
	{"can-create", "read", careful(), ""},
	{"can-create-containers", "account", careful(account("c", "blob"), can("create")), "make new containers"},
	{"can-create-containers", "objects_only", careful(account("o", "blob"), can("create")), ""},
	{"can-delete", "blob", careful(can("delete")), `delete the file "2026/summary.pdf"`},
	{"can-delete", "read", careful(), ""},
	{"can-delete-for-good", "versions", careful(can("delete_version")), "delete the old versions of"},
	{"can-delete-for-good", "both", careful(can("delete_version", "permanent_delete")), "old versions and copies kept by soft delete"},
	{"can-delete-for-good", "plain_delete", careful(can("delete")), ""},
	{"can-change-permissions", "acl", careful(can("permit")), "who owns or may open"},
	{"can-change-permissions", "account_sas_has_no_such_right", careful(account("o", "blob"), can("permit")), ""},
	{"can-change-permissions", "read", careful(), ""},
	{"can-change-immutability", "blob", careful(can("immutability")), "legal holds"},
	{"can-change-immutability", "read", careful(), ""},
	{"can-tag", "blob", careful(can("tag")), "tags of"},
	{"can-tag", "find_is_reading", careful(can("find")), ""},
	{"can-take-messages", "queue", overgrant.Grant{Kind: "service_sas", Scope: "queue", Container: "jobs", Actions: []string{"process"}}, `out of the queue "jobs"`},
	{"can-take-messages", "account", careful(account("o", "queue"), can("process")), `every queue of the storage account "contosomodels"`},
	{"can-take-messages", "no_queues", careful(account("o", "blob"), can("process")), ""},
	{"signed-change", "put", overgrant.Grant{Kind: "s3_presigned_v4", Method: "put", Path: "a"}, `signed for PUT: anyone with the link can upload, replace or delete "a"`},
	{"signed-change", "by_action", overgrant.Grant{Kind: "gcs_v4", Actions: []string{"delete"}, Container: "b"}, `the bucket "b"`},
	{"signed-change", "get", overgrant.Grant{Kind: "s3_presigned_v4", Method: "GET", Actions: []string{"read"}}, ""},
	{"signed-change", "azure_has_rules_of_its_own", careful(can("write")), ""},
	{"reaches-logs", "by_name", careful(on("container", "c", "insights-logs-storageread", "")), `"insights-logs-storageread"`},
	{"reaches-logs", "account", careful(account("o", "blob"), can("read", "tag", "delete")), "its holder can read and delete them"},
	{"reaches-logs", "account_without_blobs", careful(account("o", "table"), can("read")), ""},
	{"reaches-logs", "account_with_no_such_right", careful(account("o", "blob"), can("tag")), ""},
	{"reaches-logs", "elsewhere", careful(), ""},

	{"lives-over-a-week", "eight_days", careful(window(now, in(8*day))), "works for 8 days, until 30 November 2026; 7 days are allowed"},
	{"lives-over-a-week", "exactly_seven", careful(window(now, in(7*day))), ""},
	{"lives-over-a-week", "expires_in", overgrant.Grant{Kind: "s3_presigned_v4", ExpiresIn: 604801}, "7 days"},
	{"lives-over-a-week", "expires_in_seven", overgrant.Grant{Kind: "s3_presigned_v4", Start: now, ExpiresIn: 604800}, ""},
	{"lives-over-a-week", "no_start", careful(window(time.Time{}, in(9*day))), "at least 9 days more"},
	{"lives-over-a-week", "no_start_and_over", careful(window(time.Time{}, in(-day))), ""},
	{"lives-over-a-week", "over_but_was_long", careful(window(in(-30*day), in(-day))), "29 days, until 21 November 2026 (now past)"},
	{"lives-over-a-week", "ends_before_it_starts", careful(window(in(day), in(-30*day))), ""},
	{"lives-over-a-week", "delegation_key_ends_first", careful(func(g *overgrant.Grant) { g.Expiry, g.KeyExpiry = in(90*day), in(6*day) }), ""},
	{"lives-over-a-week", "temporary_credentials_end_first", overgrant.Grant{Kind: "s3_presigned_v2", Expiry: in(900 * day), Temporary: true}, ""},
	{"lives-over-a-year", "thirty_years", careful(window(now, in(10957*day))), "30 years (10,957 days)"},
	{"lives-over-a-year", "a_year_and_a_time_zone", careful(window(now, in(365*day+8*time.Hour))), ""},
	{"never-expires", "absurd_year", careful(window(now, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))), "until the year 9999"},
	{"never-expires", "endless", overgrant.Grant{Kind: "logic_app_sas", Endless: true}, "for ever"},
	{"never-expires", "year_2099", careful(window(now, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))), ""},
	{"never-expires", "year_2100", careful(window(now, time.Date(2100, 12, 31, 0, 0, 0, 0, time.UTC))), ""},
	{"endless-token", "firebase", overgrant.Grant{Kind: "firebase_token", Path: "a.png", Endless: true}, `the file "a.png" for ever`},
	{"endless-token", "others", careful(), ""},

	{"workflow-callback", "logic_app", overgrant.Grant{Kind: "logic_app_sas", Endless: true}, "start the workflow"},
	{"workflow-callback", "others", careful(), ""},
	{"http-allowed", "not_said", careful(func(g *overgrant.Grant) { g.Protocols = nil }), "plain HTTP"},
	{"http-allowed", "said", careful(func(g *overgrant.Grant) { g.Protocols = []string{"https", "http"} }), "plain HTTP"},
	{"http-allowed", "https_only", careful(), ""},
	{"http-allowed", "not_azure", overgrant.Grant{Kind: "gcs_v4"}, ""},
	{"ad-hoc", "service_sas", careful(kind("service_sas")), "Only rotating the account key"},
	{"ad-hoc", "with_a_policy", careful(kind("policy_sas"), func(g *overgrant.Grant) { g.PolicyID = "p" }), ""},
	{"ad-hoc", "user_delegation", careful(), ""},
	{"policy-hidden", "rights_and_end", overgrant.Grant{Kind: "policy_sas", PolicyID: "readers"}, `"readers": what it may do and when it ends cannot`},
	{"policy-hidden", "service_bus", overgrant.Grant{Kind: "servicebus_sas", KeyName: "sender", Expiry: in(day)}, `decided by the policy "sender"`},
	{"policy-hidden", "all_in_the_link", careful(kind("policy_sas"), func(g *overgrant.Grant) { g.PolicyID = "p" }), ""},
	{"no-ip-limit", "none", careful(func(g *overgrant.Grant) { g.IP = "" }), "every address in the world"},
	{"no-ip-limit", "a_range_of_all", careful(func(g *overgrant.Grant) { g.IP = "0.0.0.0-255.255.255.255" }), "almost everywhere"},
	{"no-ip-limit", "one_address", careful(func(g *overgrant.Grant) { g.IP = "203.0.113.7" }), ""},
	{"no-ip-limit", "no_address", careful(func(g *overgrant.Grant) { g.IP = "10.0.0.0-office" }), ""},
	{"no-ip-limit", "not_azure", overgrant.Grant{Kind: "gcs_v4"}, ""},
	{"any-bearer", "user_delegation", careful(), "bound to no user"},
	{"any-bearer", "bound", careful(func(g *overgrant.Grant) { g.Extra = []overgrant.Param{{Name: "sduoid", Value: "1"}} }), ""},
	{"lifetime-unknown", "no_start_and_over", careful(window(time.Time{}, in(-day))), "tells no start"},
	{"lifetime-unknown", "no_end", overgrant.Grant{Kind: "service_sas"}, "tells no end"},
	{"lifetime-unknown", "known", careful(), ""},
	{"temporary-credentials", "token", overgrant.Grant{Kind: "s3_presigned_v4", Temporary: true, Start: now, ExpiresIn: 60}, "36 hours"},
	{"temporary-credentials", "none", careful(), ""},
}

func TestRules(t *testing.T) {
	yes, no := map[string]int{}, map[string]int{}
	for _, tt := range rows {
		t.Run(tt.rule+"/"+tt.name, func(t *testing.T) {
			got := alone(t, tt.rule).Why(judge.View{Grant: tt.grant, Now: now})
			if tt.want == "" {
				no[tt.rule]++
				if got != "" {
					t.Errorf("%s = %q; want nothing", tt.rule, got)
				}
				return
			}
			yes[tt.rule]++
			if !strings.Contains(got, tt.want) || !strings.HasSuffix(got, ".") {
				t.Errorf("%s = %q; want a sentence with %q", tt.rule, got, tt.want)
			}
		})
	}
	for _, r := range judge.All {
		if yes[r.Code] == 0 || no[r.Code] == 0 {
			t.Errorf("%s has %d rows where it holds and %d where it does not; want at least one of each", r.Code, yes[r.Code], no[r.Code])
		}
	}
}

func alone(t *testing.T, code string) judge.Rule {
	t.Helper()
	for _, r := range judge.All {
		if r.Code == code {
			return r
		}
	}
	t.Fatalf("no rule %s", code)
	return judge.Rule{}
}
