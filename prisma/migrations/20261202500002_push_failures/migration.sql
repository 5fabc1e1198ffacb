-- Notices in a row that the browser's push service has refused for good: its owner sees it, and after a few the browser is forgotten.
ALTER TABLE notice_push ADD COLUMN failures int NOT NULL DEFAULT 0;
