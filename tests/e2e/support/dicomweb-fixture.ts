import { readdirSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type DicomJson, mapBulkData, numberOf, stringOf } from "@overread/shared/dicom/dicom-json";
import { type InstanceHeader, readBytes, readInstance } from "@overread/shared/dicom/part10";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";

type Stored = { file: string; header: InstanceHeader };

/** What is told of an instance in place of what it tells itself. */
type Asked = { retell?: (header: InstanceHeader, file: string) => InstanceHeader };

export type FixtureBehaviour = {
  status: number | null;
  delayMs: number;
  /** The rendition of a frame, for whoever names its transfer syntax; null: there is none. `hold`: the rest comes later. */
  rendition:
    | ((
        header: InstanceHeader,
        frame: Buffer,
      ) => Promise<{ stream: Uint8Array; hold?: { from: number; until: Promise<void> } } | null>)
    | null;
};

export type LabStudy = {
  orgSlug: string;
  studyInstanceUid: string;
  dicomwebRoot: string;
  label: string;
  studyDate: string | null;
  description: string | null;
  series: {
    seriesInstanceUid: string;
    modality: string;
    seriesNumber: number | null;
    seriesDescription: string | null;
    numberOfInstances: number;
  }[];
};

/**
 * A small archive of files on disk for working on the viewer without the rest of the product: metadata, frames
 * and bulk data of WADO-RS under `/dicomweb/lab`, everything else passed on to the pages' server.
 *
 * It keeps no rule of ours (no access check, no range, no rendering); what tests prove about access they prove
 * against the real one.
 *
 * @param files Part 10 files; those that cannot be read are left out.
 * @param pages port of the pages' server on loopback.
 * @param asked.retell lets files of many studies be told as one; the UIDs of the answer are those of the addresses.
 */
