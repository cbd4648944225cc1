package classify

import "github.com/overgrant/overgrant"

var databaseDump = Class{
	Name:     "database_dump",
	Title:    "database dumps",
	Doc:      "Databases and copies of them: SQL Server, MySQL, PostgreSQL, Oracle, MongoDB, Redis, Elasticsearch, Access and dumps as SQL. Content tells how many rows there are and, by the names of columns, what personal data.",
	Severity: overgrant.High,
	Unit:     "rows",
	Names: []Shape{{
		Look: Structure,
		Globs: []string{
			"*.mdf", "*.ldf", "*.ndf", "*.dump", "*.pgdump", "*.rdb", "*.bson", "*.ibd", "*.frm", "*.myd", "ibdata1", "*.mdb", "*.accdb", "*.fdb", "*.gdb", "*.dbf", "*.trn", "*.fmp12", "*.wt", "*.aof", "dump.rdb", "appendonly.aof", "*.hbk", "*.edb", "*.nsf",
		},
	}, {
		Look:  Structure,
		Least: 64 << 10,
		Globs: []string{"*.bak", "*.dmp.gz", "*expdp*.dmp", "*exp*.dmp", "*backup*.db", "*backup*.sqlite"},
	}, {
		Look:  Container,
		Globs: []string{"*.bacpac", "*.dacpac", "*.sql.gz", "*.sql.zip", "*.sql.bz2", "*.sql.xz", "*.sql.zst", "*.sql.7z", "*.dump.gz", "*.bson.gz", "*.bak.gz", "*.bak.zip", "mongodump*.gz", "mysqldump*.gz", "pg_dump*.gz", "*.archive.gz"},
	}, {
		Look:  Text,
		Least: 64 << 10,
		Globs: []string{"*.sql", "*dump*.json", "*mysqldump*.txt"},
	}},
}
