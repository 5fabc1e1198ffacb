import { mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";

/** Where an organisation's audit chain stood at a time. */
export type Anchor = { at: string; orgId: string; seq: string; hash: string };

const fileName = "audit-anchors.jsonl";

/** The folders that anchors go to: one of the data directory's own, apart from the database's, and the deployment's, if it names one. */
export function anchorFolders(): string[] {
  const { dataDir, audit } = config();
  const own = path.resolve(dataDir, "audit-anchors");
  return audit.anchorDir ? [own, path.resolve(audit.anchorDir)] : [own];
}

/**
 * Notes where every audit chain stands, outside the database: whoever cuts a chain's tail together with its head there leaves
 * the longer chain on record here. Lines are only ever added, and synced; a chain that has not grown gets none.
 *
 * @returns lines written, and the organisations whose chain is shorter than, or different from, what was noted before.
 * @throws the first folder's error that could not be written, after the others were.
 */
export async function anchorAuditHeads(): Promise<{ written: number; shrunk: string[] }> {
  const { rows } = await pool("overread_maintenance").query<Omit<Anchor, "at">>(
    `SELECT org_id AS "orgId", seq::text, hash FROM audit_head ORDER BY org_id`,
  );
  const at = new Date().toISOString();
  const shrunk = new Set<string>();
  let written = 0;
  let failure: unknown;
  for (const folder of anchorFolders()) {
    try {
      const { anchors } = await readFolder(folder);
      const last = new Map(anchors.map((anchor) => [anchor.orgId, anchor]));
      const news = rows.filter(({ orgId, seq, hash }) => {
        const before = last.get(orgId);
        if (before && (BigInt(seq) < BigInt(before.seq) || (seq === before.seq && hash !== before.hash)))
          shrunk.add(orgId);
        return before?.seq !== seq || before.hash !== hash;
      });
      for (const orgId of last.keys()) if (!rows.some((row) => row.orgId === orgId)) shrunk.add(orgId);
      await append(
        folder,
        news.map((head) => ({ at, ...head })),
      );
      written += news.length;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return { written, shrunk: [...shrunk] };
}

async function append(folder: string, anchors: Anchor[]): Promise<void> {
  if (anchors.length === 0) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(path.join(folder, fileName), "a", 0o600);
  try {
    // The line break comes first as well: a line that a crash cut short spoils nothing but itself.
    await file.appendFile(`\n${anchors.map((anchor) => JSON.stringify(anchor)).join("\n")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Everything that was ever noted. @returns also how many lines could not be read: one may be a crash, more are somebody's hand. */
export async function readAnchors(): Promise<{ anchors: Anchor[]; unreadable: number; newest: string | null }> {
  const all = await Promise.all(anchorFolders().map(readFolder));
  const anchors = all.flatMap((folder) => folder.anchors);
  const newest =
    anchors
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? null;
  return { anchors, unreadable: all.reduce((sum, { unreadable }) => sum + unreadable, 0), newest };
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
    const { at, orgId, seq, hash } = JSON.parse(line) as Record<string, unknown>;
    if (typeof at !== "string" || typeof orgId !== "string" || typeof seq !== "string" || typeof hash !== "string")
      return null;
    return /^\d+$/.test(seq) && /^[0-9a-f]{64}$/.test(hash) && /^[0-9a-f-]{36}$/.test(orgId)
      ? { at, orgId, seq, hash }
      : null;
  } catch {
    return null;
  }
}
