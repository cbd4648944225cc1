package wire_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/wire"
)

var everything = wire.Probes{Writes: true, Conditional: true}

// doors returns a door to every service, one to an emulator and one to a host of which
// nothing is known.
func doors(t testing.TB, p wire.Probes) *wire.Door {
	t.Helper()
	c := wire.NewReadOnly(wire.Options{Probes: p, AllowHosts: []string{"data.example", "127.0.0.1"}})
	var hosts []wire.Host
	for _, s := range []string{"blob", "file", "queue", "table", "dfs"} {
		hosts = append(hosts, wire.Host{Name: "contoso." + s + ".core.windows.net"})
	}
	hosts = append(hosts, wire.Host{Name: "data.example"},
		wire.Host{Name: "127.0.0.1:10000", Service: wire.Blob}, wire.Host{Name: "127.0.0.1:10001", Service: wire.Queue})
	d, err := c.BindHosts(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func at(service, target string) string {
	switch service {
	case "unknown":
		return "https://data.example" + target
	case "emulator":
		return "http://127.0.0.1:10000" + target
	case "emulated_queue":
		return "http://127.0.0.1:10001" + target
	}
	return "https://contoso." + service + ".core.windows.net" + target
}

func TestWhatMayLeave(t *testing.T) {
	t.Parallel()
	probe, table := wire.ProbeName(), wire.ProbeTableName()
	const sas = "&sv=2020-08-04&ss=b&srt=sco&sp=rl&se=2051-10-06T07%3A00%3A00Z&sig=AAAA%2BAAA%3D"
	tests := []struct {
		name, method, url string
		header            []string
		want              string
	}{
		{"account_information", "GET", at("blob", "/?restype=account&comp=properties"+sas), nil, "account information"},
		{"containers", "GET", at("blob", "/?comp=list&maxresults=1&include=metadata,deleted"+sas), nil, "list of containers"},
		{"blobs", "GET", at("blob", "/c?restype=container&comp=list&startFrom=a%2Fb&marker="+sas), []string{"Accept", "application/xml", "x-ms-version", "2026-02-06"}, "list of blobs"},
		{"container", "HEAD", at("blob", "/c?restype=container"), nil, "container properties"},
		{"policies", "GET", at("blob", "/c?restype=container&comp=acl"), []string{"Authorization", "SharedKey contoso:AAAA", "x-ms-date", "x"}, "container policies"},
		{"properties", "HEAD", at("blob", "/c/b%2Fd?versionid=1&sig=a"), nil, "object properties"},
		{"bytes", "GET", at("blob", "/c//b/./x?snapshot=1"), []string{"Range", "bytes=0-9", "If-Match", `"0x8D"`}, "object bytes"},
		{"messages_of_a_blob", "GET", at("blob", "/c/q/messages"), []string{"Range", "bytes=0-9"}, "object bytes"},
		{"messages_of_the_emulator", "GET", at("emulator", "/acct/q/messages"), []string{"Range", "bytes=0-9"}, "object bytes"},
		{"pages", "GET", at("blob", "/c/disk.vhd?comp=pagelist"), []string{"Range", "bytes=0-511"}, "page ranges"},
		{"tags", "GET", at("blob", "/c/b?comp=tags"), nil, "blob tags"},
		{"by_tags", "GET", at("blob", "/?comp=blobs&where=a%3D%27b%27"), nil, "blobs by tags"},
		{"peek", "GET", at("queue", "/q/messages?peekonly=true&numofmessages=32"), nil, "peek"},
		{"peek_emulated", "GET", at("emulated_queue", "/acct/q/messages?peekonly=true"), nil, "peek"},
		{"queue", "GET", at("queue", "/q?comp=metadata"), nil, "object metadata"},
		{"queue_called_messages", "GET", at("queue", "/messages?comp=metadata"), nil, "object metadata"},
		{"tables", "GET", at("table", "/Tables?$top=1&NextTableName=x"), []string{"Accept", "application/json;odata=nometadata", "DataServiceVersion", "3.0"}, "list of tables"},
		{"entities", "GET", at("table", "/people()?%24top=1000&NextPartitionKey=1!2"), nil, "entities"},
		{"files", "GET", at("file", "/s/d?restype=directory&comp=list"), nil, "list of files"},
		{"share", "GET", at("file", "/s?restype=share"), nil, "share"},
		{"paths", "GET", at("dfs", "/fs?resource=filesystem&recursive=true&maxResults=5000"), nil, "list of paths"},
		{"access", "HEAD", at("dfs", "/fs/d?action=getAccessControl"), nil, "path access"},
		{"custom_domain", "GET", at("unknown", "/c?restype=container&comp=list"), nil, "list of blobs"},

		{"w", "PUT", at("blob", "/c/"+probe+"?comp=metadata"), nil, "metadata of nothing"},
		{"d", "DELETE", at("blob", "/c/"+probe+"?sig=a"), nil, "delete nothing"},
		{"d_on_c", "DELETE", at("blob", "/"+probe+"?restype=container"), nil, "delete no container"},
		{"d_on_c_emulated", "DELETE", at("emulator", "/acct/"+probe+"?restype=container"), nil, "delete no container"},
		{"d_share", "DELETE", at("file", "/"+probe+"?restype=share"), nil, "delete no share"},
		{"d_queue", "DELETE", at("queue", "/"+probe), nil, "delete no queue"},
		{"p_queue", "GET", at("queue", "/"+probe+"/messages"), nil, "messages of nobody"},
		{"p_queue_emulated", "GET", at("emulated_queue", "/acct/"+probe+"/messages"), nil, "messages of nobody"},
		{"d_table", "DELETE", at("table", "/Tables('"+table+"')"), nil, "delete no table"},
		{"d_entity", "DELETE", at("table", "/people(PartitionKey='"+probe+"',RowKey='"+probe+"')"), []string{"If-Match", "*"}, "delete no entity"},
		{"c", "PUT", at("blob", "/c/b"), []string{"If-Match", `"0x0"`, "x-ms-blob-type", "BlockBlob"}, "put if impossible"},
		{"w_on_b", "PUT", at("emulator", "/acct/c/b?comp=metadata"), []string{"If-Match", `"0x0"`}, "metadata if impossible"},
		{"d_on_b", "DELETE", at("blob", "/c/b"), []string{"If-Match", `"0x0"`}, "delete if impossible"},
	}
	all, reads := doors(t, everything), doors(t, wire.Probes{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(t, tt.method, tt.url, tt.header...)
			got, err := all.Fits(req)
			if got != tt.want || err != nil {
				t.Errorf("Fits(%s %s) = %q, %v; want %q", tt.method, wire.Redact(req.URL), got, err, tt.want)
			}
			for _, s := range wire.Azure {
				if _, err := reads.Fits(req); s.Name == tt.want && (err == nil) != (s.Level == wire.Read) {
					t.Errorf("without consent: %v for a request of level %s", err, s.Level)
				}
			}
		})
	}
}

func TestWhatMayNotLeave(t *testing.T) {
	t.Parallel()
	probe := wire.ProbeName()
	impossible := []string{"If-Match", `"0x0"`}
	tests := []struct {
		name, method, url string
		header            []string
	}{
		{"dequeue", "GET", at("queue", "/q/messages"), nil},
		{"dequeue_peekonly_false", "GET", at("queue", "/q/messages?peekonly=false"), nil},
		{"dequeue_peekonly_case", "GET", at("queue", "/q/messages?peekonly=TRUE"), nil},
		{"dequeue_by_range", "GET", at("queue", "/q/messages"), []string{"Range", "bytes=0-9"}},
		{"dequeue_by_metadata", "GET", at("queue", "/q/messages?comp=metadata"), nil},
		{"dequeue_by_policies", "GET", at("queue", "/q/messages?comp=acl"), nil},
		{"dequeue_by_list", "GET", at("queue", "/q/messages?comp=list"), nil},
		{"dequeue_where_unknown", "GET", at("unknown", "/q/messages"), []string{"Range", "bytes=0-9"}},
		{"dequeue_escaped", "GET", at("unknown", "/q/%6Dessages"), []string{"Range", "bytes=0-9"}},
		{"dequeue_case", "GET", at("unknown", "/q/Messages/"), []string{"Range", "bytes=0-9"}},
		{"dequeue_dots", "GET", at("unknown", "/q/messages/x/.."), []string{"Range", "bytes=0-9"}},
		{"dequeue_slash_escaped", "GET", at("unknown", "/q%2Fmessages"), []string{"Range", "bytes=0-9"}},
		{"dequeue_backslash", "GET", at("unknown", `/q%5Cmessages`), []string{"Range", "bytes=0-9"}},
		{"head_of_messages", "HEAD", at("queue", "/q/messages"), nil},
		{"whole_blob", "GET", at("blob", "/c/b"), nil},
		{"open_range", "GET", at("blob", "/c/b"), []string{"Range", "bytes=0-"}},
		{"end_range", "GET", at("blob", "/c/b"), []string{"Range", "bytes=-5"}},
		{"two_ranges", "GET", at("blob", "/c/b"), []string{"Range", "bytes=0-1,3-4"}},
		{"comp_case", "GET", at("blob", "/c?restype=container&comp=LIST"), nil},
		{"comp_twice", "GET", at("blob", "/c?restype=container&comp=list&comp=acl"), nil},
		{"comp_escaped", "GET", at("blob", "/c?restype=container&%63omp=list"), nil},
		{"value_escaped", "GET", at("blob", "/c?restype=container&comp=%6Cist"), nil},
		{"semicolon", "GET", at("blob", "/c?restype=container&comp=list;x=1"), nil},
		{"bare_name", "GET", at("blob", "/c?restype=container&comp=list&x"), nil},
		{"empty_part", "GET", at("blob", "/c?restype=container&&comp=list"), nil},
		{"unknown_name", "GET", at("blob", "/c?restype=container&comp=list&x=1"), nil},
		{"maxresults_no_number", "GET", at("blob", "/c?restype=container&comp=list&maxresults=1e3"), nil},
		{"fragment", "GET", at("blob", "/c?restype=container&comp=list#x"), nil},
		{"user_info", "GET", "https://contoso.blob.core.windows.net@evil.example/?comp=list", nil},
		{"user_info_bound", "GET", "https://evil@contoso.blob.core.windows.net/?comp=list", nil},
		{"plain_http", "GET", "http://contoso.blob.core.windows.net/?comp=list", nil},
		{"another_scheme", "GET", "ftp://contoso.blob.core.windows.net/?comp=list", nil},
		{"another_host", "GET", "https://evil.example/?comp=list", nil},
		{"another_port", "GET", "https://contoso.blob.core.windows.net:8443/?comp=list", nil},
		{"another_script", "GET", "https://сontoso.blob.core.windows.net/?comp=list", nil},
		{"punycode", "GET", "https://xn--ontoso-dag.blob.core.windows.net/?comp=list", nil},
		{"longer_host", "GET", "https://contoso.blob.core.windows.net.evil.example/?comp=list", nil},
		{"two_slashes", "GET", at("blob", "//evil.example/?comp=list"), nil},
		{"method_override", "GET", at("blob", "/?comp=list"), []string{"X-HTTP-Method-Override", "DELETE"}},
		{"method", "GET", at("blob", "/?comp=list"), []string{"X-HTTP-Method", "MERGE"}},
		{"copy", "PUT", at("blob", "/c/b"), []string{"If-Match", `"0x0"`, "x-ms-blob-type", "BlockBlob", "x-ms-copy-source", "https://evil.example/"}},
		{"expect", "GET", at("blob", "/?comp=list"), []string{"Expect", "100-continue"}},
		{"upgrade", "GET", at("blob", "/?comp=list"), []string{"Upgrade", "websocket"}},
		{"connection", "GET", at("blob", "/?comp=list"), []string{"Connection", "close"}},
		{"transfer_encoding", "GET", at("blob", "/?comp=list"), []string{"Transfer-Encoding", "chunked"}},
		{"header_injection", "GET", at("blob", "/?comp=list"), []string{"Accept", "a\r\nX-Http-Method: DELETE"}},
		{"delete_if_none_match", "DELETE", at("blob", "/c/b"), []string{"If-None-Match", "*"}},
		{"delete_probe_if_none_match", "DELETE", at("blob", "/c/"+probe), []string{"If-None-Match", "*"}},
		{"delete_two_conditions", "DELETE", at("blob", "/c/b"), append([]string{"If-None-Match", "*"}, impossible...)},
		{"delete_with_tags", "DELETE", at("blob", "/c/b"), append([]string{"x-ms-if-tags", "a='b'"}, impossible...)},
		{"delete_with_snapshots", "DELETE", at("blob", "/c/b"), append([]string{"x-ms-delete-snapshots", "include"}, impossible...)},
		{"delete_a_version", "DELETE", at("blob", "/c/b?versionid=1"), impossible},
		{"delete_for_good", "DELETE", at("blob", "/c/b?deletetype=permanent"), impossible},
		{"delete_other_etag", "DELETE", at("blob", "/c/b"), []string{"If-Match", `"0x1"`}},
		{"delete_etag_list", "DELETE", at("blob", "/c/b"), []string{"If-Match", `"0x0","0x1"`}},
		{"delete_any_etag", "DELETE", at("blob", "/c/b"), []string{"If-Match", "*"}},
		{"delete", "DELETE", at("blob", "/c/b"), nil},
		{"delete_file_ignores_conditions", "DELETE", at("file", "/s/f"), impossible},
		{"delete_queue_ignores_conditions", "DELETE", at("queue", "/q"), impossible},
		{"delete_where_unknown", "DELETE", at("unknown", "/c/b"), impossible},
		{"probe_where_unknown", "DELETE", at("unknown", "/c/"+probe), nil},
		{"delete_container", "DELETE", at("blob", "/c?restype=container"), nil},
		{"delete_container_if", "DELETE", at("blob", "/c?restype=container"), impossible},
		{"delete_container_behind", "DELETE", at("blob", "/c/"+probe+"?restype=container"), nil},
		{"delete_queue_behind", "DELETE", at("queue", "/q/"+probe), nil},
		{"delete_behind_dots", "DELETE", at("blob", "/c/b/../"+probe), nil},
		{"delete_before_dots", "DELETE", at("blob", "/c/b/"+probe+"/.."), nil},
		{"delete_slash", "DELETE", at("blob", "/c/b/"+probe+"/"), nil},
		{"delete_escaped_slash", "DELETE", at("blob", "/c/b%2F"+probe), nil},
		{"delete_probe_upper_case", "DELETE", at("blob", "/c/"+strings.ToUpper(probe)), nil},
		{"delete_probe_longer", "DELETE", at("blob", "/c/"+probe+"0"), nil},
		{"clear_messages", "DELETE", at("queue", "/q/messages"), nil},
		{"delete_table", "DELETE", at("table", "/Tables('people')"), nil},
		{"delete_entity", "DELETE", at("table", "/people(PartitionKey='a',RowKey='b')"), []string{"If-Match", "*"}},
		{"merge_entity", "MERGE", at("table", "/people(PartitionKey='"+probe+"',RowKey='"+probe+"')"), []string{"If-Match", "*"}},
		{"replace_entity", "PUT", at("table", "/people(PartitionKey='"+probe+"',RowKey='"+probe+"')"), []string{"If-Match", "*"}},
		{"put", "PUT", at("blob", "/c/"+probe), []string{"x-ms-blob-type", "BlockBlob"}},
		{"put_append_blob", "PUT", at("blob", "/c/b"), append([]string{"x-ms-blob-type", "AppendBlob"}, impossible...)},
		{"create_container", "PUT", at("blob", "/"+probe+"?restype=container"), nil},
		{"create_queue", "PUT", at("queue", "/"+probe), nil},
		{"append_on_queue_creates", "PUT", at("queue", "/"+probe+"?comp=appendblock"), nil},
		{"create_share", "PUT", at("file", "/"+probe+"?restype=share"), nil},
		{"create_file", "PUT", at("file", "/s/"+probe), []string{"x-ms-type", "file"}},
		{"create_path", "PUT", at("dfs", "/fs/"+probe+"?resource=file"), nil},
		{"set_tags", "PUT", at("blob", "/c/"+probe+"?comp=tags"), nil},
		{"set_tier", "PUT", at("blob", "/c/"+probe+"?comp=tier"), nil},
		{"lease", "PUT", at("blob", "/c/"+probe+"?comp=lease"), []string{"x-ms-lease-action", "break"}},
		{"undelete", "PUT", at("blob", "/c/"+probe+"?comp=undelete"), nil},
		{"snapshot", "PUT", at("blob", "/c/b?comp=snapshot"), impossible},
		{"service_properties", "PUT", at("blob", "/?restype=service&comp=properties"), nil},
		{"metadata", "PUT", at("blob", "/c/b?comp=metadata"), nil},
		{"metadata_given", "PUT", at("blob", "/c/b?comp=metadata"), append([]string{"x-ms-meta-a", "b"}, impossible...)},
		{"batch", "POST", at("blob", "/?comp=batch"), nil},
		{"delegation_key", "POST", at("blob", "/?restype=service&comp=userdelegationkey"), nil},
		{"message", "POST", at("queue", "/q/messages"), nil},
		{"patch", "PATCH", at("dfs", "/fs/"+probe+"?action=append"), nil},
		{"options", "OPTIONS", at("blob", "/c/b"), nil},
		{"trace", "TRACE", at("blob", "/c/b"), nil},
		{"connect", "CONNECT", at("blob", "/c/b"), nil},
		{"method_case", "get", at("blob", "/?comp=list"), nil},
	}
	d := doors(t, everything)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(t, tt.method, tt.url, tt.header...)
			if got, err := d.Fits(req); !errors.Is(err, wire.ErrRefused) && !errors.Is(err, wire.ErrForeign) {
				t.Errorf("Fits = %q, %v; want a refusal", got, err)
			}
		})
	}
}

