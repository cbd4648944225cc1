-- What links reach.

CREATE TABLE rounds (
	no            INTEGER PRIMARY KEY,
	case_no       INTEGER NOT NULL REFERENCES cases (no),
	id            TEXT NOT NULL, -- sorts by the moment of the start
	severity      INTEGER NOT NULL DEFAULT 0, -- of the worst class that was found
	summed        INTEGER NOT NULL DEFAULT 0, -- shards up to this number are in the total
	total_size    INTEGER NOT NULL DEFAULT 0, -- bytes of the total's JSON
	waiting       INTEGER NOT NULL DEFAULT 0, -- shards that are not in the total
	waiting_bytes INTEGER NOT NULL DEFAULT 0, -- of their exposures, JSON
	UNIQUE (case_no, id)
);

-- The exposure of the shards that were summed: JSON, in zstd where that is
-- smaller. It can be worked out anew from the shards.
CREATE TABLE totals (
	round    INTEGER PRIMARY KEY REFERENCES rounds (no),
	exposure BLOB NOT NULL
);

CREATE TABLE measurements (
	no         INTEGER PRIMARY KEY,
	round      INTEGER NOT NULL REFERENCES rounds (no),
	shard      TEXT NOT NULL, -- empty for the whole reach
	run        TEXT NOT NULL REFERENCES runs (id),
	objects    INTEGER NOT NULL,
	bytes      INTEGER NOT NULL,
	finds      INTEGER NOT NULL, -- how many
	exposure   BLOB NOT NULL, -- JSON, in zstd where that is smaller; so are the next three
	rest       BLOB,
	candidates BLOB,
	gaps       BLOB,
	UNIQUE (round, shard)
);
CREATE INDEX measurements_order ON measurements (round, no);

-- Shards that were measured or named: done is 0 for those still to be measured.
CREATE TABLE shards (
	round INTEGER NOT NULL REFERENCES rounds (no),
	shard TEXT NOT NULL,
	done  INTEGER NOT NULL,
	PRIMARY KEY (round, shard)
) WITHOUT ROWID;
CREATE INDEX shards_open ON shards (round, shard) WHERE done = 0;

CREATE TABLE finds (
	no          INTEGER PRIMARY KEY,
	round       INTEGER NOT NULL REFERENCES rounds (no),
	measurement INTEGER NOT NULL REFERENCES measurements (no),
	severity    INTEGER NOT NULL,
	class       TEXT NOT NULL,
	path        TEXT NOT NULL,
	body        BLOB NOT NULL -- JSON, in zstd where that is smaller
);
CREATE INDEX finds_worst ON finds (round, severity DESC, class, path, no);
CREATE INDEX finds_of ON finds (measurement, no);

-- The objects of a shard as the measurement packed them.
CREATE TABLE inventory (
	measurement INTEGER PRIMARY KEY REFERENCES measurements (no),
	data        BLOB NOT NULL
);

CREATE TRIGGER measurements_stay BEFORE DELETE ON measurements
BEGIN SELECT RAISE(ABORT, 'measurements are never deleted'); END;
CREATE TRIGGER finds_stay BEFORE DELETE ON finds
BEGIN SELECT RAISE(ABORT, 'finds are never deleted'); END;
CREATE TRIGGER inventory_stays BEFORE DELETE ON inventory
BEGIN SELECT RAISE(ABORT, 'inventories are never deleted'); END;

CREATE VIEW exposures AS
SELECT c.id AS case_id, r.id AS round,
	(SELECT count(*) FROM shards s WHERE s.round = r.no AND s.done = 1) AS measured,
	(SELECT count(*) FROM shards s WHERE s.round = r.no AND s.done = 0) AS open,
	sum(m.objects) AS objects, sum(m.bytes) AS bytes, sum(m.finds) AS finds
FROM rounds r JOIN cases c ON c.no = r.case_no JOIN measurements m ON m.round = r.no
GROUP BY r.no;
