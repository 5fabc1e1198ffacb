// What the standard says is spelt in src/shared/dicom and nowhere else. `npm run check` looks for tags in digits.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

/** A text, a template or a path within one that holds a tag of a group the product knows: `"00100010"`, `'{00101010,Value}'`. */
const tagInText =
  /["'`{}/,.][ ]*((?:0002|0008|0010|0018|0019|0020|0028|0032|0040|0042|0054|0062|2050|5200|60\d\d|7FE0)[0-9A-F]{4})(?![0-9A-Za-z-])/;
const comments = /\/\*[\s\S]*?\*\/|(?<![:"'`\w])\/\/.*$/gm;

/** Lines of a source text, from 1, that spell a tag in digits. */
function rawTags(text) {
  const code = text.replace(comments, (comment) => comment.replace(/[^\n]/g, ""));
  return code.split("\n").flatMap((line, at) => (tagInText.test(line) ? [at + 1] : []));
}

/** Every tag in digits outside src/shared/dicom and tests, a line each; null when there is none. */
export function dicomLiterals() {
  const found = [];
  for (const file of globSync("{src,edge-router,scripts}/**/*.{ts,tsx,mjs}", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "generated",
  })) {
    if (file.startsWith("src/shared/dicom/") || file.includes(".test.") || file === "scripts/lib/dicom-literals.mjs")
      continue;
    for (const line of rawTags(readFileSync(path.join(root, file), "utf8")))
      found.push(`  ${file}:${line} spells a tag in digits: say Tag.<Keyword> (src/shared/dicom/tags.ts)`);
  }
  return found.join("\n") || null;
}

/** The rule must bite, and leave alone what only looks like a tag. */
export function dicomLiteralsBite() {
  const forbidden = ['text(image, "00100010");', "sql`x #>> '{00101010,Value,0}'`", 'path === "00880200/1/7FE00010"'];
  const allowed = ['// "00100010"', '/** `"00100010"` */', 'birthDate: "19480923"', '"0008-00100010-a"', "0x00100010"];
  const missed = forbidden.filter((each) => rawTags(each).length === 0);
  const wrong = allowed.filter((each) => rawTags(each).length > 0);
  return (
    [...missed.map((each) => `  not seen: ${each}`), ...wrong.map((each) => `  taken for a tag: ${each}`)].join("\n") ||
    null
  );
}