func TestRequestsBuiltByHandMayNotLeave(t *testing.T) {
	t.Parallel()
	d := doors(t, everything)
	const ok = "https://contoso.blob.core.windows.net/?comp=list"
	tests := []struct {
		name string
		bend func(*http.Request)
	}{
		{"host_of_its_own", func(r *http.Request) { r.Host = "evil.example" }},
		{"opaque", func(r *http.Request) { r.URL.Opaque = "//evil.example/x" }},
		{"no_url", func(r *http.Request) { r.URL = nil }},
		{"space_in_query", func(r *http.Request) { r.URL.RawQuery = "comp=list HTTP/1.1" }},
		{"newline_in_query", func(r *http.Request) { r.URL.RawQuery = "comp=list\r\nX: y" }},
		{"path_without_slash", func(r *http.Request) { r.URL.Path = "c/b" }},
		{"space_in_host", func(r *http.Request) { r.URL.Host = "contoso.blob.core.windows.net evil.example" }},
		{"zone_in_host", func(r *http.Request) { r.URL.Host = "[fe80::1%25eth0]" }},
		{"header_twice", func(r *http.Request) { r.Header["Accept"] = []string{"a", "b"} }},
		{"header_in_two_spellings", func(r *http.Request) { r.Header["accept"] = []string{"a"}; r.Header["Accept"] = []string{"b"} }},
		{"header_hidden_in_lower_case", func(r *http.Request) { r.Header["x-http-method"] = []string{"DELETE"} }},
		{"trailer", func(r *http.Request) { r.Trailer = http.Header{"X": {"y"}} }},
		{"chunked", func(r *http.Request) { r.TransferEncoding = []string{"chunked"} }},
		{"body", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) }},
		{"endless_body", func(r *http.Request) { r.Body = io.NopCloser(endless{}) }},
		{"length", func(r *http.Request) { r.Header.Set("Content-Length", "5") }},
		{"length_without_body", func(r *http.Request) { r.ContentLength = 5 }},
		{"no_method", func(r *http.Request) { r.Method = "" }},
	}
	if _, err := d.Fits(request(t, "GET", ok)); err != nil {
		t.Fatalf("Fits of a list = %v; want none", err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(t, "GET", ok)
			tt.bend(req)
			if got, err := d.Fits(req); !errors.Is(err, wire.ErrRefused) && !errors.Is(err, wire.ErrForeign) {
				t.Errorf("Fits = %q, %v; want a refusal", got, err)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// harm says what is wrong with letting a request leave, told by other means
// than the list: empty if nothing is.
func harm(r *http.Request, p wire.Probes) string {
	conditions := 0
	for name := range r.Header {
		if name = http.CanonicalHeaderKey(name); strings.HasPrefix(name, "If-") || strings.HasPrefix(name, "X-Ms-If-") {
			conditions++
		}
		for _, bad := range []string{"X-Http-", "X-Ms-Copy", "X-Ms-Lease", "X-Ms-Meta", "X-Ms-Tags", "X-Ms-Delete", "X-Ms-Access", "Upgrade", "Expect", "Transfer"} {
			if strings.HasPrefix(name, bad) {
				return "header " + name
			}
		}
	}
	if r.Header.Get("If-None-Match") != "" {
		return "If-None-Match"
	}
	host := r.URL.Hostname()
	probe := strings.Contains(r.URL.Path, "overgrant-probe-") || strings.Contains(r.URL.Path, "overgrantprobe")
	messages := strings.Contains(strings.ToLower(r.URL.Path), "/messages")
	q := r.URL.Query()
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		queue := strings.Contains(host, "queue") || host == "data.example" || r.URL.Port() == "10001"
		if messages && queue && q.Get("peekonly") != "true" && !(p.Writes && probe) && !strings.HasPrefix(r.URL.Path, "/messages") {
			return "takes messages"
		}
		return ""
	}
	for _, comp := range q["comp"] {
		if comp != "metadata" && comp != "appendblock" {
			return "comp=" + comp
		}
	}
	switch {
	case p.Conditional && conditions == 1 && r.Header.Get("If-Match") == `"0x0"` && q.Get("restype") == "" &&
		(strings.Contains(host, ".blob.") || r.URL.Port() == "10000") && (r.Method == http.MethodPut || r.Method == http.MethodDelete):
		return ""
	case !p.Writes:
		return "no consent"
	case !probe:
		return "a name that may exist"
	case r.Method == http.MethodPut && q.Get("comp") == "":
		return "creates"
	case r.Method == http.MethodPut && q.Get("restype") != "":
		return "creates a container"
	case conditions > 0 && !(conditions == 1 && r.Header.Get("If-Match") == "*" && strings.Contains(r.URL.Path, "RowKey")):
		return "a condition"
	case r.Method != http.MethodPut && r.Method != http.MethodDelete && !(r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages")):
		return "method"
	}
	return ""
}

// TestNothingElseLeaves walks a product of methods, hosts, paths, queries and
// headers, and finds no request that leaves and could do harm.
func TestNothingElseLeaves(t *testing.T) {
	t.Parallel()
	probe, table := wire.ProbeName(), wire.ProbeTableName()
	methods := []string{"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "MERGE", "get"}
	services := []string{"blob", "file", "queue", "table", "dfs", "unknown", "emulator", "emulated_queue"}
	paths := []string{"", "/", "/c", "/c/b", "/q/messages", "/a/q/messages", "/q/%6dessages", "/c/" + probe, "/" + probe, "/" + probe + "/messages",
		"/a/" + probe + "/messages", "/Tables", "/Tables('" + table + "')", "/t(PartitionKey='" + probe + "',RowKey='" + probe + "')", "/tab()", "/c/../" + probe}
	var queries []string
	firsts := []string{"", "restype=container", "restype=service", "restype=share", "restype=directory", "resource=file", "peekonly=true"}
	comps := []string{"", "comp=list", "comp=LIST", "comp=properties", "comp=metadata", "comp=acl", "comp=tags", "comp=lease", "comp=undelete", "comp=tier", "comp=snapshot",
		"comp=appendblock", "comp=block", "comp=blocklist", "comp=batch", "comp=copy", "comp=rename", "comp=immutabilityPolicies", "comp=query", "comp=range", "comp=userdelegationkey", "action=append", "%63omp=lease", "comp=list&comp=lease"}
	for _, a := range firsts {
		for _, b := range comps {
			queries = append(queries, strings.Trim(a+"&"+b, "&"))
		}
	}
	headers := [][]string{nil, {"Range", "bytes=0-0"}, {"If-Match", `"0x0"`}, {"If-Match", "*"}, {"If-None-Match", "*"}, {"If-Match", `"0x0"`, "X-Ms-Blob-Type", "BlockBlob"},
		{"X-Ms-Blob-Type", "BlockBlob"}, {"If-Match", `"0x0"`, "X-Ms-If-Tags", "a"}, {"X-Ms-Copy-Source", "https://x/"}}
	for _, p := range []wire.Probes{{}, everything} {
		d, headers := doors(t, p), headers
		if p != everything {
			headers = headers[:3]
		}
		passed, walked := map[string]bool{}, 0
		for _, service := range services {
			for _, path := range paths {
				for _, query := range queries {
					u, err := url.Parse(at(service, path+"?"+query))
					if err != nil {
						t.Fatal(err)
					}
					u.RawQuery += map[bool]string{true: "", false: "&"}[query == ""] + "sig=a"
					for _, h := range headers {
						req := &http.Request{URL: u, Header: http.Header{}}
						for i := 0; i+1 < len(h); i += 2 {
							req.Header[h[i]] = []string{h[i+1]}
						}
						for _, req.Method = range methods {
							walked++
							name, err := d.Fits(req)
							if err != nil {
								continue
							}
							passed[name] = true
							if why := harm(req, p); why != "" {
								t.Fatalf("%s %s %v left as %q: %s", req.Method, wire.Redact(u), h, name, why)
							}
						}
					}
				}
			}
		}
		t.Logf("%+v: %d requests, %d shapes", p, walked, len(passed))
	}
}

func FuzzCheck(f *testing.F) {
	probe := wire.ProbeName()
	f.Add("GET", "contoso.blob.core.windows.net", "/c", "restype=container&comp=list", "Accept", "x")
	f.Add("GET", "contoso.queue.core.windows.net", "/q/messages", "peekonly=true", "Accept", "x")
	f.Add("DELETE", "contoso.blob.core.windows.net", "/c/"+probe, "", "Accept", "")
	f.Add("PUT", "127.0.0.1:10000", "/a/c/b", "comp=metadata", "If-Match", `"0x0"`)
	f.Add("GET", "CONTOSO.blob.core.windows.net.:443", "/c/%2e%2e", "a=%zz;", "X-Http-Method", "\n")
	d := doors(f, everything)
	f.Fuzz(func(t *testing.T, method, host, path, query, name, value string) {
		req := &http.Request{Method: method, URL: &url.URL{Scheme: "https", Host: host, Path: path, RawQuery: query}, Header: http.Header{name: {value}}}
		if strings.HasPrefix(host, "127.") {
			req.URL.Scheme = "http"
		}
		out, err := d.Sealed(req)
		if err != nil {
			if !errors.Is(err, wire.ErrRefused) && !errors.Is(err, wire.ErrForeign) {
				t.Fatalf("error %v is no refusal", err)
			}
			return
		}
		if why := harm(out, everything); why != "" {
			t.Fatalf("%s %q %q left: %s", out.Method, out.URL.Path, out.URL.RawQuery, why)
		}
		for _, text := range []string{out.URL.RequestURI(), out.Host, out.Header.Get(name)} {
			if strings.ContainsAny(text, "\r\n\x00") {
				t.Fatalf("%q left", text)
			}
		}
		if strings.Contains(out.URL.RequestURI(), " ") {
			t.Fatalf("%q left", out.URL.RequestURI())
		}
	})
}

func TestShapesAreTold(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range wire.Azure {
		if s.Name == "" || s.Doc == "" || len(s.Methods) == 0 || s.On == 0 || seen[s.Name] {
			t.Errorf("shape %q: name, doc, method or service missing, or said twice", s.Name)
		}
		seen[s.Name] = true
		for _, m := range s.Methods {
			if s.Level == wire.Read && m != "GET" && m != "HEAD" {
				t.Errorf("shape %q reads by %s", s.Name, m)
			}
		}
		for _, p := range append(s.Must, s.Query...) {
			if strings.HasPrefix(p.Name, "If-N") || s.Level == wire.Conditional && p.Name == "If-Match" && (len(p.Values) != 1 || p.Values[0] != `"0x0"`) {
				t.Errorf("shape %q: condition %v", s.Name, p)
			}
		}
		if s.Level == wire.Conditional && s.On != wire.Blob {
			t.Errorf("shape %q is conditional where conditions are not heeded", s.Name)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	d := doors(b, wire.Probes{})
	req := request(b, "GET", at("blob", "/c?restype=container&comp=list&sv=2020-08-04&ss=b&srt=sco&sp=rl&se=2051&sig=AAAA"), "x-ms-version", "2026-02-06")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Fits(req); err != nil {
			b.Fatal(err)
		}
	}
}
