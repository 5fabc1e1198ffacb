import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { StartFault } from "./fault.mjs";

const reasons = {
  EROFS: "the file system is read-only",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  ENOTDIR: "a part of its path is a file",
};

/**
 * Opens the data folder: its content is accessible to this user only, but others may traverse it (the system user that
 * runs Postgres must).
 *
 * @throws {StartFault} when nothing can be written there.
 */
export function openDataFolder(dataDir) {
  const probe = path.join(dataDir, `.probe-${process.pid}`);
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(probe, "probe");
    rmSync(probe);
    chmodSync(dataDir, 0o711);
  } catch (error) {
    throw new StartFault(
      `The data folder ${dataDir} cannot be written: ${reasons[error.code] ?? error.code}.`,
      "Mend that, or start with OVERREAD_DATA_DIR=<another folder>.",
    );
  }
}

/** A secret that is made once and stored in the data folder. */
export function keptSecret(dataDir, name, bytes = 32) {
  const file = path.join(dataDir, name);
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (kept) return kept;
  const made = randomBytes(bytes).toString("base64url");
  writeFileSync(file, made, { mode: 0o600, flush: true });
  return made;
}