export async function startDicomwebFixture(files: readonly string[], pages: number, port = 0, asked: Asked = {}) {
  const stored = new Map<string, Stored>();
  for (const file of files) {
    const read = await readInstance({ path: file }).catch(() => null);
    const header = read && (asked.retell?.(read, file) ?? read);
    if (header) stored.set(header.sopInstanceUid, { file, header });
  }
  /** What the next requests under /dicomweb get instead of an answer. */
  const behaviour: FixtureBehaviour = { status: null, delayMs: 0, rendition: null };

  const server = http.createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fixture");
    if (url.pathname === "/lab-studies.json") return json(response, studiesOf(stored), "application/json");
    if (!url.pathname.startsWith("/dicomweb/lab/")) return passOn(request, response, pages);
    if (behaviour.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, behaviour.delayMs));
    if (behaviour.status !== null) {
      response.writeHead(behaviour.status, { "content-type": "application/json" });
      response.end("{}");
      return;
    }
    const [, study, series, rest = ""] =
      /^\/dicomweb\/lab\/studies\/([\d.]+)\/series\/([\d.]+)\/(.*)$/.exec(url.pathname) ?? [];
    const instances = [...stored.values()].filter(
      ({ header }) => header.studyInstanceUid === study && header.seriesInstanceUid === series,
    );
    if (rest === "metadata" && instances.length > 0)
      return json(
        response,
        instances.map(({ header }) => metadata(header)),
        "application/dicom+json",
      );
    const [, sop = "", what = "", detail = ""] = /^instances\/([\d.]+)\/(frames|bulkdata)\/(.*)$/.exec(rest) ?? [];
    const instance = stored.get(sop);
    const bytes =
      instance && (what === "frames" ? await frame(instance, Number(detail)) : await bulk(instance, detail));
    if (!instance || !bytes) {
      response.writeHead(404);
      response.end();
      return;
    }
    const boundary = "fixture-boundary";
    const asksForRendition = what === "frames" && request.headers.accept?.includes(TS.htj2kLosslessRpcl);
    const rendition = asksForRendition ? await behaviour.rendition?.(instance.header, bytes) : null;
    if (rendition) {
      const { stream, hold } = rendition;
      const head = Buffer.from(
        `--${boundary}\r\nContent-Type: image/jphc; transfer-syntax=${TS.htj2kLosslessRpcl}\r\n\r\n`,
      );
      const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
      response.writeHead(200, {
        "content-type": `multipart/related; type="image/jphc"; boundary=${boundary}`,
        "content-length": head.length + stream.length + tail.length,
      });
      response.write(head);
      response.write(stream.subarray(0, hold?.from ?? stream.length));
      if (hold) {
        await hold.until;
        response.write(stream.subarray(hold.from));
      }
      response.end(tail);
      return;
    }
    const head = `--${boundary}\r\nContent-Type: application/octet-stream; transfer-syntax=${instance.header.transferSyntaxUid}\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    response.writeHead(200, {
      "content-type": `multipart/related; type="application/octet-stream"; boundary=${boundary}`,
      "content-length": body.length,
    });
    response.end(body);
  }

  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    studies: studiesOf(stored),
    behaviour,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function metadata(header: InstanceHeader): DicomJson {
  const base = `/dicomweb/lab/studies/${header.studyInstanceUid}/series/${header.seriesInstanceUid}/instances/${header.sopInstanceUid}`;
  return {
    ...mapBulkData(header.dataset, (place, range) => `${base}/bulkdata/${place}?at=${range.offset}+${range.length}`),
    "00083002": { vr: "UI", Value: [header.transferSyntaxUid] },
  };
}

async function frame({ file, header }: Stored, number: number): Promise<Buffer | null> {
  const { pixel } = header;
  if (!pixel || number < 1) return null;
  if (pixel.kind === "native")
    return readBytes({ path: file }, header, [pixel.offset + (number - 1) * pixel.frameLength, pixel.frameLength]);
  const fragments = pixel.frames[number - 1];
  if (!fragments) return null;
  return Buffer.concat(await Promise.all(fragments.map((extent) => readBytes({ path: file }, header, extent))));
}

async function bulk({ file, header }: Stored, place: string): Promise<Buffer | null> {
  // `00283010/1/00283006` is in the first item of a sequence.
  const steps = place.split("/");
  let dataset: DicomJson = header.dataset;
  for (let i = 0; i + 2 < steps.length; i += 2)
    dataset = (dataset[steps[i] ?? ""]?.Value?.[Number(steps[i + 1]) - 1] ?? {}) as DicomJson;
  const element = dataset[steps.at(-1) ?? ""];
  const match = /^bytes:(\d+)\+(\d+)$/.exec(element?.BulkDataURI ?? "");
  return match ? readBytes({ path: file }, header, [Number(match[1]), Number(match[2])]) : null;
}

function studiesOf(stored: Map<string, Stored>): LabStudy[] {
  const studies = new Map<string, LabStudy>();
  for (const { header } of stored.values()) {
    const data = header.dataset;
    const study = studies.get(header.studyInstanceUid) ?? {
      orgSlug: "lab",
      studyInstanceUid: header.studyInstanceUid,
      dicomwebRoot: "/dicomweb/lab",
      label: "Study",
      studyDate: stringOf(data, "StudyDate") ?? null,
      description: stringOf(data, "StudyDescription") ?? null,
      series: [],
    };
    studies.set(header.studyInstanceUid, study);
    const series = study.series.find((s) => s.seriesInstanceUid === header.seriesInstanceUid);
    if (series) series.numberOfInstances++;
    else
      study.series.push({
        seriesInstanceUid: header.seriesInstanceUid,
        modality: stringOf(data, "Modality") ?? "OT",
        seriesNumber: numberOf(data, "SeriesNumber") ?? null,
        seriesDescription: stringOf(data, "SeriesDescription") ?? null,
        numberOfInstances: 1,
      });
  }
  return [...studies.values()].sort((a, b) => (b.studyDate ?? "").localeCompare(a.studyDate ?? ""));
}

function json(response: http.ServerResponse, body: unknown, type: string): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function passOn(request: http.IncomingMessage, response: http.ServerResponse, port: number): void {
  const onward = http.request(
    { host: "127.0.0.1", port, path: request.url, method: request.method, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on("error", () => response.writeHead(502).end());
  request.pipe(onward);
}
