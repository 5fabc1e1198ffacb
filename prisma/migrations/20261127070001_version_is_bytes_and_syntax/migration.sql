-- A version of an image is its bytes and the transfer syntax they are written in: the same bytes in another syntax may be another picture.
DROP INDEX "instance_org_id_sop_instance_uid_data_set_sha256_key";
CREATE UNIQUE INDEX "instance_version" ON "instance"("org_id", "sop_instance_uid", "data_set_sha256", "transfer_syntax_uid");
