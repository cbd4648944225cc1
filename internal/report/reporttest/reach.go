package reporttest

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/overgrant/overgrant"
)

// What the leak reaches in all.
const (
	Containers = 212
	Objects    = 1_362_047
	Bytes      = 38_100_000_000_000
	People     = 359 // behind the chat messages
	Messages   = 31_402
	Models     = 61
)

// teams name the containers of which there are many.
var teams = []string{"datasets", "experiments", "checkpoints", "eval-runs", "speech-corpora", "vision-raw", "telemetry", "scratch"}

// shards are what the leak reaches, in the pieces in which it is measured: a
// listing of each container, and two readings of content.
var shards = sync.OnceValue(func() []overgrant.Measured {
	root := overgrant.Measured{ID: ID, Round: round, Exposure: overgrant.Exposure{Containers: Containers, Requests: 1}}
	all := []overgrant.Measured{root}
	left := overgrant.Tally{Objects: Objects, Bytes: Bytes}
	for i := Containers - 1; i >= 0; i-- {
		name, whole := container(i)
		if i == 0 {
			whole = left
		}
		left.Objects, left.Bytes = left.Objects-whole.Objects, left.Bytes-whole.Bytes
		all = append(all, listing(i, name, whole))
	}
	all = append(all, reading(0), reading(1))
	for _, s := range all[1:] {
		all[0].Rest = append(all[0].Rest, s.Shard)
	}
	return all
})

// container is the name and the size of the i-th container; the first takes
// what the others leave.
func container(i int) (string, overgrant.Tally) {
	gb := func(n, objects float64) overgrant.Tally {
		return overgrant.Tally{Objects: int64(objects), Bytes: int64(n * 1e9)}
	}
	switch i {
	case 0:
		return "vision-archive", overgrant.Tally{}
	case 1:
		return "corp-backup", gb(7_240, 61_204)
	case 2:
		return "public-models", gb(1_912, 1_904)
	case 3:
		return "team-chat-export", gb(0.9, 412)
	case 4:
		return "$web", gb(0.4, 912)
	case 5:
		return Hostile, gb(310, 5_120)
	case 6:
		return "<b>x</b>&amp;\u202egnp", gb(96, 77)
	}
	n := 2_900 / math.Pow(float64(i-4), 0.82)
	return fmt.Sprintf("%s-%03d", teams[i%len(teams)], i), gb(n, 1_200+float64(i*7919%9000))
}

// folders of a container and how they share it.
func folders(i int) []string {
	switch i {
	case 1:
		return []string{"ws-0412/disk-00", "ws-0412/disk-01", "ws-0977/disk-00", "ws-0412/Users", "ws-0977/Users", "logs/2019"}
	case 2:
		return []string{"robust/imagenet", "robust/cifar", "pretrained/resnet", "pretrained/vit", "docs"}
	case 3:
		return []string{"2021/teams", "2022/teams", ""}
	case 4:
		return []string{"", "assets/js"}
	}
	var all []string
	for k := range 2 + i*31%7 {
		all = append(all, fmt.Sprintf("run-%02d/part-%d", k/2, k))
	}
	if i == 5 {
		all = append(all, Hostile+"/"+Hostile)
	}
	return all
}

func listing(i int, name string, whole overgrant.Tally) overgrant.Measured {
	e := overgrant.Exposure{Tally: whole, Folders: int64(i % 9), Requests: 1 + whole.Objects/5000, Areas: map[string]*overgrant.Area{}, Months: map[string]overgrant.Tally{}}
	all := folders(i)
	newest := time.Date(2023, 6, 20, 0, 0, 0, 0, time.UTC).AddDate(0, -i*37%80, 0)
	for k, n := range split(whole, len(all)) {
		a := &overgrant.Area{Tally: n, Newest: newest.AddDate(0, -k, 0).Unix()}
		a.Class, a.Severity = worst(i, k)
		path := name
		if all[k] != "" {
			path += "/" + all[k]
		}
		e.Areas[path] = a
	}
	for k, n := range split(whole, 1+i%14) {
		e.Months[newest.AddDate(0, -k*3, 0).Format("2006-01")] = n
	}
	if i == 9 {
		e.Months["1970-01"] = overgrant.Tally{Objects: 12}
		e.Versions, e.Snapshots, e.Deleted = overgrant.Tally{Objects: 4_120, Bytes: 92e9}, overgrant.Tally{Objects: 1, Bytes: 3e6}, overgrant.Tally{Objects: 311, Bytes: 41e9}
		e.Messages, e.Entities = 14, 1
	}
	named(i, &e)
	return overgrant.Measured{ID: ID, Round: round, Shard: "list " + name, Exposure: e}
}

