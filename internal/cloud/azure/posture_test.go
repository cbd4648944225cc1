package azure_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/azure"
)

const properties = "\uFEFF" + `<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties>
<Logging><Version>1.0</Version><Read>true</Read><Write>true</Write><Delete>true</Delete><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging>
<HourMetrics><Version>1.0</Version><Enabled>false</Enabled></HourMetrics>
<Cors><CorsRule><AllowedOrigins>https://a.example, *</AllowedOrigins><AllowedMethods>GET</AllowedMethods></CorsRule></Cors>
<DefaultServiceVersion>2017-07-29</DefaultServiceVersion>
<DeleteRetentionPolicy><Enabled>true</Enabled><Days>14</Days></DeleteRetentionPolicy>
<StaticWebsite><Enabled>true</Enabled><IndexDocument>index.html</IndexDocument></StaticWebsite>
</StorageServiceProperties>`

func TestReadPosture(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"all_on", properties, `{"soft_delete":true,"retention_days":14,"reads_logged":true,"writes_logged":true,"static_website":true,"any_origin":true}`},
		{"all_off", strings.NewReplacer("true", "false", ", *", "").Replace(properties), `{"soft_delete":false,"reads_logged":false,"writes_logged":false,"static_website":false,"any_origin":false}`},
		{"deletions_not_logged", strings.Replace(properties, "<Delete>true", "<Delete>false", 1), `{"soft_delete":true,"retention_days":14,"reads_logged":true,"writes_logged":false,"static_website":true,"any_origin":true}`},
		{"old_version", `<StorageServiceProperties><Logging><Read>false</Read></Logging></StorageServiceProperties>`, `{"reads_logged":false,"writes_logged":false}`},
		{"empty", `<StorageServiceProperties/>`, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := azure.ReadPosture([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(r); string(got) != tt.want {
				t.Errorf("ReadPosture() = %s; want %s", got, tt.want)
			}
		})
	}
}

func TestReadPostureRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":     "",
		"other_root":  "<Error><Code>x</Code></Error>",
		"page":        "<!DOCTYPE html><html><body>hello",
		"bomb":        `<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("b", 100) + `"><!ENTITY c "&b;&b;&b;">]><StorageServiceProperties><Logging><Read>&c;</Read></Logging></StorageServiceProperties>`,
		"days_no_num": "<StorageServiceProperties><DeleteRetentionPolicy><Days>many</Days></DeleteRetentionPolicy></StorageServiceProperties>",
		"too_long":    "<StorageServiceProperties>" + strings.Repeat(" ", 300<<10) + "</StorageServiceProperties>",
		"cut":         properties[:200],
	} {
		if r, err := azure.ReadPosture([]byte(body)); err == nil {
			t.Errorf("%s: %+v; want an error", name, r)
		}
	}
}

func FuzzReadPosture(f *testing.F) {
	f.Add([]byte(properties))
	f.Add([]byte("<StorageServiceProperties><Cors/><Cors><CorsRule/></Cors></StorageServiceProperties>"))
	f.Add([]byte("<!DOCTYPE a []><a/>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if r, err := azure.ReadPosture(body); err == nil && r.RetentionDays < 0 {
			t.Errorf("retention of %d days", r.RetentionDays)
		}
	})
}
