-- The ways in which notices leave the portal: mail to a person, a signed webhook of an organisation.
CREATE TABLE notice_mail (
  user_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  address text NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
  -- Null: whoever holds the address has not said so yet, and nothing but the code goes there.
  verified_at timestamptz(3),
  code text,
  code_expires_at timestamptz(3),
  code_tries int NOT NULL DEFAULT 0,
  -- Minutes of the day in the zone; null: no quiet hours.
  quiet_from int CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_until int CHECK (quiet_until BETWEEN 0 AND 1439),
  time_zone text NOT NULL DEFAULT 'UTC',
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE TABLE notice_webhook (
  org_id uuid PRIMARY KEY,
  url text NOT NULL CHECK (length(url) BETWEEN 8 AND 500),
  -- Encrypted; shown once, when it is made.
  secret text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  saved_by_id uuid NOT NULL,
  saved_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
-- One thing to be sent, and what came of it. A webhook hears once of what many people are told.
CREATE TABLE notice_delivery (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('mail', 'webhook')),
  -- Of a mail.
  user_id uuid,
  kind text NOT NULL,
  params jsonb NOT NULL DEFAULT '{}',
  case_id uuid,
  matter text NOT NULL,
  -- `dropped`: seen meanwhile, or too late to be of use. `failed`: given up.
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'failed')),
  attempts int NOT NULL DEFAULT 0,
  next_attempt_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  last_failure text,
  settled_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK ((channel = 'mail') = (user_id IS NOT NULL))
);
CREATE UNIQUE INDEX notice_delivery_once ON notice_delivery (org_id, channel, user_id, matter) NULLS NOT DISTINCT;
CREATE INDEX notice_delivery_at ON notice_delivery (created_at);

-- When quiet hours that run at a moment end; the moment itself outside of them.
CREATE FUNCTION quiet_end(p_at timestamptz, p_zone text, p_from int, p_until int) RETURNS timestamptz LANGUAGE plpgsql STABLE
  AS $$
DECLARE
  here timestamp := p_at AT TIME ZONE p_zone;
  today timestamp := pg_catalog.date_trunc('day', here);
  minute int := extract(hour FROM here)::int * 60 + extract(minute FROM here)::int;
BEGIN
  IF p_from IS NULL OR p_from = p_until THEN RETURN p_at; END IF;
  IF p_from < p_until THEN
    IF minute < p_from OR minute >= p_until THEN RETURN p_at; END IF;
  ELSIF minute >= p_from THEN
    today := today + interval '1 day';
  ELSIF minute >= p_until THEN
    RETURN p_at;
  END IF;
  RETURN (today + p_until * interval '1 minute') AT TIME ZONE p_zone;
END $$;

DO $$
DECLARE
  t text;
  me text := '(SELECT app_org())';
BEGIN
  FOREACH t IN ARRAY ARRAY['notice_mail', 'notice_webhook', 'notice_delivery'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO overread_maintenance', t);
  END LOOP;
  EXECUTE format('CREATE POLICY tenant ON notice_mail TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND is_staff_of(org_id, user_id))', me, me);
  EXECUTE format('CREATE POLICY tenant ON notice_webhook TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND is_staff_of(org_id, saved_by_id))', me, me);
  EXECUTE format('CREATE POLICY tenant ON notice_delivery TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND is_staff_of(org_id, user_id) AND is_case_here(case_id))', me, me);
END $$;
GRANT SELECT, INSERT, UPDATE ON notice_mail, notice_webhook TO overread_app;
GRANT DELETE ON notice_mail, notice_webhook TO overread_app;
GRANT SELECT, INSERT, UPDATE (state, attempts, next_attempt_at, last_failure, settled_at) ON notice_delivery TO overread_app;
GRANT DELETE ON notice_delivery TO overread_maintenance;
