-- How cases were closed. The entries themselves are events.
CREATE TABLE remedies (
	case_no INTEGER NOT NULL REFERENCES cases (no),
	attempt TEXT NOT NULL,    -- of two, the greater one is the later
	state   TEXT NOT NULL,    -- planned, begun, done, failed, checked, closed, given_up
	step    INTEGER NOT NULL, -- of the plan, or which check; 0 for others
	event   INTEGER NOT NULL REFERENCES events (no),
	PRIMARY KEY (case_no, attempt, state, step)
) WITHOUT ROWID;

-- The links that we made, and what became of them. Rows are only added.
CREATE TABLE ledger (
	no     INTEGER PRIMARY KEY,
	run    TEXT NOT NULL REFERENCES runs (id), -- in which it came first
	name   TEXT NOT NULL,        -- of the share
	link   TEXT NOT NULL,        -- as the id of a case; empty for all of the share
	digest BLOB NOT NULL UNIQUE, -- of the body
	body   TEXT NOT NULL         -- JSON, without secrets
);
CREATE INDEX ledger_name ON ledger (name);
CREATE INDEX ledger_link ON ledger (link);

-- Tokens that storage logs show in use, as each run read them.
CREATE TABLE used (
	no      INTEGER PRIMARY KEY,
	run     TEXT NOT NULL REFERENCES runs (id),
	account TEXT NOT NULL, -- in lower case
	kind    TEXT NOT NULL,
	token   TEXT NOT NULL, -- the hash by which the service logs it
	known   TEXT NOT NULL, -- id of the case that it was matched to; may be empty
	name    TEXT NOT NULL, -- in the ledger; may be empty
	digest  BLOB NOT NULL, -- of the body
	body    TEXT NOT NULL  -- JSON
);
CREATE UNIQUE INDEX used_once ON used (account, kind, token, digest);
CREATE INDEX used_known ON used (known) WHERE known <> '';

-- What the logs cover that a run read.
CREATE TABLE logged (
	no     INTEGER PRIMARY KEY,
	run    TEXT NOT NULL REFERENCES runs (id),
	digest BLOB NOT NULL UNIQUE, -- of the body
	body   TEXT NOT NULL         -- JSON
);

CREATE TRIGGER ledger_does_not_change BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is never deleted'); END;
CREATE TRIGGER used_does_not_change BEFORE UPDATE ON used
BEGIN SELECT RAISE(ABORT, 'what was used is never changed'); END;
CREATE TRIGGER used_stays BEFORE DELETE ON used
BEGIN SELECT RAISE(ABORT, 'what was used is never deleted'); END;

CREATE VIEW journal AS
SELECT c.id AS case_id, r.attempt, r.state, r.step,
	json_extract(e.body, '$.at') AS at,
	json_extract(e.body, '$.detail') AS detail
FROM remedies r JOIN cases c ON c.no = r.case_no JOIN events e ON e.no = r.event;

CREATE VIEW shares AS
SELECT name, link, json_extract(body, '$.change') AS change, json_extract(body, '$.at') AS at,
	json_extract(body, '$.owner') AS owner, json_extract(body, '$.purpose') AS purpose,
	json_extract(body, '$.expiry') AS expiry
FROM ledger;
