-- What was found. Numbers of rows join the tables; the views at the end are for
-- people.

CREATE TABLE runs (
	id      TEXT PRIMARY KEY, -- sorts by the moment of the start
	start   TEXT,             -- the message that opened it, JSON
	summary TEXT,             -- the message that closed it, JSON
	elapsed INTEGER           -- of the summary, nanoseconds
) WITHOUT ROWID;

-- What a run could not read.
CREATE TABLE skipped (
	run    TEXT NOT NULL REFERENCES runs (id),
	digest BLOB NOT NULL, -- of the body
	benign INTEGER NOT NULL,
	body   TEXT NOT NULL, -- JSON
	PRIMARY KEY (run, digest)
) WITHOUT ROWID;

-- A link with what is known of it now, folded from its events.
CREATE TABLE cases (
	no       INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE, -- SHA-256 of the signature or key, hex
	kind     TEXT NOT NULL DEFAULT '',
	account  TEXT NOT NULL DEFAULT '',
	host     TEXT NOT NULL DEFAULT '',
	bucket   TEXT NOT NULL DEFAULT '',
	status   TEXT NOT NULL DEFAULT '',
	rank     INTEGER NOT NULL DEFAULT 3, -- of the status, what opens most first
	severity INTEGER NOT NULL DEFAULT 0, -- all in all, 0 none to 5 critical
	state    TEXT NOT NULL DEFAULT '',   -- alive, dead, inconclusive; empty if it was not asked
	dropped  INTEGER NOT NULL DEFAULT 0, -- every run that met it says it is no case
	link     INTEGER REFERENCES events (no),
	judged   INTEGER REFERENCES events (no),
	hushed   INTEGER REFERENCES events (no),
	proof    INTEGER REFERENCES events (no)
);
CREATE INDEX cases_worst ON cases (severity DESC, rank, id);

-- All that was ever put about a case. Rows are only added.
CREATE TABLE events (
	no      INTEGER PRIMARY KEY,
	case_no INTEGER NOT NULL REFERENCES cases (no),
	run     TEXT NOT NULL REFERENCES runs (id), -- in which it came first
	sort    TEXT NOT NULL, -- found, seen, judged, hushed, dropped, proven, measured
	digest  BLOB NOT NULL, -- of the body
	body    TEXT NOT NULL  -- JSON, without secrets
);
CREATE UNIQUE INDEX events_once ON events (case_no, sort, digest);

CREATE TRIGGER events_do_not_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER cases_stay BEFORE DELETE ON cases
BEGIN SELECT RAISE(ABORT, 'cases are never deleted'); END;

-- What each run said of a case it met.
CREATE TABLE standings (
	case_no INTEGER NOT NULL REFERENCES cases (no),
	run     TEXT NOT NULL REFERENCES runs (id),
	judged  INTEGER REFERENCES events (no),
	hushed  INTEGER REFERENCES events (no),
	dropped INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (case_no, run)
) WITHOUT ROWID;
CREATE INDEX standings_run ON standings (run, case_no);

-- Where a link stands, as the last run that saw it there has it.
CREATE TABLE sightings (
	no        INTEGER PRIMARY KEY,
	case_no   INTEGER NOT NULL REFERENCES cases (no),
	place     BLOB NOT NULL, -- digest of place, span and commit
	event     INTEGER NOT NULL REFERENCES events (no),
	first_run TEXT NOT NULL REFERENCES runs (id),
	last_run  TEXT NOT NULL REFERENCES runs (id)
);
CREATE UNIQUE INDEX sightings_once ON sightings (case_no, place);

CREATE TABLE proofs (
	case_no    INTEGER NOT NULL REFERENCES cases (no),
	checked_at TEXT NOT NULL, -- UTC, always with nine digits of the second
	event      INTEGER NOT NULL REFERENCES events (no),
	state      TEXT NOT NULL,
	cause      TEXT NOT NULL,
	PRIMARY KEY (case_no, checked_at)
) WITHOUT ROWID;

CREATE VIEW grants AS
SELECT c.id AS case_id, c.kind, c.account, c.host, c.bucket,
	json_extract(e.body, '$.grant.scope') AS scope,
	json_extract(e.body, '$.grant.path') AS path,
	json_extract(e.body, '$.grant.permissions') AS permissions,
	json_extract(e.body, '$.grant.start') AS start,
	json_extract(e.body, '$.grant.expiry') AS expiry,
	json_extract(e.body, '$.grant.signer') AS signer,
	json_extract(e.body, '$.text') AS link
FROM cases c LEFT JOIN events e ON e.no = c.link;

CREATE VIEW places AS
SELECT c.id AS case_id,
	json_extract(e.body, '$.source') AS source,
	json_extract(e.body, '$.repository') AS repository,
	json_extract(e.body, '$.path') AS path,
	json_extract(e.body, '$.line') AS line,
	json_extract(e.body, '$.commit') AS commit_id,
	s.first_run, s.last_run
FROM sightings s JOIN cases c ON c.no = s.case_no JOIN events e ON e.no = s.event;

CREATE VIEW history AS
SELECT e.no, c.id AS case_id, e.run, e.sort, e.body
FROM events e JOIN cases c ON c.no = e.case_no;
