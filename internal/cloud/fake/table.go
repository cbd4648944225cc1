package fake

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Table is a table: entities that are named, each with its PartitionKey and
// RowKey, and after them those that are made by rule.
type Table struct {
	Name     string
	Entities []map[string]any
	Rows     int64 // how many are made by rule
}

func (t *Table) count() int64 { return int64(len(t.Entities)) + t.Rows }

// row returns the entity at an index.
func (t *Table) row(i int64) map[string]any {
	if i < int64(len(t.Entities)) {
		return t.Entities[i]
	}
	i -= int64(len(t.Entities))
	return map[string]any{
		"PartitionKey": "p" + string(appendDigits(nil, i/1000, 9)), "RowKey": "r" + string(appendDigits(nil, i%1000, 4)),
		"Timestamp": "2023-06-20T18:00:00.0000000Z", "Name": words[i%int64(len(words))], "Count": i,
	}
}

// table answers for the table service.
func (s *Server) table(q *Request) *Reply {
	comp := q.Query.Get("comp")
	switch {
	case q.Query.Get("restype") == "service" && comp == "properties":
		return s.serviceProperties(q)
	case q.Query.Get("restype") == "service" && comp == "stats":
		return s.serviceStats(q)
	case q.Path == "/Tables":
		return s.listTables(q)
	}
	t := s.tableNamed(strings.TrimSuffix(q.top(), "()"))
	if t == nil {
		return s.refuse(q, &Denial{Status: 404, Code: "TableNotFound", Message: "The table specified does not exist."})
	}
	if comp == "acl" {
		return s.acl(q, t.Name)
	}
	from, _ := strconv.ParseInt(strings.TrimPrefix(q.Query.Get("NextRowKey"), "1!"), 10, 64)
	from = min(max(from, 0), t.count())
	end := min(t.count(), from+top(q))
	rows := make([]map[string]any, 0, end-from)
	for i := from; i < end; i++ {
		rows = append(rows, t.row(i))
	}
	r := s.rows(q, rows)
	if end < t.count() {
		r.Header.Set("X-Ms-Continuation-Nextpartitionkey", "1!8!next")
		r.Header.Set("X-Ms-Continuation-Nextrowkey", "1!"+strconv.FormatInt(end, 10))
	}
	return r
}

// top reads $top: at most 1,000 rows come at once.
func top(q *Request) int64 {
	n, err := strconv.ParseInt(q.Query.Get("$top"), 10, 64)
	if err != nil || n < 1 || n > 1000 {
		return 1000
	}
	return n
}

// listTables answers Query Tables.
func (s *Server) listTables(q *Request) *Reply {
	names := make([]string, len(s.opt.Tables))
	for i := range s.opt.Tables {
		names[i] = s.opt.Tables[i].Name
	}
	slices.Sort(names)
	from, _ := slices.BinarySearch(names, q.Query.Get("NextTableName"))
	end := min(int64(len(names)), int64(from)+top(q))
	rows := []map[string]any{}
	for _, name := range names[from:end] {
		rows = append(rows, map[string]any{"TableName": name})
	}
	r := s.rows(q, rows)
	if end < int64(len(names)) {
		r.Header.Set("X-Ms-Continuation-Nexttablename", names[end])
	}
	return r
}

func (s *Server) rows(q *Request, rows []map[string]any) *Reply {
	body, err := json.Marshal(map[string]any{"value": rows})
	if err != nil {
		return s.refuse(q, &InternalError)
	}
	return s.ok(q, "application/json;odata=nometadata;streaming=true;charset=utf-8", body)
}

func (s *Server) tableNamed(name string) *Table {
	for i := range s.opt.Tables {
		if strings.EqualFold(s.opt.Tables[i].Name, name) {
			return &s.opt.Tables[i]
		}
	}
	return nil
}

// hasRow reports whether a path names a table, or an entity of one, that
// exists: /Tables('name') or /name(PartitionKey='p',RowKey='r').
func (s *Server) hasRow(path string) bool {
	head, keys, _ := strings.Cut(strings.Trim(path, "/"), "(")
	values := strings.Split(keys, "'")
	if head == "Tables" {
		return len(values) > 1 && s.tableNamed(values[1]) != nil
	}
	t := s.tableNamed(head)
	if t == nil || len(values) < 4 {
		return false
	}
	for i := range t.count() {
		if row := t.row(i); row["PartitionKey"] == values[1] && row["RowKey"] == values[3] {
			return true
		}
	}
	return false
}
