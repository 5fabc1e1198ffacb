-- A site that does not answer a reader's question is reminded, after a time of the facility's choosing; 0: never.
ALTER TABLE facility ADD COLUMN question_reminder_minutes int NOT NULL DEFAULT 60 CHECK (question_reminder_minutes BETWEEN 0 AND 10080);
-- Since when the site owes an answer, and how many of the reminders it has had.
ALTER TABLE reading_case ADD COLUMN question_since timestamptz(3), ADD COLUMN question_reminders int NOT NULL DEFAULT 0;
UPDATE reading_case c SET question_since = (
  SELECT min(m.at) FROM case_message m WHERE m.case_id = c.id AND m.kind = 'question'
    AND m.at > coalesce((SELECT max(a.at) FROM case_message a WHERE a.case_id = c.id AND a.kind = 'answer'), '-infinity'))
WHERE c.question_state = 'question';
