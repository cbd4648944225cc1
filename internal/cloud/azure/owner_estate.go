package azure

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/overgrant/overgrant/internal/cloud"
)

// Bounds of what is read of an account.
const (
	maxHolders = 10_000 // containers, shares, queues and tables
	atOnce     = 8      // that are read at once
)

// Estate reads what there is.
func (o *owner) Estate(ctx context.Context) (cloud.Estate, error) {
	s := &surveyor{o: o, e: cloud.Estate{Account: o.name, ReadAt: o.opt.Now().UTC()}}
	if o.arm != nil {
		s.settings(ctx)
	}
	s.holdings(ctx)
	s.keys(ctx)
	if ctx.Err() != nil {
		return cloud.Estate{}, fmt.Errorf("read account %s: %w", o.name, ctx.Err())
	}
	o.mu.Lock()
	s.e.Skew = o.skew
	o.mu.Unlock()
	if !s.any {
		if s.first != nil && !errors.Is(s.first, cloud.ErrNoAccount) {
			return cloud.Estate{}, fmt.Errorf("read account %s: %w", o.name, s.first)
		}
		return cloud.Estate{}, fmt.Errorf("read account %s: %w: %w", o.name, cloud.ErrNotOurs, s.first)
	}
	s.e.Policies = slices.Clip(s.e.Policies)
	slices.SortFunc(s.e.Policies, func(a, b cloud.Policy) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Container, b.Container), cmp.Compare(a.ID, b.ID))
	})
	return s.e, nil
}

// surveyor puts an estate together.
type surveyor struct {
	o     *owner
	mu    sync.Mutex
	e     cloud.Estate
	any   bool  // something was read
	first error // that something was not read for
}

// unread notes what could not be read.
func (s *surveyor) unread(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first = cmp.Or(s.first, err)
	s.e.Unread = append(s.e.Unread, cloud.Unread{What: what, Why: err.Error()})
}

// settings reads what the resource manager knows.
func (s *surveyor) settings(ctx context.Context) {
	h, account, err := s.o.settings(ctx)
	if err != nil {
		s.unread("settings", err)
		return
	}
	s.any = true
	s.take(h, account)
	s.blobService(ctx, h)
	s.logging(ctx, h)
	s.locks(ctx, h)
}

// take copies what an account's settings say.
func (s *surveyor) take(h armAccount, a armstorage.Account) {
	e, p := &s.e, a.Properties
	e.ID = h.id
	if a.Location != nil {
		e.Location = *a.Location
	}
	if a.Kind != nil {
		e.Kind = string(*a.Kind)
	}
	if a.SKU != nil && a.SKU.Name != nil {
		e.SKU = string(*a.SKU.Name)
	}
	e.SharedKey, e.PublicAccess = sharedKeyOn(p), publicOn(p)
	e.Tree, e.Network = cloud.Off, cloud.On
	if p.IsHnsEnabled != nil && *p.IsHnsEnabled {
		e.Tree = cloud.On
	}
	if p.PublicNetworkAccess != nil && *p.PublicNetworkAccess != armstorage.PublicNetworkAccessEnabled {
		e.Network = cloud.Off
	}
	e.Expiration = readExpiration(p.SasPolicy)
}

// blobService reads soft delete and versioning.
func (s *surveyor) blobService(ctx context.Context, h armAccount) {
	client, err := armstorage.NewBlobServicesClient(h.subscription, s.o.arm.credential, s.o.arm.options)
	if err != nil {
		s.unread("blob services", err)
		return
	}
	answer, err := client.GetServiceProperties(ctx, h.group, h.name, nil)
	if err != nil {
		s.unread("blob services", armError(err, "Microsoft.Storage/storageAccounts/blobServices/read"))
		return
	}
	p := answer.BlobServiceProperties.BlobServiceProperties
	if p == nil {
		return
	}
	s.e.SoftDeleteDays = retained(p.DeleteRetentionPolicy)
	s.e.ContainerDeleteDays = retained(p.ContainerDeleteRetentionPolicy)
	s.e.Versioning = cloud.Off
	if p.IsVersioningEnabled != nil && *p.IsVersioningEnabled {
		s.e.Versioning = cloud.On
	}
}

func retained(p *armstorage.DeleteRetentionPolicy) int {
	if p == nil || p.Enabled == nil || !*p.Enabled || p.Days == nil {
		return 0
	}
	return int(*p.Days)
}

// logging reads whether requests are logged to anywhere.
//
// Source: specification of Microsoft.Insights, "DiagnosticSettings_List".
func (s *surveyor) logging(ctx context.Context, h armAccount) {
	var page struct {
		Value []struct {
			Properties struct {
				Logs []struct {
					Category, CategoryGroup string
					Enabled                 bool
				} `json:"logs"`
			} `json:"properties"`
		} `json:"value"`
	}
	if err := s.o.arm.read(ctx, h.id+"/blobServices/default/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview", &page); err != nil {
		s.unread("logging", armError(err, "Microsoft.Insights/diagnosticSettings/read"))
		return
	}
	s.e.Logging = cloud.Off
	for _, one := range page.Value {
		for _, l := range one.Properties.Logs {
			if l.Enabled && (l.Category == "StorageRead" || l.CategoryGroup == "allLogs" || l.CategoryGroup == "audit") {
				s.e.Logging = cloud.On
			}
		}
	}
}

