import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
export const bin = (name) => path.join(root, "node_modules", ".bin", name);

/** Hash of files and folders of the repository, so that a step runs again exactly when its input has changed. */
export function digestOf(...entries) {
  const hash = createHash("sha256");
  const visit = (file) => {
    for (const entry of readdirSync(file, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === "generated" || entry.name === "node_modules" || entry.name.endsWith(".test.ts")) continue;
      const child = path.join(file, entry.name);
      if (entry.isDirectory()) visit(child);
      else hash.update(path.relative(root, child)).update(readFileSync(child));
    }
  };
  for (const entry of entries) {
    const file = path.join(root, entry);
    if (!existsSync(file)) continue;
    if (entry.includes(".") && !entry.startsWith("src/")) hash.update(entry).update(readFileSync(file));
    else visit(file);
  }
  return hash.digest("hex").slice(0, 24);
}
