-- Under which claim it was handed on: once the case has had another, it is nobody's to take back. Those from before are not taken back any more.
ALTER TABLE case_handover ADD COLUMN claim_token bigint;
