-- Schema 5: the ontology can be changed under its answers, and back. A question or option that is taken out stays, since the log
-- of answers speaks of it: it is gone. What an operation changes is kept as it was before, in rows of the same columns; of a row
-- that it adds, that it is gone.

ALTER TABLE questions ADD COLUMN gone INTEGER NOT NULL DEFAULT 0 CHECK (gone = 0 OR gone = 1);
ALTER TABLE options ADD COLUMN gone INTEGER NOT NULL DEFAULT 0 CHECK (gone = 0 OR gone = 1);
DROP INDEX questions_by_key;
CREATE UNIQUE INDEX questions_by_key ON questions (COALESCE(parent_option_id, 0), key) WHERE gone = 0;
DROP INDEX options_by_key;
CREATE UNIQUE INDEX options_by_key ON options (question_id, COALESCE(parent_id, 0), key) WHERE gone = 0;

-- The newest migration, or undo of one: 0 where there was none. Whoever works on an older ontology is told.
ALTER TABLE ontology ADD COLUMN migrated BIGINT NOT NULL DEFAULT 0;

CREATE TABLE migrations (
  op_id BIGINT PRIMARY KEY REFERENCES operations(id),
  version_before BIGINT NOT NULL,
  version_after BIGINT NOT NULL,
  screen TEXT NOT NULL, -- what the label screen showed before
  changes TEXT NOT NULL -- JSON: what was asked for
);
CREATE TABLE question_log (
  op_id BIGINT NOT NULL REFERENCES operations(id),
  id BIGINT NOT NULL REFERENCES questions(id),
  parent_option_id BIGINT,
  position BIGINT NOT NULL,
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  type INTEGER NOT NULL,
  level INTEGER NOT NULL,
  required INTEGER NOT NULL,
  leaf_only INTEGER NOT NULL,
  min DOUBLE PRECISION,
  max DOUBLE PRECISION,
  step DOUBLE PRECISION,
  unit TEXT NOT NULL,
  max_length BIGINT,
  gone INTEGER NOT NULL,
  PRIMARY KEY (id, op_id)
) WITHOUT ROWID;
CREATE INDEX question_log_by_op ON question_log (op_id);
CREATE TABLE option_log (
  op_id BIGINT NOT NULL REFERENCES operations(id),
  id BIGINT NOT NULL REFERENCES options(id),
  question_id BIGINT NOT NULL,
  parent_id BIGINT,
  position BIGINT NOT NULL,
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  hotkey TEXT NOT NULL,
  color TEXT NOT NULL,
  code TEXT NOT NULL,
  retired INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  PRIMARY KEY (id, op_id)
) WITHOUT ROWID;
CREATE INDEX option_log_by_op ON option_log (op_id);
-- Aliases and examples of the options in option_log.
CREATE TABLE option_text_log (
  op_id BIGINT NOT NULL REFERENCES operations(id),
  option_id BIGINT NOT NULL,
  kind INTEGER NOT NULL,
  position BIGINT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (op_id, option_id, kind, position)
) WITHOUT ROWID;
-- What an option was merged into.
CREATE TABLE option_merges (
  op_id BIGINT NOT NULL REFERENCES operations(id),
  id BIGINT NOT NULL REFERENCES options(id),
  into_id BIGINT NOT NULL REFERENCES options(id),
  PRIMARY KEY (op_id, id)
) WITHOUT ROWID;
-- Items that were sent to review.
CREATE TABLE stage_log (
  op_id BIGINT NOT NULL REFERENCES operations(id),
  item_id BIGINT NOT NULL REFERENCES items(id),
  stage TEXT NOT NULL,
  PRIMARY KEY (op_id, item_id)
) WITHOUT ROWID;
CREATE TRIGGER migrations_is_kept BEFORE UPDATE ON migrations BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER migrations_stays BEFORE DELETE ON migrations BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER question_log_is_kept BEFORE UPDATE ON question_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER question_log_stays BEFORE DELETE ON question_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER option_log_is_kept BEFORE UPDATE ON option_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER option_log_stays BEFORE DELETE ON option_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER option_text_log_is_kept BEFORE UPDATE ON option_text_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER option_text_log_stays BEFORE DELETE ON option_text_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER stage_log_is_kept BEFORE UPDATE ON stage_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
CREATE TRIGGER stage_log_stays BEFORE DELETE ON stage_log BEGIN SELECT RAISE(ABORT, 'what was is not changed'); END;
