-- Schema 2: what an import learns of an image, groups, metadata by key, links between equal and alike pictures, settings.
-- Tables whose CHECK becomes wider are made anew: the rows keep their ids, so that references stay true (the program
-- checks all of them before it commits).

CREATE TABLE operations_new (
  id INTEGER PRIMARY KEY,
  uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
  person TEXT NOT NULL,
  time_ms BIGINT NOT NULL,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 20),
  undoes BIGINT REFERENCES operations(id),
  note TEXT NOT NULL
);
INSERT INTO operations_new (id, uuid, person, time_ms, kind, undoes, note)
  SELECT id, uuid, person, time_ms, kind, undoes, note FROM operations ORDER BY id;
DROP TABLE operations;
ALTER TABLE operations_new RENAME TO operations;
CREATE TRIGGER operations_are_kept BEFORE UPDATE ON operations
BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END;
CREATE TRIGGER operations_stay BEFORE DELETE ON operations
BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END;

CREATE TABLE sources_new (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 10),
  path TEXT NOT NULL CHECK (length(path) > 0),
  UNIQUE (path, kind)
);
INSERT INTO sources_new (id, kind, path) SELECT id, kind, path FROM sources ORDER BY id;
DROP TABLE sources;
ALTER TABLE sources_new RENAME TO sources;

CREATE TABLE questions_new (
  id INTEGER PRIMARY KEY,
  op_id BIGINT NOT NULL REFERENCES operations(id),
  parent_option_id BIGINT REFERENCES options(id),
  position BIGINT NOT NULL,
  key TEXT NOT NULL CHECK (length(key) > 0),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  type INTEGER NOT NULL CHECK (type BETWEEN 1 AND 10),
  level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
  required INTEGER NOT NULL CHECK (required IN (0, 1)),
  leaf_only INTEGER NOT NULL CHECK (leaf_only IN (0, 1)),
  min DOUBLE PRECISION,
  max DOUBLE PRECISION,
  step DOUBLE PRECISION,
  unit TEXT NOT NULL
);
INSERT INTO questions_new (id, op_id, parent_option_id, position, key, title, description, type, level, required,
                           leaf_only, min, max, step, unit)
  SELECT id, op_id, parent_option_id, position, key, title, description, type, level, required, leaf_only, min, max,
         step, unit FROM questions ORDER BY id;
DROP TABLE questions;
ALTER TABLE questions_new RENAME TO questions;
CREATE UNIQUE INDEX questions_by_key ON questions (COALESCE(parent_option_id, 0), key);

-- NULL: not looked at (imported before, or without verification), or a group.
ALTER TABLE items ADD COLUMN kind INTEGER NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 2);
ALTER TABLE items ADD COLUMN group_id BIGINT REFERENCES items(id);
ALTER TABLE items ADD COLUMN pixels BLOB CHECK (pixels IS NULL OR length(pixels) = 16);
ALTER TABLE items ADD COLUMN signature BLOB CHECK (signature IS NULL OR length(signature) = 32);
ALTER TABLE items ADD COLUMN sharpness DOUBLE PRECISION;
ALTER TABLE items ADD COLUMN brightness DOUBLE PRECISION;
ALTER TABLE items ADD COLUMN contrast DOUBLE PRECISION;
-- Equal pictures are found by sorting: an index over random hashes costs more to keep than it ever gave.
DROP INDEX items_by_content;
-- Nor does anybody ask for the answers of one option: a view counts them in memory.
DROP INDEX answers_by_option;
CREATE INDEX items_by_group ON items (group_id) WHERE group_id IS NOT NULL;

CREATE TABLE metadata_keys (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE CHECK (length(key) > 0)
);
INSERT INTO metadata_keys (key) SELECT DISTINCT key FROM metadata ORDER BY key;
CREATE TABLE metadata_new (
  item_id BIGINT NOT NULL REFERENCES items(id),
  key_id BIGINT NOT NULL REFERENCES metadata_keys(id),
  value TEXT NOT NULL,
  PRIMARY KEY (item_id, key_id)
) WITHOUT ROWID;
INSERT INTO metadata_new (item_id, key_id, value)
  SELECT m.item_id, k.id, m.value FROM metadata m JOIN metadata_keys k ON k.key = m.key ORDER BY m.item_id, k.id;
DROP TABLE metadata;
ALTER TABLE metadata_new RENAME TO metadata;

-- Made from the items' hashes and signatures, and made anew when these change: an item is here when another equals it or is
-- like it. Each id is that of the lowest item of the set.
CREATE TABLE duplicates (
  item_id BIGINT PRIMARY KEY REFERENCES items(id),
  equal_id BIGINT NOT NULL REFERENCES items(id),
  near_id BIGINT NOT NULL REFERENCES items(id),
  distance INTEGER NOT NULL CHECK (distance BETWEEN 0 AND 256)
);

ALTER TABLE runs ADD COLUMN split_json TEXT NOT NULL DEFAULT '';

CREATE TABLE settings (
  key TEXT PRIMARY KEY CHECK (length(key) > 0),
  value TEXT NOT NULL
) WITHOUT ROWID;
