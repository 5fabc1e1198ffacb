-- Somebody said to read a case without so many images. When one of them comes after all, what was said holds for the rest and no more:
-- another that is refused or damaged later is a new question.
CREATE FUNCTION lower_read_without() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.reading_case SET read_without = NEW.refused_instances + NEW.damaged_instances
  WHERE study_ref = NEW.id AND read_without > NEW.refused_instances + NEW.damaged_instances;
  RETURN NULL;
END $$;
CREATE TRIGGER lower_read_without AFTER UPDATE OF refused_instances, damaged_instances ON study FOR EACH ROW
  WHEN (NEW.refused_instances + NEW.damaged_instances < OLD.refused_instances + OLD.damaged_instances) EXECUTE FUNCTION lower_read_without();
