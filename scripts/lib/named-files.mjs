// Files that comments and documents name must exist, in this repository: a comment that cites a moved file, or a paper that a reader
// cannot look up, is worse than none.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

const skipped = (name) => name === "node_modules" || name === "generated" || name === ".next";
const commentLine = /^\s*(?:\*|\/\/|\/\*|\{\/\*)/;
const inComment = /(?<![\w$*<>@-])((?:[\w.[\]()-]+\/)*[\w.[\]-]+\.(?:tsx?|mjs|cjs|md|prisma))\b/g;
const inDocument = /`((?:[\w.[\]()@-]+\/)*[\w.[\]-]+\.(?:tsx?|mjs|cjs|md|prisma))`/g;

/** Names of files in a text, with their lines from 1: in comment lines of code, in code spans of a document. */
function namesIn(text, isDocument) {
  return text.split("\n").flatMap((line, at) => {
    if (!isDocument && !commentLine.test(line)) return [];
    return [...line.matchAll(isDocument ? inDocument : inComment)].map(([, name]) => ({
      line: at + 1,
      name: name.replace(/^(?:\.{1,2}\/|\()+/, ""),
    }));
  });
}

/** Every path of a file and every end of it that begins a folder, such as `lib/paths.mjs` and `paths.mjs`. */
function endsOf(files) {
  return new Set(files.flatMap((file) => file.split("/").map((_, at, parts) => parts.slice(at).join("/"))));
}

/** Names in comments and documents of files that do not exist, one per line; null when there are none. DECISIONS.md is history. */
export function namedFiles() {
  const code = globSync("{src,edge-router,tests,scripts,prisma,build-stubs}/**/*.{ts,tsx,mjs,cjs,prisma}", {
    cwd: root,
    exclude: skipped,
  });
  const documents = globSync("{*.md,edge-router/*.md}", { cwd: root }).filter((file) => file !== "DECISIONS.md");
  const known = endsOf([
    ...code,
    ...documents,
    "DECISIONS.md",
    ...globSync(["*.{mjs,ts,cjs}", ".*.cjs"], { cwd: root }),
  ]);
  const missing = [...code, ...documents].flatMap((file) =>
    namesIn(readFileSync(path.join(root, file), "utf8"), file.endsWith(".md"))
      .filter(({ name }) => !known.has(name))
      .map(({ line, name }) => `  ${file}:${line} names ${name}, which does not exist`),
  );
  return missing.join("\n") || null;
}

/** Tests the rule: it has to see names in comments and documents, and to ignore code. */
export function namedFilesWork() {
  const seen = ["// see a/gone.ts", " * (gone.md)", "/** In `b/gone.mjs`. */"].map(
    (text) => namesIn(text, false)[0]?.name,
  );
  const ignored = namesIn('import "./gone.ts"; // of gone.ts', false);
  const documented = namesIn("| `x/gone.ts` | gone.ts |", true).map(({ name }) => name);
  const wanted = JSON.stringify([["a/gone.ts", "gone.md", "b/gone.mjs"], [], ["x/gone.ts"]]);
  return JSON.stringify([seen, ignored, documented]) === wanted ? null : "  the names of files are not recognised";
}
