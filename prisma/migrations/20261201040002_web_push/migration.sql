-- Browsers in which people are told: a push service keeps each one's address, and only the browser can read what goes there.
CREATE TABLE notice_push (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  endpoint text NOT NULL CHECK (length(endpoint) BETWEEN 8 AND 2000),
  -- The browser's public key, and the secret that both sides know, encrypted.
  p256dh text NOT NULL CHECK (length(p256dh) BETWEEN 80 AND 100),
  auth text NOT NULL,
  -- What the person sees it called: codes.
  browser text NOT NULL,
  system text NOT NULL,
  made_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (user_id, endpoint)
);
ALTER TABLE notice_delivery ADD COLUMN push_id uuid;
ALTER TABLE notice_delivery DROP CONSTRAINT notice_delivery_channel_check, DROP CONSTRAINT notice_delivery_check,
  ADD CONSTRAINT notice_delivery_channel_check CHECK (channel IN ('mail', 'push', 'webhook')),
  ADD CONSTRAINT notice_delivery_check CHECK ((channel <> 'webhook') = (user_id IS NOT NULL) AND (channel = 'push') = (push_id IS NOT NULL));
DROP INDEX notice_delivery_once;
CREATE UNIQUE INDEX notice_delivery_once ON notice_delivery (org_id, channel, user_id, push_id, matter) NULLS NOT DISTINCT;

DO $$
DECLARE
  me text := '(SELECT app_org())';
BEGIN
  ALTER TABLE notice_push ENABLE ROW LEVEL SECURITY;
  ALTER TABLE notice_push FORCE ROW LEVEL SECURITY;
  EXECUTE format('CREATE POLICY owner ON notice_push TO %I USING (true) WITH CHECK (true)', current_user);
  CREATE POLICY maintenance ON notice_push TO overread_maintenance USING (true) WITH CHECK (true);
  EXECUTE format('CREATE POLICY tenant ON notice_push TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND is_staff_of(org_id, user_id))', me, me);
END $$;
GRANT SELECT ON notice_push TO overread_maintenance;
GRANT SELECT, INSERT, UPDATE, DELETE ON notice_push TO overread_app;
