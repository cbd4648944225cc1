package report_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
)

// sentence returns what a report says the grant opens.
func sentence(t *testing.T, g overgrant.Grant) string {
	t.Helper()
	out := write(t, "csv", report.Options{Now: now, All: true}, []overgrant.Message{{Found: &overgrant.Found{Link: overgrant.Link{ID: "a", Grant: g}}}})
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[1][slices.Index(rows[0], "opens")]
}

func TestOpens(t *testing.T) {
	soon := at("2023-12-24")
	azure := func(kind, scope string, g overgrant.Grant) overgrant.Grant {
		g.Kind, g.Provider, g.Scope, g.Account = kind, "azure", scope, "contoso"
		if g.Services == nil {
			g.Services = []string{"blob"}
		}
		return g
	}
	far := overgrant.Grant{Kind: "gcs_v4", Provider: "gcp", Scope: "object", Container: "b", Path: strings.Repeat("x", 300), Actions: []string{"read"}, Expiry: soon}
	tests := []struct {
		name  string
		grant overgrant.Grant
		want  string
	}{
		{"container", azure("service_sas", "container", overgrant.Grant{Container: "c", Actions: []string{"read", "list"}, Expiry: soon}),
			"Whoever has this link can read everything in the container c of the storage account contoso until 24 December 2023."},
		{"read_without_list", azure("service_sas", "container", overgrant.Grant{Container: "c", Actions: []string{"read"}, Expiry: soon}),
			"Whoever has this link can read everything in the container c of the storage account contoso until 24 December 2023. The names have to be known or guessed: the link does not list them."},
		{"old_versions", azure("service_sas", "container", overgrant.Grant{Container: "c", Actions: []string{"read", "list", "delete_version"}, Expiry: soon}),
			"Whoever has this link can read everything in the container c of the storage account contoso, and delete old versions until 24 December 2023."},
		{"one_version", azure("service_sas", "version", overgrant.Grant{Container: "c", Path: "k", Actions: []string{"read", "delete_version"}, Expiry: soon}),
			"Whoever has this link can read and delete one version of the file “k” in the container c of the storage account contoso until 24 December 2023."},
		{"ends_with_its_key", azure("user_delegation_sas", "container", overgrant.Grant{Container: "c", Actions: []string{"read", "list"}, Expiry: soon.AddDate(1, 0, 0), KeyExpiry: soon}),
			"Whoever has this link can read everything in the container c of the storage account contoso until 24 December 2023."},
		{"create_only", azure("service_sas", "container", overgrant.Grant{Container: "c", Actions: []string{"create"}, Expiry: soon}),
			"Whoever has this link can add new data to the container c of the storage account contoso until 24 December 2023."},
		{"directory_with_rights", azure("user_delegation_sas", "directory", overgrant.Grant{Container: "c", Path: "a/b", Actions: []string{"read", "list", "own", "permit"}, Expiry: soon}),
			"Whoever has this link can read everything under “a/b” in the container c of the storage account contoso until 24 December 2023. They can also change who owns files and who may use them."},
		{"queue", azure("service_sas", "queue", overgrant.Grant{Container: "q", Services: []string{"queue"}, Actions: []string{"read", "add", "process"}, Expiry: soon}),
			"Whoever has this link can read and delete the messages in the queue q of the storage account contoso, and add new data until 24 December 2023."},
		{"table_rows", azure("service_sas", "table", overgrant.Grant{Table: "t", KeyRange: "a/1 to a/9", Services: []string{"table"}, Actions: []string{"read"}, Expiry: soon}),
			"Whoever has this link can read some rows (a/1 to a/9) of the table t in the storage account contoso until 24 December 2023."},
		{"policy_with_rights", azure("policy_sas", "container", overgrant.Grant{Container: "c", Actions: []string{"read", "list"}, PolicyID: "p"}),
			"Whoever has this link can read everything in the container c of the storage account contoso, for as long as the stored policy “p” allows."},
		{"nothing_named", overgrant.Grant{Kind: "account_sas", Provider: "azure", Scope: "account", Services: []string{"blob", "file"}, Actions: []string{"read", "list"}, Expiry: soon},
			"Whoever has this link can read everything in a storage account that is not named near it (blobs and files) until 24 December 2023."},
		{"account_key", azure("account_key", "account", overgrant.Grant{Actions: []string{"everything"}, Endless: true}),
			"Whoever has this key can read, change and delete everything in the storage account contoso, and make new links for others, until the key is changed."},
		{"disk", azure("disk_export_sas", "disk", overgrant.Grant{Actions: []string{"read"}, PolicyID: "x"}),
			"Whoever has this link can download a whole disk with every file on it, deleted ones included, for as long as the stored policy “x” allows."},
		{"workflow", azure("logic_app_sas", "workflow", overgrant.Grant{Actions: []string{"execute"}, Services: []string{"logic_app"}, Endless: true}),
			"Whoever has this link can start the workflow behind it with input of their own, and it never expires."},
		{"messages", azure("servicebus_sas", "entity", overgrant.Grant{Path: "orders", KeyName: "Send", Services: []string{"servicebus"}, Actions: []string{"read", "write"}, Expiry: soon}),
			"Whoever has this token can do whatever the policy “Send” allows (read, send or manage) with “orders” in the messaging namespace contoso until 24 December 2023."},
		{"device", azure("connection_string", "entity", overgrant.Grant{Path: "devices/lamp", Services: []string{"iothub"}, Signer: "device_key", Actions: []string{"everything"}, Endless: true}),
			"Whoever has this connection string can act as the device “lamp” of the IoT hub contoso, until the key is changed."},
		{"cosmos", azure("connection_string", "account", overgrant.Grant{Services: []string{"cosmosdb"}, Actions: []string{"everything"}, Endless: true}),
			"Whoever has this connection string can read, change and delete everything in the database account contoso, until the key is changed."},
		{"upload", overgrant.Grant{Kind: "s3_presigned_v4", Provider: "aws", Scope: "object", Container: "b", Path: "k", Actions: []string{"write"}, Expiry: soon},
			"Whoever has this link can change the file “k” in the bucket b until 24 December 2023."},
		{"cdn", overgrant.Grant{Kind: "cloudfront_signed", Provider: "aws", Scope: "prefix", Host: "d1.cloudfront.net", Actions: []string{"read"}, Expiry: soon},
			"Whoever has this link can read everything in what d1.cloudfront.net serves until 24 December 2023."},
		{"firebase", overgrant.Grant{Kind: "firebase_token", Provider: "firebase", Scope: "object", Container: "b", Path: "k", Actions: []string{"read"}, Endless: true},
			"Whoever has this link can read the file “k” in the bucket b, and it never expires."},
		{"kind_of_later", overgrant.Grant{Kind: "moon_sas", Provider: "azure", Account: "contoso"},
			"Whoever has this link can use the storage account contoso; what it allows there, the link does not say."},
		{"long_name", far, "Whoever has this link can read the file “" + strings.Repeat("x", 66) + "…" + strings.Repeat("x", 33) + "” in the bucket b until 24 December 2023."},
		{"nothing_at_all", overgrant.Grant{}, "A link was seen, but what it grants is missing from the stream that was read."},
		{"malformed", overgrant.Grant{Kind: "service_sas", Shape: overgrant.Malformed}, "This opens nothing as it stands here: the link is damaged."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := sentence(t, tt.grant); got != tt.want {
				t.Errorf("opens:\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestEveryKindHasWords: no kind of the contract goes by its code name.
func TestEveryKindHasWords(t *testing.T) {
	for _, kind := range strings.Fields("account_sas service_sas policy_sas user_delegation_sas account_key connection_string s3_presigned_v2 s3_presigned_v4 " +
		"gcs_v2 gcs_v4 servicebus_sas disk_export_sas logic_app_sas oss_presigned cos_presigned b2_authorization cloudfront_signed firebase_token anonymous") {
		out := write(t, "text", report.Options{Now: now}, []overgrant.Message{{Found: &overgrant.Found{Link: overgrant.Link{ID: "a", Grant: overgrant.Grant{Kind: kind, Expiry: now.Add(time.Hour)}}}}})
		if head := strings.Split(out, "\n")[1]; strings.Contains(head, "  "+strings.ReplaceAll(kind, "_", " ")+" ·") {
			t.Errorf("%s goes by its code name: %s", kind, head)
		}
	}
}
