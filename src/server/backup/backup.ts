import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import pg from "pg";
import { z } from "zod";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";
import { applyMigrations } from "#server/db/migrate.ts";
import { ensureRoles } from "#server/db/roles.ts";
import { keyKinds } from "#server/storage/keys.ts";
import { isUnreadable, type ObjectStore } from "#server/storage/object-store.ts";
import { backupStore, objectStore } from "#server/storage/open-store.ts";

/** Why a backup cannot be brought back, in words for the operator. Nothing was changed. */
export class UnusableBackup extends Error {}

/** Sessions end with a restore, and counters of failures start anew. */
const left = new Set(["session", "sign_in_attempt", "edge_nonce"]);

const Manifest = z.object({
  format: z.literal("overread-backup-1"),
  madeAt: z.iso.datetime(),
  migrations: z.array(z.string()),
  /** Where the tables of this backup lie; those of the first release lay in `tables` itself. */
  tablesIn: z
    .string()
    .regex(/^tables(\/[0-9TZ-]+)?$/)
    .default("tables"),
  tables: z.array(z.object({ name: z.string().regex(/^[a-z_]+$/), rows: z.number().int(), sha256: z.string() })),
  /** `damaged`: keys of those that the archive itself does not hold as it received them. */
  objects: z.object({ files: z.number().int(), bytes: z.number(), damaged: z.array(z.string()).default([]) }),
  auditHeads: z.array(z.object({ orgId: z.uuid(), seq: z.string(), hash: z.string() })),
});
export type Manifest = z.infer<typeof Manifest>;

/** Objects that are copied at a time: neither a disk that syncs nor a bucket far away is waited for one by one. */
const parallel = 8;

/**
 * Rows are carried by so much text at a time: the header of an image with thousands of frames is megabytes, and some hundred of those are
 * more than a string, or the memory, holds. Characters; but one row is always carried whole.
 */
const atATime = 8 << 20;
/** Rows at a time; few, since nobody knows how large they are before they have come. */
const mostFetched = 50;
const mostLoaded = 200;

/** What the rows of one moment are: all of the manifest but the objects, which are copied after them. */
type Rows = Omit<Manifest, "objects">;

async function withOwner<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: config().database.ownerUrl() });
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

async function migrationsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

/**
 * Copies database and objects into a folder while the product runs. The rows are of one moment; the objects are copied after
 * it, and since an object is never changed nor removed while a row names it, every row of the copy has its object.
 * A folder that already holds an earlier backup's objects gets the new ones only, and no damaged one in the place of a good copy; its tables are written anew beside the earlier
 * ones. The manifest is replaced last and in one step: until then the earlier backup is the folder's, whole, whatever ends this
 * one. The master secret (OVERREAD_SECRET) is not in it.
 */
export async function createBackup(folder: string, say: (line: string) => void): Promise<Manifest> {
  const madeAt = new Date().toISOString();
  const tablesIn = `tables/${madeAt.replace(/[:.]/g, "-")}`;
  await mkdir(path.join(folder, tablesIn), { recursive: true, mode: 0o700 });
  const manifest = await withOwner(async (client): Promise<Rows> => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const names = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_prisma%' ORDER BY 1",
    );
    const tables: Manifest["tables"] = [];
    for (const { name } of names.rows)
      if (!left.has(name)) tables.push(await dumpTable(client, path.join(folder, tablesIn), name));
    const heads = await client.query<Manifest["auditHeads"][number]>(
      `SELECT org_id AS "orgId", seq::text, hash FROM audit_head ORDER BY 1`,
    );
    const migrations = await migrationsOf(client);
    await client.query("COMMIT");
    return { format: "overread-backup-1", madeAt, migrations, tablesIn, tables, auditHeads: heads.rows };
  });
  const backup = backupStore(folder);
  // What an earlier backup that was cut short left.
  await backup.sweepUploads();
  const objects = await copyObjects(objectStore(), backup, say, (key) => isSoundIn(objectStore(), key));
  const whole: Manifest = { ...manifest, objects };
  const temporary = path.join(folder, "manifest.json.part");
  await writeDurably(temporary, `${JSON.stringify(whole, null, 2)}\n`);
  await syncFolder(path.join(folder, tablesIn));
  await rename(temporary, path.join(folder, "manifest.json"));
  await syncFolder(folder);
  await removeOtherTables(folder, path.basename(tablesIn));
  return whole;
}

