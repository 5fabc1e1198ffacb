-- Since when what a viewer asks first of a study lies ready; it counts until another image comes, or until prepared answers are cleared away.
ALTER TABLE study ADD COLUMN prepared_at timestamptz(3);
