import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";
import { auditKey, auditPublicKey, isSignedBy, publicPem, signAnchor } from "./key.ts";
import { chainAllWaitingReads } from "./writer.ts";

/**
 * The head of an organisation's audit chain at a time; `sig` is a signature by the key of `key.ts`, absent in anchors
 * older than the key.
 */
type Anchor = { at: string; orgId: string; seq: string; hash: string; sig?: string };

const fileName = "audit-anchors.jsonl";

/**
 * The folders for anchors: one in the data directory, separate from the database's, and the deployment's own, if
 * configured.
 */
function anchorFolders(): string[] {
  const { dataDir, audit } = config();
  const own = path.resolve(dataDir, "audit-anchors");
  return audit.anchorDir ? [own, path.resolve(audit.anchorDir)] : [own];
}

/** The last anchor of each chain, by folder, valid while the file is as we left it. */
const noted = new Map<string, { size: number; last: Map<string, Anchor> }>();
let turn: Promise<unknown> = Promise.resolve();

/**
 * Records the head of every audit chain, signed and outside the database: cutting or rewriting the end of a chain in
 * the database leaves the true head on record here. Files are append-only and synced; a chain that has not grown gets
 * no line. Waiting reads are chained first, so that the anchor covers them too.
 *
 * @returns lines written, and the organisations whose chain is shorter than, or different from, its last anchor.
 * @throws the error of the first folder that could not be written, after the others were.
 */
export function anchorAuditHeads(): Promise<{ written: number; shrunk: string[] }> {
  const mine = turn.then(anchorNow, anchorNow);
  turn = mine.catch(() => {});
  return mine;
}

async function anchorNow(): Promise<{ written: number; shrunk: string[] }> {
  await chainAllWaitingReads();
  const { rows } = await pool("overread_maintenance").query<Omit<Anchor, "at" | "sig">>(
    `SELECT org_id AS "orgId", seq::text, hash FROM audit_head ORDER BY org_id`,
  );
  const key = await auditKey();
  const at = new Date().toISOString();
  const shrunk = new Set<string>();
  let written = 0;
  let failure: unknown;
  for (const folder of anchorFolders()) {
    try {
      const last = await lastNoted(folder);
      const news = rows.filter(({ orgId, seq, hash }) => {
        const before = last.get(orgId);
        if (before && (BigInt(seq) < BigInt(before.seq) || (seq === before.seq && hash !== before.hash)))
          shrunk.add(orgId);
        return before?.seq !== seq || before.hash !== hash;
      });
      for (const orgId of last.keys()) if (!rows.some((row) => row.orgId === orgId)) shrunk.add(orgId);
      const anchors = news.map((head) => ({ at, ...head, sig: signAnchor({ at, ...head }, key) }));
      await append(folder, anchors, publicPem(key));
      for (const anchor of anchors) last.set(anchor.orgId, anchor);
      noted.set(folder, { size: await sizeOf(folder), last });
      written += anchors.length;
    } catch (error) {
      noted.delete(folder);
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return { written, shrunk: [...shrunk] };
}

async function lastNoted(folder: string): Promise<Map<string, Anchor>> {
  const known = noted.get(folder);
  if (known && known.size === (await sizeOf(folder))) return known.last;
  const { anchors } = await readFolder(folder);
  return new Map(anchors.map((anchor) => [anchor.orgId, anchor]));
}

async function sizeOf(folder: string): Promise<number> {
  return (await stat(path.join(folder, fileName)).catch(() => null))?.size ?? -1;
}

async function append(folder: string, anchors: Anchor[], publicKey: string): Promise<void> {
  if (anchors.length === 0) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, "audit-anchors.pub"), publicKey, { flag: "wx", mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  const file = await open(path.join(folder, fileName), "a", 0o600);
  try {
    // A leading line break, so that a line truncated by a crash spoils only itself.
    await file.appendFile(`\n${anchors.map((anchor) => JSON.stringify(anchor)).join("\n")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

export type StoredAnchors = {
  anchors: Anchor[];
  /** Lines that could not be read: one may be due to a crash, several indicate tampering. */
  unreadable: number;
  /** Anchors with an invalid signature: forged or changed. */
  forged: Anchor[];
  /** Anchors without a signature, older than the key. */
  unsigned: number;
  newest: string | null;
  publicKey: string | null;
};

/** All anchors ever recorded. */
export async function readAnchors(): Promise<StoredAnchors> {
  const all = await Promise.all(anchorFolders().map(readFolder));
  const anchors = all.flatMap((folder) => folder.anchors);
  const key = await auditPublicKey();
  const newest =
    anchors
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? null;
  return {
    anchors,
    unreadable: all.reduce((sum, { unreadable }) => sum + unreadable, 0),
    forged: anchors.filter((anchor) => anchor.sig && !(key && isSignedBy(anchor, anchor.sig, key))),
    unsigned: anchors.filter(({ sig }) => !sig).length,
    newest,
    publicKey: key && publicPem(key),
  };
}

async function readFolder(folder: string): Promise<{ anchors: Anchor[]; unreadable: number }> {
  const text = await readFile(path.join(folder, fileName), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const anchors: Anchor[] = [];
  let unreadable = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const anchor = parse(line);
    if (anchor) anchors.push(anchor);
    else unreadable++;
  }
  return { anchors, unreadable };
}

function parse(line: string): Anchor | null {
  try {
    const { at, orgId, seq, hash, sig } = JSON.parse(line) as Record<string, unknown>;
    if (typeof at !== "string" || typeof orgId !== "string" || typeof seq !== "string" || typeof hash !== "string")
      return null;
    if (!/^[\d:.TZ-]+$/.test(at) || (sig !== undefined && typeof sig !== "string")) return null;
    return /^\d+$/.test(seq) && /^[0-9a-f]{64}$/.test(hash) && /^[0-9a-f-]{36}$/.test(orgId)
      ? { at, orgId, seq, hash, ...(sig === undefined ? {} : { sig }) }
      : null;
  } catch {
    return null;
  }
}