// locks reads the locks on the account and on what it lies in.
//
// Source: specification of Microsoft.Authorization, "ManagementLocks_ListByScope".
func (s *surveyor) locks(ctx context.Context, h armAccount) {
	for next := h.id + "/providers/Microsoft.Authorization/locks?api-version=2016-09-01"; next != ""; {
		var page listPage[struct {
			ID, Name   string
			Properties struct{ Level string }
		}]
		if err := s.o.arm.read(ctx, next, &page); err != nil {
			s.unread("locks", armError(err, "Microsoft.Authorization/locks/read"))
			return
		}
		for _, l := range page.Value {
			s.e.Locks = append(s.e.Locks, cloud.Lock{Name: l.Name, Level: l.Properties.Level, Scope: lockedScope(l.ID)})
		}
		next = page.NextLink
	}
}

// keys reads which keys there are, and keeps their hashes.
func (s *surveyor) keys(ctx context.Context) {
	read := s.o.known
	if s.o.arm != nil {
		read = s.o.readAnew
	}
	keys, err := read(ctx)
	if err != nil && len(s.o.opt.Keys) > 0 {
		s.unread("keys", err)
		keys, err = s.o.known(ctx)
	}
	if err != nil {
		s.unread("keys", err)
		return
	}
	if s.o.arm != nil && s.e.ID != "" {
		s.any = true
	}
	for _, k := range keys {
		s.e.Keys = append(s.e.Keys, cloud.AccountKey{Name: k.name, Created: k.created, Hash: keyHash(k.secret)})
	}
}

// holdings reads containers, shares, queues and tables and their policies.
func (s *surveyor) holdings(ctx context.Context) {
	for _, service := range allServices {
		if _, ok := s.o.ends[service]; !ok {
			continue
		}
		found, err := s.o.holders(ctx, service)
		if err != nil {
			if ctx.Err() == nil {
				s.unread(holderWords[service]+"s", err)
			}
			continue
		}
		s.any = true
		if len(found) > maxHolders-len(s.e.Holders) {
			s.unread(holderWords[service]+"s", fmt.Errorf("there are more than %d; the rest was not read", maxHolders))
			found = found[:max(maxHolders-len(s.e.Holders), 0)]
		}
		s.e.Holders = append(s.e.Holders, found...)
		s.policies(ctx, found)
	}
}

// policies reads those of some holders, several at once.
func (s *surveyor) policies(ctx context.Context, found []cloud.Holder) {
	var group sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for _, one := range found {
		if ctx.Err() != nil {
			break
		}
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			h := holder{one.Service, one.Name}
			ids, err := s.o.policies(ctx, h)
			if isMissing(err) {
				return // deleted meanwhile
			}
			if err != nil {
				if ctx.Err() == nil {
					s.unread("policies of "+h.words(), err)
				}
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, id := range ids.all {
				s.e.Policies = append(s.e.Policies, cloud.Policy{Service: h.service, Container: h.name, StoredPolicy: id.policy})
			}
		})
	}
	group.Wait()
	slices.SortFunc(s.e.Unread, func(a, b cloud.Unread) int { return cmp.Compare(a.What, b.What) })
}

// holders lists what of a service can hold policies.
func (o *owner) holders(ctx context.Context, service string) ([]cloud.Holder, error) {
	if service == tables {
		return o.listTables(ctx)
	}
	right := map[string]string{
		blobs: "Microsoft.Storage/storageAccounts/blobServices/containers/read", files: "Microsoft.Storage/storageAccounts/fileServices/shares/read",
		queues: "Microsoft.Storage/storageAccounts/queueServices/queues/read",
	}[service]
	var all []cloud.Holder
	for marker := ""; ; {
		query := "comp=list"
		if marker != "" {
			query += "&marker=" + escapeValue(marker)
		}
		r, err := o.call(ctx, command{service: service, query: query, right: right})
		if err != nil {
			return nil, err
		}
		var page struct {
			XMLName    xml.Name    `xml:"EnumerationResults"`
			Containers []holderXML `xml:"Containers>Container"`
			Shares     []holderXML `xml:"Shares>Share"`
			Queues     []holderXML `xml:"Queues>Queue"`
			NextMarker string
		}
		if err := xml.Unmarshal(r.body, &page); err != nil {
			return nil, fmt.Errorf("list %ss: the answer is none of the service", holderWords[service])
		}
		for _, c := range slices.Concat(page.Containers, page.Shares, page.Queues) {
			all = append(all, cloud.Holder{Service: service, Name: c.Name, Public: c.Public})
		}
		if page.NextMarker == "" || page.NextMarker == marker || len(all) > maxHolders {
			return all, nil
		}
		marker = page.NextMarker
	}
}

// holderXML is a line of a list.
type holderXML struct {
	Name   string
	Public string `xml:"Properties>PublicAccess"`
}

// listTables lists the tables.
func (o *owner) listTables(ctx context.Context) ([]cloud.Holder, error) {
	var all []cloud.Holder
	for next := ""; ; {
		query := ""
		if next != "" {
			query = "NextTableName=" + escapeValue(next)
		}
		r, err := o.call(ctx, command{service: tables, path: "/Tables", query: query, right: "Microsoft.Storage/storageAccounts/tableServices/tables/read"})
		if err != nil {
			return nil, err
		}
		var page struct{ Value []struct{ TableName string } }
		if err := json.Unmarshal(bytes.TrimSpace(r.body), &page); err != nil {
			return nil, errors.New("list tables: the answer is none of the service")
		}
		for _, t := range page.Value {
			all = append(all, cloud.Holder{Service: tables, Name: t.TableName})
		}
		after := r.header.Get("X-Ms-Continuation-Nexttablename")
		if after == "" || after == next || len(all) > maxHolders {
			return all, nil
		}
		next = after
	}
}

// lockedScope returns what a lock is on.
func lockedScope(id string) string {
	if i := strings.LastIndex(strings.ToLower(id), "/providers/microsoft.authorization/locks/"); i >= 0 {
		return id[:i]
	}
	return id
}
