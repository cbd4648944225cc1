package arm

import (
	"encoding/json"
	"regexp"
	"time"
)

// describe returns an account as the answers have it.
//
// Source: specification of Microsoft.Storage 2024-01-01, StorageAccount.
func (a Account) describe() map[string]any {
	made := func(i int) any {
		if a.Made[i].IsZero() {
			return nil
		}
		return a.Made[i].UTC().Format(time.RFC3339Nano)
	}
	properties := map[string]any{
		"allowSharedKeyAccess": !a.KeysOff, "allowBlobPublicAccess": a.Public, "isHnsEnabled": a.Tree,
		"keyCreationTime":   map[string]any{"key1": made(0), "key2": made(1)},
		"provisioningState": "Succeeded", "publicNetworkAccess": "Enabled", "supportsHttpsTrafficOnly": true,
		"creationTime": "2020-07-20T09:00:00.0000000Z", "statusOfPrimary": "available", "primaryLocation": a.Location,
		"primaryEndpoints": map[string]any{"blob": "https://" + a.Name + ".blob.core.windows.net/"},
	}
	if a.Period != "" {
		properties["sasPolicy"] = map[string]any{"sasExpirationPeriod": a.Period, "expirationAction": a.Action}
	}
	return map[string]any{
		"id": a.ID(), "name": a.Name, "type": "Microsoft.Storage/storageAccounts", "location": a.Location,
		"kind": "StorageV2", "sku": map[string]any{"name": "Standard_LRS", "tier": "Standard"}, "tags": map[string]any{},
		"properties": properties,
	}
}

func (s *Server) getAccount(q *request) *denial {
	q.reply = s.standing(q).describe()
	return nil
}

// standing returns the account of a request as it stands.
func (s *Server) standing(q *request) Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return q.account.Account
}

// listed returns the keys as listKeys and regenerateKey answer.
func (a Account) listed() map[string]any {
	var keys []any
	for i, name := range []string{"key1", "key2"} {
		k := map[string]any{"keyName": name, "value": a.Keys[i], "permissions": "FULL"}
		if !a.Made[i].IsZero() {
			k["creationTime"] = a.Made[i].UTC().Format(time.RFC3339Nano)
		}
		keys = append(keys, k)
	}
	return map[string]any{"keys": keys}
}

func (s *Server) listKeys(q *request) *denial {
	q.reply = s.standing(q).listed()
	return nil
}

// regenerateKey makes one key anew, here and where data is.
func (s *Server) regenerateKey(q *request) *denial {
	var body struct {
		KeyName string `json:"keyName"`
	}
	if json.Unmarshal(q.body, &body) != nil {
		return badBody
	}
	n := map[string]int{"key1": 1, "key2": 2}[body.KeyName]
	if n == 0 {
		return badKey
	}
	q.detail = body.KeyName
	key := newKey()
	if d := q.account.Drive; d != nil {
		var err error
		if key, err = d.Rotate(n); err != nil {
			return internal
		}
	}
	s.mu.Lock()
	q.account.Keys[n-1] = key
	q.account.Made[n-1] = s.opt.Now()
	s.mu.Unlock()
	q.reply = s.standing(q).listed()
	return nil
}

// revoke ends the delegation keys that were handed out so far.
func (s *Server) revoke(q *request) *denial {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.account.generation++
	return nil
}

// period is how a period is written.
var period = regexp.MustCompile(`^\d{1,4}\.\d\d:\d\d:\d\d$`)

// update changes the settings that a request names, and leaves the others.
func (s *Server) update(q *request) *denial {
	var body struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(q.body, &body) != nil {
		return badBody
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := q.account.Account
	for name, raw := range body.Properties {
		if d := next.set(name, raw); d != nil {
			return d
		}
	}
	q.account.Account = next
	q.reply = next.describe()
	return nil
}

// set changes one setting.
func (a *Account) set(name string, raw json.RawMessage) *denial {
	var on *bool
	switch name {
	case "allowSharedKeyAccess":
		if json.Unmarshal(raw, &on) != nil {
			return badBody
		}
		a.KeysOff = on != nil && !*on
	case "allowBlobPublicAccess":
		if json.Unmarshal(raw, &on) != nil {
			return badBody
		}
		a.Public = on != nil && *on
	case "sasPolicy":
		var p *struct{ SasExpirationPeriod, ExpirationAction string }
		if json.Unmarshal(raw, &p) != nil {
			return badBody
		}
		if p == nil {
			a.Period, a.Action = "", ""
			return nil
		}
		if !period.MatchString(p.SasExpirationPeriod) || p.ExpirationAction != "Log" && p.ExpirationAction != "Block" {
			return badBody
		}
		if a.Made[0].IsZero() || a.Made[1].IsZero() {
			return oldKeys
		}
		a.Period, a.Action = p.SasExpirationPeriod, p.ExpirationAction
	default:
		return badBody
	}
	return nil
}

func (s *Server) blobService(q *request) *denial {
	a := s.standing(q)
	kept := map[string]any{"enabled": a.SoftDelete > 0}
	if a.SoftDelete > 0 {
		kept["days"] = a.SoftDelete
	}
	q.reply = map[string]any{
		"id": a.ID() + "/blobServices/default", "name": "default", "type": "Microsoft.Storage/storageAccounts/blobServices",
		"properties": map[string]any{"deleteRetentionPolicy": kept, "containerDeleteRetentionPolicy": kept, "isVersioningEnabled": a.Versioning},
	}
	return nil
}

func (s *Server) diagnostics(q *request) *denial {
	a := s.standing(q)
	items := []any{}
	if a.Logging {
		items = append(items, map[string]any{
			"id": a.ID() + "/blobServices/default/providers/microsoft.insights/diagnosticSettings/logs", "name": "logs", "type": "Microsoft.Insights/diagnosticSettings",
			"properties": map[string]any{"logs": []any{map[string]any{"category": "StorageRead", "enabled": true}}},
		})
	}
	q.reply = map[string]any{"value": items}
	return nil
}
