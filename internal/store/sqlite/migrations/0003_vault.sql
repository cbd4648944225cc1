-- Links sealed with age to a key that is not here.
CREATE TABLE sealed (
	no        INTEGER PRIMARY KEY,
	case_id   TEXT NOT NULL,
	recipient TEXT NOT NULL, -- public half of the key
	name      TEXT NOT NULL, -- of the link among those of its case
	blob      BLOB NOT NULL,
	UNIQUE (case_id, recipient, name)
);

CREATE TRIGGER sealed_does_not_change BEFORE UPDATE ON sealed
BEGIN SELECT RAISE(ABORT, 'sealed links are never changed'); END;
CREATE TRIGGER sealed_stays BEFORE DELETE ON sealed
BEGIN SELECT RAISE(ABORT, 'sealed links are never deleted'); END;
