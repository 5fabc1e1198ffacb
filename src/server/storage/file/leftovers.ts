import { opendir, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { orphanAgeMs } from "../object-store.ts";
import { errorCode } from "./disk-error.ts";

/** Every file below a folder; none where there is no such folder. @throws any other error of reading it. */
export async function* walk(directory: string): AsyncGenerator<string> {
  const entries = await opendir(directory).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  });
  if (!entries) return;
  for await (const entry of entries) {
    const child = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(child);
    else if (entry.isFile()) yield child;
  }
}

/** Removes temporary files of dead processes. @returns how many. */
export async function dropTemporary(directory: string, owner: string): Promise<number> {
  let dropped = 0;
  for (const name of await readdir(directory).catch(() => [] as string[])) {
    if (isInUse(name, owner)) continue;
    await rm(path.join(directory, name), { force: true });
    dropped++;
  }
  return dropped;
}

/** A temporary file belongs to a process: `<host>.<pid>.<n>.part`. One of another host is left to that host. */
function isInUse(name: string, owner: string): boolean {
  const [host, pidText] = name.split(".");
  const [ownHost] = owner.split(".");
  if (host !== ownHost) return true;
  const pid = Number(pidText);
  if (pid === process.pid) return name.startsWith(`${owner}.`);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/**
 * Removes an object without a row. Takes its name away first: whoever stores the same bytes now either touched it in
 * time, or writes it again.
 *
 * @param aside a temporary name.
 */
export async function dropOrphan(file: string, aside: string): Promise<boolean> {
  const isYoung = async (name: string): Promise<boolean> => Date.now() - (await stat(name)).mtimeMs < orphanAgeMs;
  try {
    // One that is wanted keeps its name where that is seen in time: nobody misses it for a moment.
    if (await isYoung(file)) return false;
    await rename(file, aside);
  } catch {
    return false;
  }
  if (await isYoung(aside)) {
    await rename(aside, file);
    return false;
  }
  await unlink(aside);
  return true;
}
