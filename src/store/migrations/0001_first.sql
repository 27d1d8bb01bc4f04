-- Schema 1. What each table means and which rules hold: docs/formats/database.md.
-- Times are milliseconds since 1970; hashes and UUIDs are blobs; states and kinds are the numbers of store.h and
-- ontology.h; NULL stands for "none" and nothing else. A CHECK says "a OR b OR c", since SQLite makes a temporary table
-- for an IN of three or more at every insert.

CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
  person TEXT NOT NULL,
  time_ms BIGINT NOT NULL,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5),
  undoes BIGINT REFERENCES operations(id),
  note TEXT NOT NULL
);

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),
  path TEXT NOT NULL CHECK (length(path) > 0),
  UNIQUE (path, kind)
);

CREATE TABLE items (
  id INTEGER PRIMARY KEY,
  source_id BIGINT NOT NULL REFERENCES sources(id),
  member TEXT NOT NULL CHECK (length(member) > 0),
  op_id BIGINT NOT NULL REFERENCES operations(id),
  content BLOB NOT NULL CHECK (length(content) = 32),
  h BIGINT NOT NULL CHECK (h > 0),
  w BIGINT NOT NULL CHECK (w > 0),
  c BIGINT NOT NULL CHECK (c > 0),
  depth INTEGER NOT NULL CHECK (depth BETWEEN 1 AND 64),
  format TEXT NOT NULL,
  bytes BIGINT NOT NULL CHECK (bytes >= 0),
  split TEXT NOT NULL DEFAULT '',
  stage TEXT NOT NULL DEFAULT 'annotate' CHECK (stage = 'annotate' OR stage = 'review' OR stage = 'done'),
  UNIQUE (source_id, member)
);
CREATE INDEX items_by_split ON items (split);
CREATE INDEX items_by_content ON items (content);

CREATE TABLE metadata (
  item_id BIGINT NOT NULL REFERENCES items(id),
  key TEXT NOT NULL CHECK (length(key) > 0),
  value TEXT NOT NULL,
  PRIMARY KEY (item_id, key)
) WITHOUT ROWID;

CREATE TABLE ontology (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version >= 0)
);
INSERT INTO ontology (id, name, version) VALUES (1, '', 0);

CREATE TABLE questions (
  id INTEGER PRIMARY KEY,
  op_id BIGINT NOT NULL REFERENCES operations(id),
  parent_option_id BIGINT REFERENCES options(id),
  position BIGINT NOT NULL,
  key TEXT NOT NULL CHECK (length(key) > 0),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  type INTEGER NOT NULL CHECK (type BETWEEN 1 AND 3),
  level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
  required INTEGER NOT NULL CHECK (required IN (0, 1)),
  leaf_only INTEGER NOT NULL CHECK (leaf_only IN (0, 1)),
  min DOUBLE PRECISION,
  max DOUBLE PRECISION,
  step DOUBLE PRECISION,
  unit TEXT NOT NULL
);
CREATE UNIQUE INDEX questions_by_key ON questions (COALESCE(parent_option_id, 0), key);

CREATE TABLE options (
  id INTEGER PRIMARY KEY,
  op_id BIGINT NOT NULL REFERENCES operations(id),
  question_id BIGINT NOT NULL REFERENCES questions(id),
  parent_id BIGINT REFERENCES options(id),
  position BIGINT NOT NULL,
  key TEXT NOT NULL CHECK (length(key) > 0),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  hotkey TEXT NOT NULL,
  color TEXT NOT NULL,
  retired INTEGER NOT NULL CHECK (retired IN (0, 1))
);
CREATE UNIQUE INDEX options_by_key ON options (question_id, COALESCE(parent_id, 0), key);

-- Aliases (kind 1) and examples (kind 2) of options, in order.
CREATE TABLE option_texts (
  option_id BIGINT NOT NULL REFERENCES options(id),
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),
  position BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (option_id, kind, position)
) WITHOUT ROWID;

