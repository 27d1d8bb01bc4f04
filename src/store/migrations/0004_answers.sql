-- Schema 4: answers of text are current answers like all others, items have remarks (question 0: why one was skipped in slot 0,
-- comments in a slot each), and an operation's rows of the log are found without an index over the whole log.

ALTER TABLE answers ADD COLUMN text TEXT CHECK (text IS NULL OR (typeof(text) = 'text' AND text <> ''));
UPDATE answers SET text = (SELECT NULLIF(l.text, '') FROM answer_log l WHERE l.id = answers.log_id)
  WHERE log_id IN (SELECT id FROM answer_log WHERE text IS NOT NULL);

-- Which rows of the log are an operation's: all of [first_id,last_id]. No two ranges share a row.
CREATE TABLE answer_ranges (
  op_id BIGINT NOT NULL REFERENCES operations(id),
  first_id BIGINT NOT NULL,
  last_id BIGINT NOT NULL,
  PRIMARY KEY (op_id, first_id),
  CHECK (0 < first_id AND first_id <= last_id)
) WITHOUT ROWID;
INSERT INTO answer_ranges (op_id, first_id, last_id)
  SELECT op_id, MIN(id), MAX(id)
  FROM (SELECT id, op_id, id - ROW_NUMBER() OVER (PARTITION BY op_id ORDER BY id) AS island FROM answer_log)
  GROUP BY op_id, island ORDER BY op_id, MIN(id);

-- Whether an operation was undone.
CREATE INDEX operations_undone ON operations (undoes) WHERE undoes IS NOT NULL;

-- Of the ontology: the most characters of a text (NULL: the usual cap), the id of an option in an outside list, what the label
-- screen shows (JSON, '' where nothing was said).
ALTER TABLE questions ADD COLUMN max_length BIGINT CHECK (max_length IS NULL OR max_length > 0);
ALTER TABLE options ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE ontology ADD COLUMN screen TEXT NOT NULL DEFAULT '';
