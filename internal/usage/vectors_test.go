package usage_test

import (
	"slices"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/usage"
)

// vectors are records as they were published.
var vectors = []struct {
	name, source, text string
	want               overgrant.Used // some of what is read
	container, path    string
	expiry             string
}{
	{
		name: "resource_log_sas", source: "a sample in a public repository of detections, July 2022, its address redacted by its author",
		text: `{
    "time": "2022-07-05T11:47:39.6047124Z",
    "resourceId": "/subscriptions/a921d5d4-bdb7-43c3-aa01-88c6ae24992f/resourceGroups/SecuraAllRG/providers/Microsoft.Storage/storageAccounts/diag7fff8f1ab8425b12/blobServices/default",
    "category": "StorageRead",
    "operationName": "GetBlob",
    "operationVersion": "2021-06-08",
    "schemaVersion": "1.0",
    "statusCode": 200,
    "statusText": "Success",
    "durationMs": 9,
    "callerIpAddress": "<Redacted>:56029",
    "correlationId": "170464ae-101e-004b-6365-90ca9c000000",
    "identity": {
        "type": "SAS",
        "tokenHash": "key1(4C81DD1772CEA6215A976B5B9C0764F519518B179BA3C7257C7E745D337833E6),SasSignature(92D630456D3188B7F8F6F4AF99B4FBC8BD9434133587D96FB0FDDFBE12CF6349)"
    },
    "location": "West Europe",
    "properties": {
        "accountName": "diag7fff8f1ab8425b12",
        "userAgentHeader": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:102.0) Gecko/20100101 Firefox/102.0",
        "etag": "\"0x8DA5A9118CDE874\"",
        "serviceType": "blob",
        "objectKey": "/diag7fff8f1ab8425b12/securacontainer/passwords.txt",
        "lastModifiedTime": "6/30/2022 12:07:25 PM",
        "metricResponseType": "Success",
        "serverLatencyMs": 9,
        "requestHeaderSize": 636,
        "responseHeaderSize": 394,
        "responseBodySize": 99,
        "tlsVersion": "TLS 1.2"
    },
    "uri": "https://diag7fff8f1ab8425b12.blob.core.windows.net:443/securacontainer/passwords.txt?sp=r&st=2022-07-05T11:47:32Z&se=2022-07-05T19:47:32Z&spr=https&sv=2021-06-08&sr=b&sig=XXXXX",
    "protocol": "HTTPS",
    "resourceType": "Microsoft.Storage/storageAccounts/blobServices"
}`,
		want: overgrant.Used{
			Token: "92d630456d3188b7f8f6f4af99b4fbc8bd9434133587d96fb0fddfbe12cf6349", Kind: "service_sas", Account: "diag7fff8f1ab8425b12",
			Key: "key1", KeyHash: "4c81dd1772cea6215a976b5b9c0764f519518b179ba3c7257c7e745d337833e6", Permissions: "r", Requests: 1, Reads: 1, BytesOut: 99, Callers: 1, Agents: 1,
		},
		container: "securacontainer", path: "passwords.txt", expiry: "2022-07-05T19:47:32Z",
	},
	{
		name: "classic_anonymous", source: "Storage Analytics log format, sample of GetBlob",
		text: `1.0;2014-06-19T22:59:23.1967767Z;GetBlob;AnonymousSuccess;200;17;16;anonymous;;storagesample;blob;"https://storagesample.blob.core.windows.net/sample-container1/00001.txt";"/storagesample/sample-container1/00001.txt";61d2e3f6-bcb7-4cd1-a81e-4f8f497f0da2;0;192.100.0.102:4362;2014-02-14;283;0;354;23;0;;;""0x8D15A2913C934DE"";Thursday, 19-Jun-14 22:58:10 GMT;;"WA-Storage/4.0.1 (.NET CLR 4.0.30319.34014; Win32NT 6.3.9600.0)";;"44dfd78e-7288-4898-8f70-c3478983d3b6"`,
		want: overgrant.Used{Token: "anonymous", Kind: "anonymous", Account: "storagesample", Requests: 1, Reads: 1, BytesOut: 23, Callers: 1, Agents: 1},
	},
	{
		name: "classic_key", source: "Storage Analytics log format, sample of PutBlob",
		text: `1.0;2014-06-19T01:33:54.0926521Z;PutBlob;Success;201;197;54;authenticated;storagesample;storagesample;blob;"https://storagesample.blob.core.windows.net/sample-container1/00001.txt";"/storagesample/sample-container1/00001.txt";a200be85-1c98-4dd9-918e-f13d8c0538e0;0;192.100.0.102:4362;2014-02-14;460;23;225;0;23;"DrPO6z1f00SCsomhaf+J/A==";"DrPO6z1f00SCsomhaf+J/A==";""0x8D15975AA456EA4"";Thursday, 19-Jun-14 01:33:53 GMT;;"WA-Storage/4.0.1 (.NET CLR 4.0.30319.34014; Win32NT 6.3.9600.0)";;"1fe6814a-e4cb-4195-a3cf-837dc7120f68"`,
		want: overgrant.Used{Token: "account_key", Kind: "account_key", Account: "storagesample", Requests: 1, Writes: 1, BytesIn: 23, Callers: 1, Agents: 1},
	},
	{
		name: "classic_copy", source: "Storage Analytics log format, sample of CopyBlob: three operations of one request",
		text: `1.0;2014-06-19T23:31:36.5780954Z;CopyBlob;Success;202;13;13;authenticated;storagesample;storagesample;blob;"https://storagesample.blob.core.windows.net/sample-container/Copy-sample-blob.txt";"/storagesample/sample-container/Copy-sample-blob.txt";505fc366-688f-4622-bbb1-20e8fc26cffd;0;192.100.0.102:4362;2014-02-14;538;0;261;0;0;;;""0x8D15A2DBF11553E"";Thursday, 19-Jun-14 23:31:36 GMT;;"WA-Storage/4.0.1 (.NET CLR 4.0.30319.34014; Win32NT 6.3.9600.0)";;"dc00da87-5483-4524-b0dc-d1df025a6a9a"
1.0;2014-06-19T23:31:36.5780954Z;CopyBlobSource;Success;202;13;13;authenticated;storagesample;storagesample;blob;"https://storagesample.blob.core.windows.net/sample-container/Copy-sample-blob.txt";"https://storagesample.blob.core.windows.net/sample-container/sample-blob.txt";505fc366-688f-4622-bbb1-20e8fc26cffd;1;192.100.0.102:4362;2014-02-14;538;0;261;0;0;;;;;;"WA-Storage/4.0.1 (.NET CLR 4.0.30319.34014; Win32NT 6.3.9600.0)";;"dc00da87-5483-4524-b0dc-d1df025a6a9a"
1.0;2014-06-19T23:31:36.5780954Z;CopyBlobDestination;Success;202;13;13;authenticated;storagesample;storagesample;blob;"https://storagesample.blob.core.windows.net/sample-container/Copy-sample-blob.txt";"/storagesample/sample-container/Copy-sample-blob.txt";505fc366-688f-4622-bbb1-20e8fc26cffd;2;192.100.0.102:4362;2014-02-14;538;0;261;0;0;;;;;;"WA-Storage/4.0.1 (.NET CLR 4.0.30319.34014; Win32NT 6.3.9600.0)";;"dc00da87-5483-4524-b0dc-d1df025a6a9a"`,
		want: overgrant.Used{Token: "account_key", Kind: "account_key", Account: "storagesample", Requests: 3, Reads: 1, Writes: 2, Callers: 1, Agents: 1},
	},
}