// split shares n among parts, each about 0.6 of the one before.
func split(n overgrant.Tally, parts int) []overgrant.Tally {
	all := make([]overgrant.Tally, parts)
	for k := range parts - 1 {
		all[k] = overgrant.Tally{Objects: n.Objects * 2 / 5, Bytes: n.Bytes * 2 / 5}
		n.Objects, n.Bytes = n.Objects-all[k].Objects, n.Bytes-all[k].Bytes
	}
	all[parts-1] = n
	return all
}

// worst is the worst class of a folder.
func worst(i, k int) (string, overgrant.Severity) {
	switch {
	case i == 1 && k < 3:
		return "workstation_backup", overgrant.Critical
	case i == 1 && k < 5, i%41 == 17 && k == 1:
		return "private_key", overgrant.Critical
	case i == 3, i%37 == 11 && k == 0:
		return "chat_message", overgrant.High
	case i%19 == 7 && k == 1:
		return "secret", overgrant.High
	case i%13 == 4 && k == 0:
		return "contact_data", overgrant.Medium
	case i == 2:
		return "model", overgrant.Info
	}
	return "", overgrant.None
}

// named adds what names tell of the i-th container.
func named(i int, e *overgrant.Exposure) {
	add := func(class, title, unit string, s overgrant.Severity, n overgrant.Tally, examples ...string) {
		c := e.Class(class)
		c.Title, c.Unit, c.Severity = title, unit, s
		c.Named.Add(n)
		c.Examples = append(c.Examples, examples...)
	}
	switch i {
	case 1:
		add("workstation_backup", "workstation backups", "workstation backups", overgrant.Critical, overgrant.Tally{Objects: 5, Bytes: 6_900e9}, "corp-backup/ws-0412/disk-00/system.vhdx", "corp-backup/ws-0977/disk-00/system.vhdx")
		add("private_key", "private keys", "keys", overgrant.Critical, overgrant.Tally{Objects: 96, Bytes: 180_000}, "corp-backup/ws-0412/Users/casey/.ssh/id_ed25519")
		add("password_store", "password stores", "stores", overgrant.Critical, overgrant.Tally{Objects: 1, Bytes: 41_000}, "corp-backup/ws-0977/Users/kim/vault.kdbx")
		add("memory_dump", "memory dumps", "dumps", overgrant.High, overgrant.Tally{Objects: 1, Bytes: 34e9}, "corp-backup/logs/2019/"+Hostile)
		e.Writable = map[string]overgrant.Tally{"script": {Objects: 4_120, Bytes: 80e6}, "installer": {Objects: 57, Bytes: 61e9}}
	case 2:
		add("model", "model files", "models", overgrant.Info, overgrant.Tally{Objects: Models, Bytes: 812e9}, "public-models/robust/imagenet/resnet18.ckpt")
		e.Writable = map[string]overgrant.Tally{"model": {Objects: Models, Bytes: 812e9}, "package": {Objects: 1, Bytes: 12e6}}
	case 3:
		add("chat_message", "chat messages", "messages", overgrant.High, overgrant.Tally{Objects: 208, Bytes: 700e6}, "team-chat-export/2021/teams/messages.json")
	case 4:
		e.Writable = map[string]overgrant.Tally{"web page": {Objects: 912, Bytes: 400e6}}
	}
}