CREATE TABLE answer_log (
  id INTEGER PRIMARY KEY,
  op_id BIGINT NOT NULL REFERENCES operations(id),
  subject_kind INTEGER NOT NULL CHECK (subject_kind = 1),
  subject_id BIGINT NOT NULL,
  question_id BIGINT NOT NULL REFERENCES questions(id),
  slot BIGINT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
  option_id BIGINT REFERENCES options(id),
  number DOUBLE PRECISION,
  text TEXT,
  confidence DOUBLE PRECISION CHECK (confidence BETWEEN 0 AND 1),
  time_spent_ms BIGINT NOT NULL CHECK (time_spent_ms >= 0),
  source INTEGER NOT NULL CHECK (source BETWEEN 1 AND 2)
);
CREATE INDEX answer_log_by_subject ON answer_log (subject_kind, subject_id, question_id, slot);

-- A copy of the newest rows of the log, whose references are checked there. References here would make every upsert
-- keep a journal of its own.
CREATE TABLE answers (
  subject_kind INTEGER NOT NULL,
  subject_id BIGINT NOT NULL,
  question_id BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  log_id BIGINT NOT NULL,
  op_id BIGINT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
  option_id BIGINT,
  number DOUBLE PRECISION,
  confidence DOUBLE PRECISION,
  time_spent_ms BIGINT NOT NULL,
  source INTEGER NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, question_id, slot)
) WITHOUT ROWID;
CREATE INDEX answers_by_option ON answers (question_id, option_id);

CREATE TRIGGER answer_log_is_kept BEFORE UPDATE ON answer_log
BEGIN SELECT RAISE(ABORT, 'the answer log is append-only'); END;
CREATE TRIGGER answer_log_stays BEFORE DELETE ON answer_log
BEGIN SELECT RAISE(ABORT, 'the answer log is append-only'); END;
CREATE TRIGGER operations_are_kept BEFORE UPDATE ON operations
BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END;
CREATE TRIGGER operations_stay BEFORE DELETE ON operations
BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END;

CREATE TABLE splits (
  id INTEGER PRIMARY KEY,
  op_id BIGINT NOT NULL REFERENCES operations(id),
  method TEXT NOT NULL,
  seed BIGINT NOT NULL,
  params_json TEXT NOT NULL
);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  learner TEXT NOT NULL,
  feature TEXT NOT NULL,
  params_json TEXT NOT NULL,
  seed BIGINT NOT NULL,
  started_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  n_train BIGINT NOT NULL,
  data_fingerprint TEXT NOT NULL,
  code_version TEXT NOT NULL,
  cpu TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state = 'running' OR state = 'done' OR state = 'failed' OR state = 'cancelled' OR
                             state = 'interrupted'),
  result_json TEXT NOT NULL,
  error TEXT NOT NULL,
  pid BIGINT NOT NULL
);

-- What a run was trained on: 8-byte keys of its rows' content, rising, little-endian. Kept here and not in the model file,
-- since it would tell whoever has the file which pictures were used.
CREATE TABLE run_content (
  run_id BIGINT PRIMARY KEY REFERENCES runs(id),
  keys BLOB NOT NULL
);

CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id BIGINT NOT NULL REFERENCES runs(id),
  name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
  file TEXT NOT NULL,
  content BLOB NOT NULL CHECK (length(content) = 32),
  bytes BIGINT NOT NULL,
  created_ms BIGINT NOT NULL
);

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state = 'running' OR state = 'done' OR state = 'failed' OR state = 'cancelled' OR
                             state = 'interrupted'),
  params_json TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  pid BIGINT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX jobs_by_state ON jobs (state);

CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  op_id BIGINT REFERENCES operations(id),
  kind TEXT NOT NULL CHECK (kind = 'item' OR kind = 'answer' OR kind = 'ontology' OR kind = 'split' OR kind = 'model' OR
                            kind = 'job'),
  first_id BIGINT NOT NULL,
  last_id BIGINT NOT NULL,
  CHECK (first_id <= last_id)
);