// TestVectors reads records as they were published.
func TestVectors(t *testing.T) {
	for _, tt := range vectors {
		t.Run(tt.name, func(t *testing.T) {
			used := slices.Collect(read(t, usage.Options{}, []byte(tt.text)).Used())
			if len(used) != 1 {
				t.Fatalf("%d tokens; want 1 (%s)", len(used), tt.source)
			}
			u, w := used[0], tt.want
			if u.Token != w.Token || u.Kind != w.Kind || u.Account != w.Account || u.Key != w.Key || u.KeyHash != w.KeyHash || u.Permissions != w.Permissions {
				t.Errorf("got %s %s %s %s %s %s; want %s %s %s %s %s %s", u.Token, u.Kind, u.Account, u.Key, u.KeyHash, u.Permissions, w.Token, w.Kind, w.Account, w.Key, w.KeyHash, w.Permissions)
			}
			if u.Requests != w.Requests || u.Reads != w.Reads || u.Writes != w.Writes || u.BytesOut != w.BytesOut || u.BytesIn != w.BytesIn || u.Callers != w.Callers || u.Agents != w.Agents {
				t.Errorf("got %+v", u)
			}
			if tt.container != "" && (u.Grant.Container != tt.container || u.Grant.Path != tt.path || u.Expiry.Format("2006-01-02T15:04:05Z07:00") != tt.expiry) {
				t.Errorf("grants %s/%s until %s; want %s/%s until %s", u.Grant.Container, u.Grant.Path, u.Expiry, tt.container, tt.path, tt.expiry)
			}
		})
	}
}
