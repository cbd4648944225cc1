package kind_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/kind"
)

func TestJoin(t *testing.T) {
	account := vectorsOf(t, "account_sas", 11)[2].Text
	account = strings.TrimSuffix(strings.TrimPrefix(account, "SECRET = '"), "';")
	container := vectorsOf(t, "service_sas", 11)[7].Text
	directory := strings.Replace(container, "sr=c", "sr=d&sdd=1", 1)
	key := strings.TrimPrefix(vectorsOf(t, "account_key", 11)[1].Text, "AZURE_STORAGE_KEY=")
	raw := vectorsOf(t, "service_sas", 11)[8].Text
	raw = raw[strings.Index(raw, "<sig>")+5 : strings.Index(raw, "</sig>")]
	tests := []struct{ name, text, account, container, path string }{
		{"variable", "const account = 'contoso';\nconst sas = '" + account + "';", "contoso", "", ""},
		{"key_word_argument", "FileService(account_name='contoso',\n  sas_token='?" + account + "')", "contoso", "", ""},
		{"json_sibling", `{"storageAccountName": "contoso", "SASToken": "` + container + `", "containerName": "data"}`, "contoso", "data", ""},
		{"environment", "AZURE_STORAGE_ACCOUNT=contoso\nAZURE_STORAGE_CONTAINER=data\nSAS=\"" + container + "\"\n", "contoso", "data", ""},
		{"yaml", "storageAccount: contoso\ncontainerName: data\nsas: " + container, "contoso", "data", ""},
		{"spark", "spark.conf.set('fs.azure.sas.data.contoso.blob.core.windows.net', '" + account + "')", "contoso", "data", ""},
		{"snowflake", "URL = 'azure://contoso.blob.core.windows.net/data/raw/x'\nCREDENTIALS = (AZURE_SAS_TOKEN = '" + directory + "')", "contoso", "data", "raw"},
		{"sql_credential", "CREATE CREDENTIAL [https://contoso.blob.core.windows.net/data] WITH IDENTITY='SHARED ACCESS SIGNATURE', SECRET='" + container + "'", "contoso", "data", ""},
		{"sql_credential_of_the_account", "CREATE CREDENTIAL [https://contoso.blob.core.windows.net/data] WITH IDENTITY='SHARED ACCESS SIGNATURE', SECRET='" + account + "'", "contoso", "", ""},
		{"link_in_the_path", "u = 'https://contoso.blob.core.windows.net/data/a%3Fsig%3Dx'\nsas = '" + strings.Replace(container, "sr=c", "sr=b", 1) + "'", "contoso", "data", "a?sig=…"},
		{"copy_into", "COPY INTO t FROM 'https://contoso.blob.core.windows.net/data/a/*.csv'\nWITH (SECRET = '?" + account + "')", "contoso", "", ""},
		{"nearest", "a = 'https://far.blob.core.windows.net/x'\n\n\nstorage_account_name = 'contoso'\nsas = '" + account + "'", "contoso", "", ""},
		{"proxy_after", "https://img.example/external/?" + container + "/https/contoso.blob.core.windows.net/data/x.png", "contoso", "data", ""},
		{"constructor", "new StorageSharedKeyCredential(\"contoso\", \"" + key + "\")", "contoso", "", ""},
		{"kusto", "h@\"https://contoso.blob.core.windows.net/data;" + key + "\"", "contoso", "", ""},
		{"option", "az storage blob list --account-name contoso --container-name data --sas-token \"" + container + "\"", "contoso", "data", ""},
		{"power_shell", "New-AzStorageContext -StorageAccountName \"contoso\" -SasToken \"" + account + "\"", "contoso", "", ""},
		{"app_settings", "<add key=\"StorageAccountName\" value=\"contoso\" />\n<add key=\"StorageAccountKey\" value=\"" + key + "\" />", "contoso", "", ""},
		{"xml", "<AccountName>contoso</AccountName><AccountKey>" + key + "</AccountKey>", "contoso", "", ""},
		{"properties", "azure.storage.account-name=contoso\nazure.storage.account-key=" + key, "contoso", "", ""},
		{"terraform", "storage_account_name = \"contoso\"\naccess_key = \"" + key + "\"", "contoso", "", ""},
		{"rclone", "[remote]\ntype = azureblob\naccount = contoso\nkey = " + key, "contoso", "", ""},
		{"settings_file", "[backup]\nshare_account = contoso\ncontainer = data\ntoken = " + container + "\nkeep = 14", "contoso", "data", ""},
		{"hadoop_xml", "<property>\n  <name>fs.azure.account.key.contoso.blob.core.windows.net</name>\n  <value>" + key + "</value>\n</property>", "contoso", "", ""},
		{"visual_basic", "Private Const Token As String = \"" + account + "\"\nPrivate Const Account As String = \"contoso\"", "contoso", "", ""},
		{"typed", "const accountName: string = 'contoso';\nconst containerName: string = 'data';\nconst sas: string = '" + container + "';", "contoso", "data", ""},
		{"go_typed", "var storageAccount string = \"contoso\"\nvar sas string = \"" + account + "\"", "contoso", "", ""},
		{"token_before_host", "EXPORT INTO 'azure://contoso:" + container + "@data/dir/x.parquet' FROM t", "contoso", "data", "dir/x.parquet"},
		{"dictionary_and_url", "r = get('https://contoso.blob.core.windows.net/data/a.csv', params={'sv': '2021-06-08', 'ss': 'b', 'srt': 'co', 'sp': 'rl', 'se': '2030-01-01', 'sig': '" + raw + "'})", "contoso", "data", "a.csv"},
		{"short_container", "q = {sv: '2021-06-08', sr: 'b', sp: 'rl', se: '2030-01-01', sig: '" + raw + "'}\nget('https://contoso.blob.core.windows.net/in/a.csv', q)", "contoso", "in", "a.csv"},
		{"variable_between", "get('https://contoso.blob.core.windows.net/data/' + name + '?" + account + "')", "contoso", "data", ""},
		{"variable_after_folder", "get('https://contoso.blob.core.windows.net/data/dir/' + name\n  + '?" + strings.Replace(container, "sr=c", "sr=b", 1) + "')", "contoso", "data", ""},
		{"variable_in_container", "get('https://contoso.blob.core.windows.net/da' + name + '?" + account + "')", "contoso", "", ""},
		{"url_up_to_its_query", "q := url.Values{\"sv\": {\"2021-06-08\"}, \"sr\": {\"b\"}, \"sp\": {\"r\"}, \"se\": {\"2030-01-01\"}, \"sig\": {\"" + raw + "\"}}\nu := \"https://contoso.blob.core.windows.net/data/a.csv?\" + q.Encode()", "contoso", "data", "a.csv"},
		{"prose", "hosts of the account: web, blob. Token for both:\n?" + account, "", "", ""},
		{"two_words", "account: contoso is the one\n?" + account, "", "", ""},
		{"expression", "storage_account_name = var.account\nsas = \"" + account + "\"", "", "", ""},
		{"template", "url = f\"https://{account}.blob.core.windows.net/{container}\"\nsas = \"" + account + "\"", "", "", ""},
		{"stand_in", "storageAccountName = 'storageaccountname'\nsas = '" + account + "'", "", "", ""},
		{"other_host", "https://contoso.azurewebsites.net/api\nsas = '" + account + "'", "", "", ""},
		{"container_only", "$containerName = \"data\";\n$sasToken = \"" + account + "\";", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := one(t, tt.text)
			g := l.Grant
			if g.Account != tt.account || g.Container != tt.container || g.Path != tt.path {
				t.Errorf("account, container, path = %q, %q, %q; want %q, %q, %q (joined %v)",
					g.Account, g.Container, g.Path, tt.account, tt.container, tt.path, g.Joined)
			}
			if (g.Account != "") != (len(g.Joined) > 0) {
				t.Errorf("Joined = %v with account %q", g.Joined, g.Account)
			}
		})
	}
}

// The host of another link says nothing of this one, unless it is the same.
func TestJoin_other_links(t *testing.T) {
	a, b := vectorsOf(t, "account_sas", 11), vectorsOf(t, "account_sas", 12)
	link, token := a[0].Text, b[2].Text
	for s := range kind.Find([]byte(token)) {
		text := link + "\n" + token
		l, err := kind.Parse(token[s.Start:s.End])
		if err != nil {
			t.Fatal(err)
		}
		if kind.Join(&l, text, len(link)+1+s.Start); l.Grant.Account != "" {
			t.Errorf("account = %q; want none", l.Grant.Account)
		}
		bare := link[strings.IndexByte(link, '?'):]
		text = "sas = '" + bare + "'\nurl = '" + link + "'"
		if l, err = kind.Parse(bare); err != nil {
			t.Fatal(err)
		}
		if kind.Join(&l, text, len("sas = '")); l.Grant.Account != "contosomodels" {
			t.Errorf("account = %q; want contosomodels", l.Grant.Account)
		}
	}
}
