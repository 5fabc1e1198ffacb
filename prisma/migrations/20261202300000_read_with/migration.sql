-- Cases that are read together and signed as one report: each names the leading case, the leading one itself; null: read alone. What is the
-- reader's (state, claim, hand, hold) is the leading case's; promise, clock, priority, late images and trail stay each case's own.
ALTER TABLE reading_case ADD COLUMN read_with_id uuid;
CREATE INDEX reading_case_read_with ON reading_case (read_with_id) WHERE read_with_id IS NOT NULL;

-- Only the reading group binds, cases of one hospital and facility, to a case that leads, and nothing once a report is signed.
CREATE FUNCTION guard_read_with() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'overread_app' THEN RETURN NEW; END IF;
  IF NEW.reader_org_id IS DISTINCT FROM public.app_org() THEN
    RAISE EXCEPTION 'reading_case: only the reading group reads cases together' USING ERRCODE = '42501'; END IF;
  IF NEW.read_with_id IS NOT NULL AND OLD.read_with_id IS NOT NULL THEN
    RAISE EXCEPTION 'reading_case: it is read with another case already' USING ERRCODE = '42501'; END IF;
  IF EXISTS (SELECT 1 FROM public.report_version v WHERE v.case_id = NEW.id) THEN
    RAISE EXCEPTION 'reading_case: what a signed report is of cannot be changed' USING ERRCODE = '42501'; END IF;
  IF NEW.read_with_id <> NEW.id AND NOT EXISTS (SELECT 1 FROM public.reading_case l WHERE l.id = NEW.read_with_id AND l.read_with_id = l.id
    AND l.org_id = NEW.org_id AND l.reader_org_id = NEW.reader_org_id AND l.facility_id IS NOT DISTINCT FROM NEW.facility_id) THEN
    RAISE EXCEPTION 'reading_case: that case leads none of this place' USING ERRCODE = '42501'; END IF;
  IF NEW.read_with_id IS NULL AND OLD.read_with_id = OLD.id
    AND EXISTS (SELECT 1 FROM public.reading_case f WHERE f.read_with_id = NEW.id AND f.id <> NEW.id) THEN
    RAISE EXCEPTION 'reading_case: others are read with it' USING ERRCODE = '42501'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_read_with BEFORE UPDATE ON reading_case FOR EACH ROW
  WHEN (NEW.read_with_id IS DISTINCT FROM OLD.read_with_id) EXECUTE FUNCTION guard_read_with();

-- The others stand where the leading case stands, whoever moved it.
CREATE FUNCTION follow_leading_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.reading_case f SET state = NEW.state, claimed_by_id = NEW.claimed_by_id, claimed_until = NEW.claimed_until, claimed_at = NEW.claimed_at,
    claim_token = NEW.claim_token, claim_rule_id = NEW.claim_rule_id, reserved_by_id = NEW.reserved_by_id, reserved_in = NEW.reserved_in,
    reserved_at = NEW.reserved_at, reserved_until = NEW.reserved_until, given_to_id = NEW.given_to_id, given_as = NEW.given_as, given_at = NEW.given_at,
    given_until = NEW.given_until, given_rule_id = NEW.given_rule_id, given_by_id = NEW.given_by_id, given_wishes = NEW.given_wishes,
    drawn_rule_id = NEW.drawn_rule_id, paused_from = NEW.paused_from, paused_at = NEW.paused_at, paused_by_id = NEW.paused_by_id,
    paused_reason = NEW.paused_reason, completed_at = NEW.completed_at, updated_at = NEW.updated_at,
    priority_score = CASE WHEN NEW.state IN ('held', 'final', 'amended') THEN 0 ELSE f.priority_score END,
    priority_reasons = CASE WHEN NEW.state IN ('held', 'final', 'amended') THEN '[]' ELSE f.priority_reasons END
  WHERE f.read_with_id = NEW.id AND f.id <> NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER follow_leading_case AFTER UPDATE ON reading_case FOR EACH ROW
  WHEN (NEW.read_with_id = NEW.id) EXECUTE FUNCTION follow_leading_case();
