-- Whoever may do something no more is told to every process that listens, in the moment in which it is committed and whoever commits it:
-- ids only. A process that does not listen finds out by its next look at the database.
CREATE FUNCTION tell_revoked() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_notify('overread_revoked', json_build_object(TG_ARGV[0], OLD.id)::text);
  RETURN NULL;
END $$;

CREATE TRIGGER tell_revoked AFTER UPDATE OF revoked_at ON api_token FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION tell_revoked('token');
CREATE TRIGGER tell_revoked AFTER UPDATE OF revoked_at ON session FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION tell_revoked('session');
CREATE TRIGGER tell_revoked AFTER UPDATE OF revoked_at ON edge_router FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION tell_revoked('edge');
CREATE TRIGGER tell_revoked AFTER UPDATE OF deactivated_at, roles, facility_ids ON user_account FOR EACH ROW
  WHEN ((OLD.deactivated_at, OLD.roles, OLD.facility_ids) IS DISTINCT FROM (NEW.deactivated_at, NEW.roles, NEW.facility_ids))
  EXECUTE FUNCTION tell_revoked('user');
