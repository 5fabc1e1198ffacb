import { createHash } from "node:crypto";
import { type Attributes, items, personName, text } from "@overread/shared/dicom/attributes";
import { formatDate } from "@overread/shared/dicom/dates";
import { codeMeaning, reportLines } from "@overread/shared/dicom/report-lines";
import { kindOf } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";

/** Enough for a measurement report of a trial; an omission is stated. */
const mostLines = 20_000;
const deepest = 30;
const leftOut = "This report is longer or deeper than what is shown here. Retrieve the instance itself.";

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.4rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;border-bottom:1px solid #ccc;padding-bottom:1rem}
dt{color:#555}dd{margin:0}ul{list-style:none;padding-left:1.2rem}main>ul{padding-left:0}li{margin:.3rem 0}p{margin:0;white-space:pre-wrap}
strong{font-weight:600}.warn{border:1px solid #b45309;padding:.5rem 1rem}`;

/** Content security policy of a document's page: no script, request, form or frame; its own style only. */
export const documentPolicy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox`;

/** Title and particulars of a structured report, above its text. */
function headOf(report: Attributes): { title: string; facts: [name: string, value: string][]; warnings: string[] } {
  const facts: [string, string | null][] = [
    ["Patient", personName(report, Tag.PatientName)],
    ["Patient ID", text(report, Tag.PatientID)],
    ["Birth date", dateOf(report, Tag.PatientBirthDate)],
    ["Sex", text(report, Tag.PatientSex)],
    ["Study", text(report, Tag.StudyDescription)],
    ["Study date", dateOf(report, Tag.StudyDate)],
    ["Accession number", text(report, Tag.AccessionNumber)],
    ["Written", dateOf(report, Tag.ContentDate)],
  ];
  const unfinished = text(report, Tag.CompletionFlag) === "PARTIAL";
  const isKeyObjects = kindOf(text(report, Tag.SOPClassUID) ?? "") === "key-objects";
  const unverified = !isKeyObjects && text(report, Tag.VerificationFlag) !== "VERIFIED";
  return {
    title:
      codeMeaning(report, Tag.ConceptNameCodeSequence) ?? text(report, Tag.SeriesDescription) ?? "Structured report",
    facts: facts.filter((fact): fact is [string, string] => fact[1] !== null),
    warnings: [
      ...(unfinished ? ["This report is marked as not complete."] : []),
      ...(text(report, Tag.PreliminaryFlag) === "PRELIMINARY" ? ["This report is preliminary."] : []),
      ...(unverified ? ["Nobody has verified this report."] : []),
    ],
  };
}

/** A structured report as plain text in UTF-8, nested lines indented. */
export function reportAsText(report: Attributes): string {
  const { title, facts, warnings } = headOf(report);
  const { lines, whole } = reportLines(report, { everything: true, mostLines, deepest });
  return [
    title,
    "",
    ...facts.map(([name, value]) => `${name}: ${value}`),
    "",
    ...warnings,
    ...lines.map(({ depth, heading, value }) =>
      indented([heading, value].filter((part) => part !== null).join(": "), depth),
    ),
    ...(whole ? [] : ["", leftOut]),
    "",
  ].join("\n");
}

const indented = (words: string, depth: number): string =>
  words
    .split(/\r\n|\r|\n/)
    .map((line) => `${"  ".repeat(depth)}${line}`)
    .join("\n");

/** A structured report as a self-contained page, all text escaped; to be sent under {@link documentPolicy}. */
export function reportAsPage(report: Attributes): string {
  const { title, facts, warnings } = headOf(report);
  const { lines, whole } = reportLines(report, { everything: true, mostLines, deepest });
  let body = "";
  let open = 0;
  for (const { depth, heading, value } of lines) {
    // Empty headings are omitted, so a line may be more than one level deeper than the previous one.
    for (; open > depth + 1; open--) body += "</li></ul>";
    if (open === depth + 1) body += "</li>";
    for (; open < depth + 1; open++) body += open === depth ? "<ul>" : "<ul><li>";
    const words = [heading && `<strong>${escaped(heading)}</strong>`, value && escaped(value)]
      .filter(Boolean)
      .join(" ");
    body += `<li><p dir="auto">${words}</p>`;
  }
  body += "</li></ul>".repeat(open);
  const notes = [...warnings, ...(whole ? [] : [leftOut])]
    .map((each) => `<p class="warn">${escaped(each)}</p>`)
    .join("");
  const particulars = facts.map(([name, value]) => `<dt>${name}</dt><dd dir="auto">${escaped(value)}</dd>`).join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head>
<body><h1 dir="auto">${escaped(title)}</h1><dl>${particulars}</dl>${notes}<main${languageAttribute(report)}>${body}</main></body></html>
`;
}

/** What the report itself is written in, where it says so (TID 1204); the particulars above it are ours, and English. */
function languageAttribute(report: Attributes): string {
  const said = items(report, Tag.ContentSequence).find((item) => {
    const [name] = items(item, Tag.ConceptNameCodeSequence);
    return name && text(name, Tag.CodeValue) === "121049" && text(name, Tag.CodingSchemeDesignator) === "DCM";
  });
  const [code] = said ? items(said, Tag.ConceptCodeSequence) : [];
  const tag = code ? text(code, Tag.CodeValue) : null;
  return tag && /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag) ? ` lang="${tag}"` : "";
}

function escaped(words: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return words.replace(/[&<>"']/g, (sign) => names[sign] as string);
}

const dateOf = (report: Attributes, tag: string): string | null => formatDate(text(report, tag)) || null;
