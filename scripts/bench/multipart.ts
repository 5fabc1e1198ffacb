import { loadavg } from "node:os";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import Dicer from "dicer";
import { readMultipart } from "#server/http/multipart.ts";
import { say } from "../lib/say.mjs";
import { median } from "./ground.ts";

const boundary = "a-boundary-of-a-sender";

/**
 * Our reader of multipart bodies beside Dicer (busboy's): processor time for a STOW body of 40 parts of 512 KiB in chunks of 64 KiB,
 * in turn, and what each makes of bodies that senders really write.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { rounds: { type: "string", default: "9" } } });
  const body = bodyOf(Array.from({ length: 40 }, (_, part) => Buffer.alloc(512 << 10, part + 1)));
  const chunks = chunksOf(body, 64 << 10);
  const ways = [
    { name: "ours", run: () => ours(chunks) },
    { name: "dicer", run: () => dicer(chunks) },
  ];
  const spent = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = -2; round < Number(values.rounds); round++)
    for (const { name, run } of ways) {
      const before = process.cpuUsage();
      const sizes = await run();
      const { user, system } = process.cpuUsage(before);
      if (sizes.length !== 40 || sizes.some((size) => size !== 512 << 10)) throw new Error(`${name} lost bytes`);
      if (round >= 0) spent.get(name)!.push(user + system);
    }
  const own = median(spent.get("ours")!);
  say(`a body of ${body.length >> 20} MiB, ms of processor time:`);
  for (const { name } of ways) {
    const each = median(spent.get(name)!);
    say(`  ${name.padEnd(8)} ${(each / 1000).toFixed(1).padStart(6)}   ${(each / own).toFixed(1)}× ours`);
  }
  const odd: [string, Buffer[]][] = [
    [
      "lines that end in LF alone",
      [Buffer.from(`--${boundary}\nContent-Type: application/dicom\n\nabc\n--${boundary}--\n`)],
    ],
    ["cut off in the last part", [bodyOf([Buffer.from("abc")]).subarray(0, -30)]],
    ["cut off before the closing boundary", [bodyOf([Buffer.from("abc")]).subarray(0, -(boundary.length + 8))]],
    [
      "white space behind a boundary",
      [Buffer.from(`--${boundary} \r\nContent-Type: application/dicom\r\n\r\nabc\r\n--${boundary}--`)],
    ],
  ];
  for (const [what, pieces] of odd)
    say(`${what}: ours ${await said(ours(pieces))}, dicer ${await said(dicer(pieces))}`);
  say(`Load of the machine: ${loadavg()[0]?.toFixed(1)}.`);
}

function bodyOf(parts: Buffer[]): Buffer {
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const end = Buffer.from("\r\n");
  return Buffer.concat([...parts.flatMap((part) => [head, part, end]), Buffer.from(`--${boundary}--\r\n`)]);
}

const chunksOf = (body: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / size) }, (_, at) => body.subarray(at * size, (at + 1) * size));

const said = (run: Promise<number[]>): Promise<string> =>
  run.then(
    (sizes) => `takes ${sizes.length} part(s) of ${sizes.join(", ")} bytes`,
    () => "refuses",
  );

async function ours(chunks: Buffer[]): Promise<number[]> {
  const sizes: number[] = [];
  for await (const { body } of readMultipart(Readable.from(chunks), boundary)) {
    let size = 0;
    for await (const chunk of body) size += chunk.length;
    sizes.push(size);
  }
  return sizes;
}

function dicer(chunks: Buffer[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const sizes: number[] = [];
    const parser = new Dicer({ boundary });
    parser.on("part", (part: Readable) => {
      const at = sizes.push(0) - 1;
      part.on("data", (chunk: Buffer) => {
        sizes[at] = (sizes[at] ?? 0) + chunk.length;
      });
      part.on("error", reject);
    });
    parser.on("finish", () => resolve(sizes));
    parser.on("error", reject);
    // Dicer says nothing at all of some bodies that end too early.
    const patience = setTimeout(() => reject(new Error("no answer")), 2000);
    parser.on("close", () => clearTimeout(patience));
    Readable.from(chunks).pipe(parser);
  });
}
