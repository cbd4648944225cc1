package classify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/classify"
)

// marshal writes what a program would export.
func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type anyMap = map[string]any

// many makes n things.
func many(n int, one func(i int) any) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = one(i)
	}
	return all
}

func TestChatExports(t *testing.T) {
	tests := []struct {
		name, path string
		export     any
		want       string
		hint       string
	}{
		{"teams", "export/messages.json", anyMap{"userId": "8:live:ada", "exportDate": "2023-01-02T03:04", "conversations": []any{
			anyMap{"id": "19:one@thread.skype", "displayName": "one", "MessageList": many(30, func(i int) any {
				return anyMap{"id": fmt.Sprint(1600000000000 + i), "displayName": nil, "originalarrivaltime": "2020-09-13T12:26:40.0Z", "messagetype": "RichText", "version": 1, "content": `synthetic "quoted" \ text`, "conversationid": "19:one@thread.skype", "from": fmt.Sprintf("8:live:%d", i%4)}
			})},
			anyMap{"id": "8:live:bob", "MessageList": many(5, func(i int) any {
				return anyMap{"id": fmt.Sprint(1600000000000 + i), "originalarrivaltime": "2023-09-13T12:26:40.0Z", "messagetype": "Text", "content": "x", "conversationid": "8:live:bob", "from": "8:live:bob"}
			})},
			anyMap{"id": "19:calls", "MessageList": many(9, func(i int) any {
				return anyMap{"id": fmt.Sprint(i), "originalarrivaltime": "2023-09-13T12:26:40.0Z", "messagetype": "ThreadActivity/AddMember", "content": "x", "from": "8:live:bob"}
			})},
		}}, "35 messages of 5 people", "Teams, 2020 to 2023"},
		{"graph", "teams/chat.json", anyMap{"value": many(12, func(i int) any {
			return anyMap{"id": fmt.Sprint(i), "messageType": "message", "chatId": "19:x", "createdDateTime": "2021-03-04T05:06:07Z", "from": anyMap{"user": anyMap{"id": fmt.Sprint("u", i%3), "displayName": "Ada"}}, "body": anyMap{"contentType": "html", "content": "x"}}
		})}, "12 messages of 3 people", "Teams, 2021"},
		{"slack", "acme Slack export/general/2022-05-06.json", many(8, func(i int) any {
			return anyMap{"client_msg_id": fmt.Sprint("c", i), "type": "message", "text": "x\u00e9", "user": fmt.Sprint("U", i%2), "ts": fmt.Sprintf("165180%04d.000100", i), "user_profile": anyMap{"name": "ada", "team": "T1"}, "blocks": []any{anyMap{"type": "rich_text", "text": "x"}}}
		}), "8 messages of 2 people", "Slack, 2022"},
		{"discord_package", "package/messages/c1/messages.json", many(6, func(i int) any {
			return anyMap{"ID": 900000000000000000 + i, "Timestamp": "2022-01-02 03:04:05", "Contents": "x", "Attachments": ""}
		}), "6 messages of 0 people", "Discord, 2022"},
		{"discord_exporter", "dump.json", anyMap{"guild": anyMap{"id": "1", "name": "g"}, "channel": anyMap{"id": "2", "type": "GuildTextChat", "name": "c"}, "messages": many(7, func(i int) any {
			return anyMap{"id": fmt.Sprint(i), "type": "Default", "timestamp": "2022-01-02T03:04:05+00:00", "content": "x", "author": anyMap{"id": fmt.Sprint("a", i%3), "name": "ada"}, "mentions": []any{}}
		})}, "7 messages of 3 people", "Discord, 2022"},
		{"telegram", "ChatExport_2023-01-01/result.json", anyMap{"name": "x", "type": "personal_chat", "id": 5, "messages": many(9, func(i int) any {
			return anyMap{"id": i, "type": "message", "date": "2023-01-01T00:00:00", "date_unixtime": "1672531200", "from": "Ada", "from_id": fmt.Sprint("user", i%2), "text": []any{"a ", anyMap{"type": "bold", "text": "b"}}}
		})}, "9 messages of 2 people", "Telegram, 2023"},
		{"google_chat", "Takeout/Google Chat/Groups/DM 1/messages.json", anyMap{"messages": many(4, func(i int) any {
			return anyMap{"creator": anyMap{"name": "Ada", "email": fmt.Sprintf("a%d@example.org", i%2), "user_type": "Human"}, "created_date": "Tuesday, 3 March 2020 at 10:00:00 UTC", "text": "x", "topic_id": "t", "message_id": fmt.Sprint("m", i)}
		})}, "4 messages of 2 people", "Google Chat"},
		{"messenger", "messages/inbox/ada_1/message_1.json", anyMap{"participants": []any{anyMap{"name": "Ada"}, anyMap{"name": "Bob"}}, "messages": many(5, func(i int) any {
			return anyMap{"sender_name": []string{"Ada", "Bob"}[i%2], "timestamp_ms": 1600000000000 + i, "content": "x"}
		})}, "5 messages of 2 people", "Messenger, 2020"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := look(t, test.path, marshal(t, test.export))
			if got := tell(held(r)["chat"]); got != test.want || !r.Complete {
				t.Errorf("%s, complete %v %q; want %s", got, r.Complete, r.Reason, test.want)
			}
			for _, f := range r.Finds {
				if f.Class == "chat" && f.Hint != test.hint {
					t.Errorf("hint %q; want %q", f.Hint, test.hint)
				}
			}
			// A second copy adds nothing.
			if got := tell(held(r, look(t, test.path, marshal(t, test.export)))["chat"]); got != test.want {
				t.Errorf("twice: %s; want %s", got, test.want)
			}
		})
	}
}

