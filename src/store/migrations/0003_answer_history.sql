-- Schema 3: an answer names the one that it replaces. So its history needs no index over the whole log, and labels come in
-- twice as fast: the index was the dearest part of writing an answer, the search for what it refers to the next one. What a
-- row of the log refers to is looked for by the program, once a write and not once a row; `verify` looks for all of it.
-- Current answers are kept by subject first: two keys mostly differ in the first column that is compared.

CREATE TABLE answer_log_new (
  id INTEGER PRIMARY KEY,
  op_id BIGINT NOT NULL,
  subject_kind INTEGER NOT NULL CHECK (subject_kind = 1),
  subject_id BIGINT NOT NULL,
  question_id BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
  option_id BIGINT,
  number DOUBLE PRECISION,
  text TEXT,
  confidence DOUBLE PRECISION CHECK (confidence BETWEEN 0 AND 1),
  time_spent_ms BIGINT NOT NULL CHECK (time_spent_ms >= 0),
  source INTEGER NOT NULL CHECK (source BETWEEN 1 AND 2),
  replaces BIGINT NOT NULL -- 0: none
);
INSERT INTO answer_log_new (id, op_id, subject_kind, subject_id, question_id, slot, state, option_id, number, text,
                            confidence, time_spent_ms, source, replaces)
  SELECT id, op_id, subject_kind, subject_id, question_id, slot, state, option_id, number, text, confidence,
         time_spent_ms, source, COALESCE(CASE WHEN state_before <> 4 THEN id_before END, 0)
  FROM (SELECT *, LAG(id) OVER history AS id_before, LAG(state) OVER history AS state_before FROM answer_log
        WINDOW history AS (PARTITION BY subject_kind, subject_id, question_id, slot ORDER BY id))
  ORDER BY id;
DROP TABLE answer_log;
ALTER TABLE answer_log_new RENAME TO answer_log;
-- What was taken back is nobody's current answer, nor replaced by a later one.
CREATE INDEX answer_log_cleared ON answer_log (subject_id, subject_kind) WHERE state = 4;
CREATE TRIGGER answer_log_is_kept BEFORE UPDATE ON answer_log
BEGIN SELECT RAISE(ABORT, 'the answer log is append-only'); END;
CREATE TRIGGER answer_log_stays BEFORE DELETE ON answer_log
BEGIN SELECT RAISE(ABORT, 'the answer log is append-only'); END;

CREATE TABLE answers_new (
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
  PRIMARY KEY (subject_id, question_id, slot, subject_kind)
) WITHOUT ROWID;
INSERT INTO answers_new (subject_kind, subject_id, question_id, slot, log_id, op_id, state, option_id, number, confidence,
                         time_spent_ms, source)
  SELECT subject_kind, subject_id, question_id, slot, log_id, op_id, state, option_id, number, confidence, time_spent_ms,
         source FROM answers ORDER BY subject_id, question_id, slot, subject_kind;
DROP TABLE answers;
ALTER TABLE answers_new RENAME TO answers;
