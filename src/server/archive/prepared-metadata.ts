import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { instanceMetadata, metadataDigest, rootPlaceholder } from "#server/domain/imaging/index.ts";
import { metadataKey } from "#server/storage/keys.ts";
import { objectStore } from "#server/storage/open-store.ts";

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

export type MetadataScope = { studyId: string; seriesInstanceUid?: string | undefined };

/** DICOM JSON with the addresses of this portal put in. In stored text a quote before the placeholder is always structure. */
export function withRoot(text: string, root: string): string {
  return text.replaceAll(`"BulkDataURI":"${rootPlaceholder}/`, `"BulkDataURI":"${root}/`);
}

/**
 * Metadata of a study or series, gzipped and ready to send, with addresses under the portal's public URL. Made once and
 * kept as an object named after what it is made of; a new image makes a new name.
 *
 * @returns null when there is no stored instance.
 */
export async function preparedMetadata(
  actor: Actor,
  org: { id: string; slug: string },
  scope: MetadataScope,
): Promise<{ digest: string; read(): Promise<Buffer> } | null> {
  const found = await withTenantSql(actor, (ctx) => metadataDigest(ctx, scope), { readOnly: true });
  if (!found) return null;
  const key = metadataKey(org.id, found.digest);
  return {
    digest: found.digest,
    read: async () => (await kept(key)) ?? (await prepare(actor, org, scope, key)),
  };
}

/** What cannot be had is made again. */
const kept = (key: string): Promise<Buffer | null> =>
  objectStore()
    .readWhole(key)
    .catch(() => null);

/** What is being made at this moment: several viewers of a new study wait for one. */
const preparing = new Map<string, Promise<Buffer>>();

function prepare(actor: Actor, org: { id: string; slug: string }, scope: MetadataScope, key: string): Promise<Buffer> {
  const known = preparing.get(key);
  if (known) return known;
  const made = gather(actor, org, scope).finally(() => preparing.delete(key));
  preparing.set(key, made);
  // It is a copy that can be made again: nobody waits for the disk, and a full one must not keep anyone from reading.
  made.then((body) => objectStore().put(key, body)).catch(() => {});
  return made;
}

async function gather(actor: Actor, org: { id: string; slug: string }, scope: MetadataScope): Promise<Buffer> {
  const parts = await withTenantSql(actor, (ctx) => instanceMetadata(ctx, scope), { readOnly: true });
  const root = `${new URL(config().http.publicUrl).origin}/dicomweb/${org.slug}`;
  return gzipAsync(withRoot(`[${parts.join(",")}]`, root), { level: 4 });
}

/** Answers under another name of the portal, the last ones used: making one costs more than sending it a hundred times. */
const rerooted = new Map<string, Buffer>();
const rerootedLimit = 64 << 20;

/** The same under another root: a tunnel or a test reaches the portal by another name. @param digest names the body. */
export async function underRoot(digest: string, body: Buffer, orgSlug: string, root: string): Promise<Buffer> {
  const usual = `${new URL(config().http.publicUrl).origin}/dicomweb/${orgSlug}`;
  if (root === usual) return body;
  const key = `${digest} ${root}`;
  const known = rerooted.get(key);
  if (known) return known;
  const text = (await gunzipAsync(body)).toString("utf8");
  const made = await gzipAsync(text.replaceAll(`"BulkDataURI":"${usual}/`, `"BulkDataURI":"${root}/`), { level: 1 });
  rerooted.set(key, made);
  let total = [...rerooted.values()].reduce((sum, { length }) => sum + length, 0);
  for (const [oldest, { length }] of rerooted) {
    if (total <= rerootedLimit) break;
    rerooted.delete(oldest);
    total -= length;
  }
  return made;
}

export const unzipped = (body: Buffer): Promise<Buffer> => gunzipAsync(body);