func TestSlackUsers(t *testing.T) {
	r := look(t, "acme Slack export/users.json", marshal(t, many(11, func(i int) any {
		return anyMap{"id": fmt.Sprint("U", i), "team_id": "T1", "name": fmt.Sprint("n", i), "real_name": "Ada", "profile": anyMap{"real_name": "Ada", "email": fmt.Sprintf("u%d@corp.test", i)}}
	})))
	if got, want := tell(held(r)["address_book"]), "11 contacts of 11 people"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func TestChatText(t *testing.T) {
	styles := []struct{ name, format string }{
		{"ios_us", "[12/31/19, 10:1%d:32 PM] %s: hello\n"},
		{"ios_marks", "\u200e[31.12.19, 22:1%d:32] %s: hello\r\n"},
		{"ios_narrow_space", "[12/31/19, 10:1%d:32\u202fPM] %s: hello\n"},
		{"android_us", "12/31/19, 10:1%d PM - %s: hello\n"},
		{"android_de", "31.12.19, 22:1%d - %s: hello\n"},
		{"android_uk", "31/12/2019, 22:1%d - %s: hello\n"},
		{"android_fr", "31/12/2019 à 22:1%d - %s: hello\n"},
		{"android_es", "31/12/19 10:1%d p. m. - %s: hello\n"},
		{"android_se", "2019-12-31 22:1%d - %s: hello\n"},
		{"android_in", "31/12/19, 10:1%d pm - %s: hello\n"},
		{"ios_br", "[31/12/2019 22:1%d:32] %s: hello\n"},
		{"ios_nl", "[31-12-19 22:1%d:32] %s: hello\n"},
		{"android_it", "31/12/19, 22.1%d - %s: hello\n"},
	}
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(strings.Replace(fmt.Sprintf(s.format, 0, "Messages are end-to-end encrypted"), ": hello", "", 1))
			for i := range 9 {
				fmt.Fprintf(&b, s.format, i, []string{"Ada Example", "+44 7700 900123", "Zoë 例"}[i%3])
				if i%4 == 0 {
					b.WriteString("a second line: of the same message\n\n")
				}
			}
			r := look(t, "WhatsApp Chat with Ada.txt", []byte(b.String()))
			if got, want := tell(held(r)["chat"]), "9 messages of 3 people"; got != want {
				t.Errorf("%s; want %s", got, want)
			}
		})
	}
}

// TestNoChat looks at texts that only resemble conversations.
func TestNoChat(t *testing.T) {
	tests := map[string]string{
		"log.txt":      strings.Repeat("2019-12-31 22:15:01 INFO main: started\n", 20),
		"dates.txt":    strings.Repeat("31.12.19, 22:15 o'clock\n", 20),
		"package.json": `{"name":"x","author":{"name":"ada","email":"a@b.test"},"description":"text","date":"2020-01-01"}`,
		"list.json":    `[{"type":"a","ts":1,"user":"b"}]`,
	}
	for name, text := range tests {
		for _, f := range look(t, name, []byte(text)).Finds {
			if f.Class == "chat" {
				t.Errorf("%s: %d messages, %s", name, f.Count, f.Hint)
			}
		}
	}
}

func FuzzChatJSON(f *testing.F) {
	f.Add([]byte(`{"messages":[{"id":1,"from":{"user":{"id":"a"}},"date":"2020-01-01","text":["x",{"a":null}]}],"from_id":""}`))
	f.Add([]byte(`[{"type":"message","user":"U1","text":"a\"b\\","ts":"1.2"},{`))
	f.Add([]byte(strings.Repeat(`{"a":[`, 200)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := look(t, "x/y.json", append([]byte(`{"event_id":"m.room.message","x":`), b...))
		for _, found := range r.Finds {
			if found.Class == "chat" && found.Count > int64(len(b)) {
				t.Errorf("%d messages in %d bytes", found.Count, len(b))
			}
		}
	})
}

func FuzzChatText(f *testing.F) {
	f.Add([]byte("[12/31/19, 10:15:32 PM] Ada: x\n31.12.19, 22:15 - Bob: y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		look(t, "_chat.txt", append([]byte("31.12.19, 22:15 - Bob: y\n31.12.19, 22:15 - Bob: y\n"), b...))
	})
}

var _ = classify.Damaged
