import { opendir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { config } from "#server/config.ts";

/** The folder of the object store, for operator commands that look at it as files. */
export function storeRoot(): string {
  const { url } = config().storage;
  if (!url.startsWith("file:")) throw new Error("OVERREAD_STORAGE: only file: URLs are supported");
  return path.resolve(url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length));
}

/** Every file below a folder; nothing where there is no such folder. */
export async function* walkFiles(directory: string): AsyncGenerator<string> {
  const entries = await opendir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (!entries) return;
  for await (const entry of entries) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walkFiles(file);
    else if (entry.isFile()) yield file;
  }
}
