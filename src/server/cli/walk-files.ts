import { opendir } from "node:fs/promises";
import path from "node:path";

/** Every file below a folder that an operator named. */
export async function* walkFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFiles(file);
    else if (entry.isFile()) yield file;
  }
}