// reading is what content showed, in one of two readings: people that stand in
// both count once.
func reading(half int) overgrant.Measured {
	m := overgrant.Measured{ID: ID, Round: round, Shard: fmt.Sprintf("read %d", half)}
	e := &m.Exposure
	e.Requests, e.Read = 1_204, 512<<20
	add := func(class, title, unit string, s overgrant.Severity, seen, n int64) *overgrant.ClassHeld {
		c := e.Class(class)
		c.Title, c.Unit, c.Severity, c.Count, c.Seen = title, unit, s, n, overgrant.Tally{Objects: seen, Bytes: seen * 40_000}
		return c
	}
	chat := add("chat_message", "chat messages", "messages", overgrant.High, 101, Messages/2)
	for i := range 200 {
		chat.People.Join(hash(fmt.Sprint("person ", half*(People-200)+i)))
	}
	contacts := add("contact_data", "contact data", "addresses and numbers", overgrant.Medium, 37, 44_206)
	for i := range 12_000 {
		contacts.People.Join(hash(fmt.Sprint("contact ", half, i)))
	}
	add("secret", "secrets in text", "secrets", overgrant.High, 64, 143)
	if half == 0 {
		add("workstation_backup", "workstation backups", "workstation backups", overgrant.Critical, 2, 2)
		add("private_key", "private keys", "keys", overgrant.Critical, 88, 118)
		add("national_id", "national identity numbers", "numbers", overgrant.High, 1, 1)
		add("cloud_credential", "cloud credentials", "credentials", overgrant.Critical, 9, 12)
	}
	e.Coverage = overgrant.Coverage{
		Complete: overgrant.Tally{Objects: 20_611, Bytes: 106e9}, Partial: overgrant.Tally{Objects: 31, Bytes: 4_550e9},
		Skipped: map[string]overgrant.Tally{
			"nothing to look for in its format": {Objects: 391_004, Bytes: 11_200e9}, "beyond the sample of its class": {Objects: 180_400, Bytes: 1_900e9},
			"beyond the read budget": {Objects: 2_044, Bytes: 812e9}, "could not be read": {Objects: 1, Bytes: 600_000}, Hostile: {Objects: int64(half), Bytes: 77},
		},
	}
	m.Finds = finds(half)
	return m
}

func finds(half int) []overgrant.Find {
	var all []overgrant.Find
	add := func(class, unit string, s overgrant.Severity, path, hint string, n, bytes int64) *overgrant.Find {
		all = append(all, overgrant.Find{Class: class, Severity: s, Place: overgrant.Place{Source: "azure", Path: path}, Count: n, Unit: unit, Hint: hint, Bytes: bytes})
		return &all[len(all)-1]
	}
	if half == 0 {
		add("workstation_backup", "workstation backups", overgrant.Critical, "corp-backup/ws-0412/disk-00/system.vhdx", "Windows 10, 4 partitions, NTFS", 1, 512e9).AtLeast = true
		add("workstation_backup", "workstation backups", overgrant.Critical, "corp-backup/ws-0977/disk-00/system.vhdx", "Windows 10, 3 partitions, NTFS", 1, 1_024e9)
		add("private_key", "keys", overgrant.Critical, "corp-backup/"+Hostile+"/id_rsa", Hostile, 1, 1_679)
	}
	for i := range 90 {
		add("private_key", "keys", overgrant.Critical, fmt.Sprintf("corp-backup/ws-0412/disk-00/system.vhdx!p2/Users/casey/keys/host-%03d.pem", half*90+i), "RSA, 2048 bits, not encrypted", 1+int64(i%3), 1_704)
	}
	for i := range 120 {
		f := add("chat_message", "messages", overgrant.High, fmt.Sprintf("team-chat-export/202%d/teams/messages-%03d.json", 1+half, i), "Teams export", 40+int64(i*17%300), 3_400_000)
		for k := range i % 9 {
			f.People.Join(hash(fmt.Sprint("person ", i+k)))
		}
	}
	for i := range 240 {
		add("secret", "secrets", overgrant.High, fmt.Sprintf("experiments-%03d/run-%02d/config-%d.yaml", 9+i%180, i%7, half), "AKIA…, 20 characters", 1, 2_210)
	}
	return all
}
