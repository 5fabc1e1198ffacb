-- Who is on the other side of a contract is asked once a statement and not once a row: with 200 hospitals and 10,000 facilities the list of a
-- group took 3.2 s, nearly all of it here. The same organisations as contract_partner names, which stays for the checks of single rows.
CREATE FUNCTION contract_partners() RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT reader_org_id FROM public.contract WHERE org_id = public.app_org()
        UNION SELECT org_id FROM public.contract WHERE reader_org_id = public.app_org() $$;
ALTER POLICY tenant ON organization USING (id = (SELECT app_org()) OR id IN (SELECT contract_partners()));
ALTER POLICY partner ON facility USING (org_id IN (SELECT contract_partners()));
ALTER POLICY partner ON destination USING (kind = 'dicom' AND org_id IN (SELECT contract_partners()));