/** Tables of earlier backups, and of ones that were cut short: no manifest names them any more. */
async function removeOtherTables(folder: string, kept: string): Promise<void> {
  for (const name of await readdir(path.join(folder, "tables")))
    if (name !== kept) await rm(path.join(folder, "tables", name), { recursive: true, force: true });
}

/** A name in a folder is on disk once the folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync();
  await handle.close();
}

async function dumpTable(client: pg.Client, tables: string, name: string): Promise<Manifest["tables"][number]> {
  let rows = 0;
  async function* lines() {
    await client.query(`DECLARE dump NO SCROLL CURSOR FOR SELECT to_jsonb(t)::text AS row FROM "${name}" t`);
    for (let wanted = mostFetched; ; ) {
      const chunk = await client.query<{ row: string }>(`FETCH ${wanted} FROM dump`);
      rows += chunk.rows.length;
      for (const { row } of chunk.rows) yield `${row}\n`;
      if (chunk.rows.length < wanted) break;
      const length = chunk.rows.reduce((sum, { row }) => sum + row.length, 0);
      wanted = Math.max(1, Math.min(mostFetched, Math.floor((wanted * atATime) / length)));
    }
    await client.query("CLOSE dump");
  }
  const file = tableFile(tables, name);
  await pipeline(Readable.from(lines()), createGzip(), createWriteStream(file, { mode: 0o600, flush: true }));
  return { name, rows, sha256: await sha256OfFile(file) };
}

/**
 * @param isSound asked before an object takes the place of a copy of another size: one of the two is damaged.
 */
async function copyObjects(
  from: ObjectStore,
  to: ObjectStore,
  say: (line: string) => void,
  isSound: (key: string) => Promise<boolean> = async () => true,
): Promise<Manifest["objects"]> {
  const total: Manifest["objects"] = { files: 0, bytes: 0, damaged: [] };
  for (const kind of keyKinds) {
    const listed = from.list(`${kind}/`)[Symbol.asyncIterator]();
    const copy = async (): Promise<void> => {
      for (let next = await listed.next(); !next.done; next = await listed.next()) {
        const { key, sizeBytes } = next.value;
        total.files++;
        total.bytes += sizeBytes;
        if (total.files % 1000 === 0) say(`${total.files} objects copied`);
        // Named by their content: one that is there whole is the same one.
        const copied = await to.head(key);
        if (copied?.sizeBytes === sizeBytes) continue;
        if (copied && !(await isSound(key))) {
          total.damaged.push(key);
          continue;
        }
        try {
          await to.copyFrom(from, key);
        } catch (error) {
          // A prepared answer, or an orphan, that a sweep has taken since it was listed.
          if (!(await from.head(key))) continue;
          // One sector that cannot be read must not keep everything else from being copied, just when it counts.
          if (await isSound(key)) throw error;
          total.damaged.push(key);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: parallel }, copy));
    } finally {
      // Whoever still copies when one has failed finds the end of the list.
      await listed.return?.();
    }
  }
  return total;
}

