-- How many images of a study are damaged also changes when another version of one is served from now on: the number counts what is
-- served. By the database's own hand, since the application may not declare damage.
CREATE FUNCTION count_damaged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.study SET damaged_instances = (SELECT count(*) FROM public.instance
    WHERE study_ref = NEW.study_ref AND damaged_at IS NOT NULL AND status = 'stored' AND source <> 'report')
  WHERE id = NEW.study_ref;
  RETURN NULL;
END $$;
CREATE TRIGGER count_damaged AFTER UPDATE OF status ON instance FOR EACH ROW
  WHEN (NEW.damaged_at IS NOT NULL AND NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION count_damaged();
UPDATE study s SET damaged_instances = n.damaged FROM (
  SELECT s2.id, (SELECT count(*)::int FROM instance i
    WHERE i.study_ref = s2.id AND i.damaged_at IS NOT NULL AND i.status = 'stored' AND i.source <> 'report') AS damaged
  FROM study s2 WHERE s2.damaged_instances > 0 OR EXISTS (SELECT 1 FROM damaged_object d WHERE d.study_ref = s2.id AND d.healed_at IS NULL)
) n WHERE n.id = s.id AND s.damaged_instances <> n.damaged;
