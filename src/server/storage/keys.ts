/**
 * The key of a version of an instance. Made of our own ids and a hash: no sender's text gets into a path.
 *
 * @param orgId the hospital, so that one tenant's objects can be moved, deleted or encrypted separately.
 * @param dataSetSha256 of the bytes after group 0002.
 * @param transferSyntaxUid the same bytes in another syntax are another version, with a head of its own.
 */
export function instanceKey(orgId: string, dataSetSha256: string, transferSyntaxUid: string): string {
  if (!/^[0-9.]{1,64}$/.test(transferSyntaxUid)) throw new TypeError("not a key of ours");
  return key("objects", orgId, dataSetSha256, `${transferSyntaxUid}.dcm`);
}

/** The hash in such a key, also in one from before the transfer syntax was part of it. */
export const hashInKey = (objectKey: string): string =>
  objectKey.slice(objectKey.lastIndexOf("/") + 1).split(".", 1)[0] ?? "";

/** The key of a study's or series' prepared metadata; `digest` changes when its instances do. */
export function metadataKey(orgId: string, digest: string): string {
  return key("metadata", orgId, digest, "json.gz");
}

/**
 * The key of the lossless rendition of an image's frames: named after the bytes that it was made of, as the image's own key is, so that
 * other bytes never have it.
 */
export function renditionKey(orgId: string, dataSetSha256: string, transferSyntaxUid: string): string {
  if (!/^[0-9.]{1,64}$/.test(transferSyntaxUid)) throw new TypeError("not a key of ours");
  return key("renditions", orgId, dataSetSha256, `${transferSyntaxUid}.jphc`);
}

/**
 * The key of a signed report version's bare PDF: by the version, which has exactly one. It is made once and used by
 * every retry.
 */
export function reportPdfKey(orgId: string, reportVersionId: string): string {
  if (![orgId, reportVersionId].every((id) => /^[0-9a-f-]{36}$/.test(id))) throw new TypeError("not a key of ours");
  return `reports/${orgId}/${reportVersionId.slice(-2)}/${reportVersionId}.pdf`;
}

/** The key of a document of a reader's licence: by the group whose reader it is, and the hash of the bytes. */
export const licenceDocumentKey = (orgId: string, sha256: string): string => key("licences", orgId, sha256, "bin");

/** What a backup includes. Renditions are left out: they are large, and made anew of what is in it. */
export const keyKinds = ["objects", "reports", "licences", "metadata"] as const;

/** What is made anew when it is asked for: cleared away when it is a month old. */
export const preparedKinds = ["metadata", "renditions"] as const;

/** The directories over which the objects of one hospital are spread. */
export const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, "0"));

function key(kind: string, orgId: string, sha256: string, suffix: string): string {
  if (!/^[0-9a-f-]{36}$/.test(orgId) || !/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError("not a key of ours");
  return `${kind}/${orgId}/${sha256.slice(0, 2)}/${sha256}.${suffix}`;
}
