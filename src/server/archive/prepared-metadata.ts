import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { crc32, gunzip, gzip } from "node:zlib";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { instanceMetadata, metadataDigest, rootPlaceholder } from "#server/domain/imaging/index.ts";
import { metadataKey } from "#server/storage/keys.ts";
import { objectStore } from "#server/storage/open-store.ts";

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

export type MetadataScope = { studyId: string; seriesInstanceUid?: string | undefined };

/** DICOM JSON with this portal's URLs inserted. In stored text a quote before the placeholder is always structure. */
export function withRoot(text: string, root: string): string {
  return text.replaceAll(`"BulkDataURI":"${rootPlaceholder}/`, `"BulkDataURI":"${root}/`);
}

/**
 * Metadata of a study or series, gzipped and ready to send, with URLs under the portal's public URL. Made once and
 * stored as an object named after its content; a new image gives a new name.
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
  // Named after the addresses in it as well: a portal that has got another public URL makes its answers anew.
  const name = createHash("sha256")
    .update(`${found.digest} ${usualRoot(org.slug)}`)
    .digest("hex");
  const key = metadataKey(org.id, name);
  return {
    digest: found.digest,
    read: async () => (await kept(key)) ?? (await prepare(actor, org, scope, key)),
  };
}

const usualRoot = (orgSlug: string): string => `${new URL(config().http.publicUrl).origin}/dicomweb/${orgSlug}`;

/** What was found whole, by key: the checksum it had then. Unpacking it each time would cost more than sending it. */
const whole = new Map<string, number>();
const mostKnown = 20_000;

function noteWhole(key: string, body: Buffer): void {
  if (whole.size >= mostKnown) whole.delete(whole.keys().next().value as string);
  whole.set(key, crc32(body));
}

/** What cannot be had, or is damaged, is made again. */
async function kept(key: string): Promise<Buffer | null> {
  try {
    const body = await objectStore().readWhole(key);
    if (whole.get(key) !== crc32(body)) {
      // Its own checksum is at its end (RFC 1952 §2.3.1).
      await gunzipAsync(body);
      noteWhole(key, body);
    }
    return body;
  } catch {
    return null;
  }
}

/** Metadata being made: several viewers of a new study share one. */
const preparing = new Map<string, Promise<Buffer>>();

function prepare(actor: Actor, org: { id: string; slug: string }, scope: MetadataScope, key: string): Promise<Buffer> {
  const known = preparing.get(key);
  if (known) return known;
  const made = gather(actor, org, scope).finally(() => preparing.delete(key));
  preparing.set(key, made);
  // A cached copy: no request waits for the disk, and a full disk must not prevent reading.
  made
    .then((body) => {
      noteWhole(key, body);
      return objectStore().put(key, body);
    })
    .catch(() => {});
  return made;
}

async function gather(actor: Actor, org: { id: string; slug: string }, scope: MetadataScope): Promise<Buffer> {
  const parts = await withTenantSql(actor, (ctx) => instanceMetadata(ctx, scope), { readOnly: true });
  return gzipAsync(withRoot(`[${parts.join(",")}]`, usualRoot(org.slug)), { level: 4 });
}

/**
 * Answers under other names of the portal, least recently used dropped: making one costs as much as sending it a
 * hundred times.
 */
const rerooted = new Map<string, Buffer>();
const rerootedLimit = 64 << 20;

/**
 * The same under another root: a tunnel or a test reaches the portal by another name. @param digest identifies the
 * body.
 */
export async function underRoot(digest: string, body: Buffer, orgSlug: string, root: string): Promise<Buffer> {
  const usual = usualRoot(orgSlug);
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
