import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { makeStudy, type StudyKind, type StudyOptions, studyKinds } from "./index.ts";

const usage = `Writes a simulated study into a folder.

  node src/server/demo/modality-simulator/main.ts --kind <kind> --out <folder> [options]

  --kind <kind>            ${studyKinds.join(" | ")}
  --out <folder>           made if missing; files are <n>.dcm
  --slices <n>             slices of a CT or MR series, frames of a US cine
  --matrix <n>             columns of the image
  --prior                  the patient's earlier study
  --quick                  few drawings, for load tests of many slices
  --seed <text>            another patient
  --name <PN>  --id <id>   patient's name ("Doe^Jane") and ID
  --accession <text>       accession number
  --priority <text>        STAT, HIGH, …
  --charset <terms>        Specific Character Set, e.g. "ISO_IR 144"
  --syntax <uid>           transfer syntax: a native one or RLE Lossless
`;

/** Runs the command line. @returns the exit status. */
async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kind: { type: "string" },
      out: { type: "string" },
      slices: { type: "string" },
      matrix: { type: "string" },
      prior: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      name: { type: "string" },
      id: { type: "string" },
      accession: { type: "string" },
      priority: { type: "string" },
      charset: { type: "string" },
      syntax: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const kind = studyKinds.find((known): known is StudyKind => known === values.kind);
  if (values.help || !kind || !values.out) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const options: StudyOptions = { seed: values.seed, prior: values.prior, quick: values.quick };
  if (values.slices) options.slices = Number(values.slices);
  if (values.matrix) options.matrix = Number(values.matrix);
  if (values.accession) options.accessionNumber = values.accession;
  if (values.priority) options.priority = values.priority;
  if (values.charset) options.specificCharacterSet = values.charset;
  if (values.syntax) options.transferSyntaxUid = values.syntax;
  if (values.name || values.id) {
    const id = values.id ?? `SIM-${values.seed}`;
    options.patient = { name: values.name ?? "Simulated^Patient", id, sex: "O", birthDate: "19610412" };
  }
  const study = makeStudy(kind, options);
  await mkdir(values.out, { recursive: true });
  let count = 0;
  for (const file of study.files()) {
    await writeFile(join(values.out, `${String(++count).padStart(4, "0")}.dcm`), file.part10);
  }
  const syntax = transferSyntaxes[options.transferSyntaxUid ?? TS.explicitLittleEndian]?.name;
  process.stdout.write(
    `${count} files in ${values.out}: ${study.description}, ${syntax}, study ${study.studyInstanceUid}\n`,
  );
  return 0;
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
