// Tags and UIDs of the standard are spelt out in src/shared/dicom only; `npm run check` searches for digits elsewhere.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

/** A text, a template or a path within one that holds a tag of a group the product knows: `"00100010"`, `'{00101010,Value}'`. */
const tagInText =
  /["'`{}/,.][ ]*((?:0002|0008|0010|0018|0019|0020|0028|0032|0040|0042|0054|0062|2050|5200|60\d\d|7FE0)[0-9A-F]{4})(?![0-9A-Za-z-])/;
/** A text that holds a UID of the standard's own root. */
const uidInText = /["'`](?:urn:oid:)?1\.2\.840\.10008\./;
const comments = /\/\*[\s\S]*?\*\/|(?<![:"'`\w])\/\/.*$/gm;

/** Lines of a source text, from 1, that spell a tag, or a UID, in digits. */
const rawTags = (text) => linesWith(text, tagInText);
const rawUids = (text) => linesWith(text, uidInText);
function linesWith(text, pattern) {
  const code = text.replace(comments, (comment) => comment.replace(/[^\n]/g, ""));
  return code.split("\n").flatMap((line, at) => (pattern.test(line) ? [at + 1] : []));
}

/** Every tag and UID in digits outside src/shared/dicom and tests, a line each; null when there is none. */
export function dicomLiterals() {
  const found = [];
  for (const file of globSync("{src,edge-router,scripts}/**/*.{ts,tsx,mjs}", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "generated",
  })) {
    if (file.startsWith("src/shared/dicom/") || file.includes(".test.") || file === "scripts/lib/dicom-literals.mjs")
      continue;
    const text = readFileSync(path.join(root, file), "utf8");
    for (const line of rawTags(text))
      found.push(`  ${file}:${line} spells a tag in digits: say Tag.<Keyword> (src/shared/dicom/tags.ts)`);
    for (const line of rawUids(text))
      found.push(`  ${file}:${line} spells a UID of the standard: name it in src/shared/dicom`);
  }
  return found.join("\n") || null;
}

/** Tests the rule: it has to report tags, and to ignore what only looks like one. */
export function dicomLiteralsWork() {
  const forbidden = ['text(image, "00100010");', "sql`x #>> '{00101010,Value,0}'`", 'path === "00880200/1/7FE00010"'];
  const allowed = ['// "00100010"', '/** `"00100010"` */', 'birthDate: "19480923"', '"0008-00100010-a"', "0x00100010"];
  const uids = ['uid === "1.2.840.10008.5.1.4.1.1.2"', "`1.2.840.10008.1.2`"];
  const others = ['// "1.2.840.10008.1.2"', 'uid === "1.2.840.113619.4.2"', "say(`PS3.6 1.2.840.10008.1.2`)"];
  const missed = [
    ...forbidden.filter((each) => rawTags(each).length === 0),
    ...uids.filter((each) => rawUids(each).length === 0),
  ];
  const wrong = [
    ...allowed.filter((each) => rawTags(each).length > 0),
    ...others.filter((each) => rawUids(each).length > 0),
  ];
  return (
    [...missed.map((each) => `  not seen: ${each}`), ...wrong.map((each) => `  taken for a tag or UID: ${each}`)].join(
      "\n",
    ) || null
  );
}
