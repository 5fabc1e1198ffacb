-- The secret of a link that was mailed is taken out of its row when nothing more is to be sent.
CREATE FUNCTION notice_delivery_forgets_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.params := '{}';
  RETURN NEW;
END $$;
CREATE TRIGGER notice_delivery_forgets_links BEFORE UPDATE ON notice_delivery FOR EACH ROW
  WHEN (NEW.kind = 'password-link' AND NEW.state <> 'waiting') EXECUTE FUNCTION notice_delivery_forgets_links();
