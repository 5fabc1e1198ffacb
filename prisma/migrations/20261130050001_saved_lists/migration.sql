-- Lists of cases that people keep: what they show, for whom, and who is told when a case comes onto one.
CREATE TYPE "ListAudience" AS ENUM ('own', 'role', 'group', 'everybody');

CREATE TABLE saved_list (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  audience "ListAudience" NOT NULL DEFAULT 'own',
  role "Role",
  group_id uuid,
  -- Stands in the rail, with its count.
  pinned boolean NOT NULL DEFAULT true,
  -- Filter, order and columns: shared/case-view.ts.
  view jsonb NOT NULL,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz(3),
  CHECK ((audience = 'role') = (role IS NOT NULL) AND (audience = 'group') = (group_id IS NOT NULL))
);
CREATE INDEX saved_list_org ON saved_list (org_id) WHERE removed_at IS NULL;

-- Who wants to be told of each case that comes onto a list.
CREATE TABLE list_watch (
  list_id uuid NOT NULL,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  is_on boolean NOT NULL DEFAULT true,
  since timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (list_id, user_id)
);
CREATE INDEX list_watch_org ON list_watch (org_id) WHERE is_on;

-- Once for each case and person, by whichever list came first.
CREATE TABLE list_alert (
  user_id uuid NOT NULL,
  case_id uuid NOT NULL,
  org_id uuid NOT NULL,
  list_id uuid NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- False: the case stood on the list when the person began to watch it, which is no news.
  told boolean NOT NULL DEFAULT true,
  PRIMARY KEY (user_id, case_id)
);
CREATE INDEX list_alert_org ON list_alert (org_id);

CREATE FUNCTION is_list_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.saved_list l WHERE l.id = p_id AND l.org_id = p_org); END $$;
CREATE FUNCTION is_group_of(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN p_id IS NULL OR EXISTS (SELECT 1 FROM public.reader_group g WHERE g.id = p_id AND g.org_id = p_org); END $$;
CREATE FUNCTION is_case_before(p_org uuid, p_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.reading_case c WHERE c.id = p_id AND (c.org_id = p_org OR c.reader_org_id = p_org)); END $$;

DO $$
DECLARE
  parts text[];
  me text := '(SELECT app_org())';
BEGIN
  FOREACH parts SLICE 1 IN ARRAY ARRAY[
    ARRAY['saved_list', 'is_staff_of(org_id, owner_id) AND is_group_of(org_id, group_id)'],
    ARRAY['list_watch', 'is_staff_of(org_id, user_id) AND is_list_of(org_id, list_id)'],
    ARRAY['list_alert', 'is_staff_of(org_id, user_id) AND is_list_of(org_id, list_id) AND is_case_before(org_id, case_id)']
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', parts[1]);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', parts[1]);
    EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', parts[1], current_user);
    EXECUTE format('CREATE POLICY maintenance ON %I TO overread_maintenance USING (true) WITH CHECK (true)', parts[1]);
    EXECUTE format('GRANT SELECT ON %I TO overread_maintenance', parts[1]);
    EXECUTE format('CREATE POLICY tenant ON %I TO overread_app USING (org_id = %s) WITH CHECK (org_id = %s AND %s)', parts[1], me, me, parts[2]);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO overread_app', parts[1]);
  END LOOP;
END $$;
