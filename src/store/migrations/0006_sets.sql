-- Schema 6: what is kept of many items at once, in blocks: snapshots of the data, and predictions of models.

CREATE TABLE item_sets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),
  name TEXT NOT NULL CHECK (name <> ''),
  person TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  n_items BIGINT NOT NULL CHECK (n_items >= 0),
  content BLOB NOT NULL CHECK (length(content) = 32),
  facts_json TEXT NOT NULL,
  whole INTEGER NOT NULL CHECK (whole IN (0, 1)) -- 0: being written, or left by a process that was killed
);
CREATE UNIQUE INDEX item_sets_name ON item_sets (kind, name) WHERE whole = 1;

-- Items first_item to last_item of a set; blocks of one set do not overlap.
CREATE TABLE item_set_blocks (
  set_id BIGINT NOT NULL REFERENCES item_sets(id) ON DELETE CASCADE,
  first_item BIGINT NOT NULL,
  last_item BIGINT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (set_id, first_item),
  CHECK (first_item <= last_item)
);