/** Says of an object whether it is what was received; of one that no row names, that nobody knows better. */
async function isSoundIn(store: ObjectStore, key: string): Promise<boolean> {
  const { rows } = await pool("overread_maintenance").query<{ sha256: string; offset: number }>(
    `SELECT data_set_sha256 AS sha256, data_set_offset AS "offset" FROM instance WHERE object_key = $1
     UNION ALL SELECT sha256, 0 FROM report_document WHERE object_key = $1 LIMIT 1`,
    [key],
  );
  if (!rows[0]) return true;
  const hash = createHash("sha256");
  try {
    const object = await store.open(key);
    try {
      for await (const piece of object.stream(rows[0].offset)) hash.update(piece);
    } finally {
      await object.close();
    }
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
  return hash.digest("hex") === rows[0].sha256;
}

/**
 * Brings a backup back, into an empty database and an empty store. All rows come in one transaction, after the objects, so
 * that a restore that fails leaves no half-filled database behind and can be run again.
 *
 * @throws {UnusableBackup} for a folder without a whole backup, or a target that is not empty
 */
export async function restoreBackup(folder: string, say: (line: string) => void): Promise<Manifest> {
  const text = await readFile(path.join(folder, "manifest.json"), "utf8").catch(() => null);
  const parsed = text ? Manifest.safeParse(JSON.parse(text)) : null;
  if (!parsed?.success) throw new UnusableBackup(`${folder} holds no whole backup`);
  const manifest = parsed.data;
  const tables = path.join(folder, manifest.tablesIn);
  for (const { name, sha256 } of manifest.tables)
    if ((await sha256OfFile(tableFile(tables, name)).catch(() => null)) !== sha256)
      throw new UnusableBackup(`the backup of table ${name} is damaged`);

  const ownerUrl = config().database.ownerUrl();
  await ensureRoles(ownerUrl, config().masterSecret());
  await applyMigrations(ownerUrl);
  await withOwner(async (client) => {
    if ((await migrationsOf(client)).join() !== manifest.migrations.join())
      throw new UnusableBackup(
        "the backup is of another version of the database; restore it with that version, then upgrade",
      );
    const { rowCount } = await client.query("SELECT 1 FROM organization LIMIT 1");
    if (rowCount) throw new UnusableBackup("the database is not empty; nothing was changed");
    await copyObjects(backupStore(folder), objectStore(), say);
    await client.query("BEGIN");
    for (const table of manifest.tables) await loadTable(client, tables, table);
    await client.query("COMMIT");
  });
  return manifest;
}

async function loadTable(client: pg.Client, tables: string, { name, rows }: Manifest["tables"][number]): Promise<void> {
  let batch: string[] = [];
  let length = 0;
  let loaded = 0;
  const flush = async () => {
    // The rows stay text: a number as large as a file's size or a sequence passes through no JavaScript number.
    await client.query(
      `INSERT INTO "${name}" SELECT r.* FROM jsonb_array_elements($1::jsonb) j, jsonb_populate_record(NULL::"${name}", j) r`,
      [`[${batch.join(",")}]`],
    );
    loaded += batch.length;
    batch = [];
    length = 0;
  };
  for await (const row of linesOf(tableFile(tables, name))) {
    batch.push(row);
    length += row.length;
    if (batch.length >= mostLoaded || length >= atATime) await flush();
  }
  if (batch.length > 0) await flush();
  if (loaded !== rows) throw new Error(`table ${name}: ${loaded} of ${rows} rows`);
}

/**
 * The lines of a table's file. A line ends at a line feed and nowhere else: a text may hold other characters that end lines elsewhere
 * (U+2028, U+2029), which JSON does not escape and `node:readline` splits at.
 */
async function* linesOf(file: string): AsyncGenerator<string> {
  const unzipped = createGunzip();
  // What is wrong with the file is thrown where its lines are read.
  const reading = pipeline(createReadStream(file), unzipped).catch(() => {});
  let parts: Buffer[] = [];
  for await (const chunk of unzipped as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString("utf8");
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  await reading;
  if (parts.length > 0) yield Buffer.concat(parts).toString("utf8");
}
const lineFeed = 0x0a;

const tableFile = (tables: string, name: string) => path.join(tables, `${name}.ndjson.gz`);

async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  await handle.writeFile(text);
  await handle.sync();
  await handle.close();
}
