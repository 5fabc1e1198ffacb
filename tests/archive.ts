import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import type pg from "pg";
import { closePicturePool, stopPreparing } from "#server/archive/index.ts";
import { createApiToken } from "#server/auth/api-token.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { useTestDatabase } from "./database.ts";
import { answerDicomweb } from "./support/dicomweb-alone.ts";

/**
 * The archive of one test file: its database, its object store, the demo organisations, and DICOMweb on a free port.
 */
export type TestArchive = {
  owner: pg.Pool;
  storage: string;
  /** Origin, without a path. */
  url: string;
  /** Bearer token of an organisation with both DICOMweb scopes. */
  tokens: Record<"lakeside" | "harbor" | "nightshift", string>;
  /** @param init `org`: the organisation of the root (lakeside), `token` or `cookie`: the caller. */
  request(
    path: string,
    init?: RequestInit & { org?: string; token?: string | null; cookie?: string },
  ): Promise<Response>;
  stow(files: (Uint8Array | { type: string; body: Uint8Array })[], options?: StowOptions): Promise<StowAnswer>;
  close(): Promise<void>;
};
type StowOptions = {
  org?: string;
  token?: string;
  cookie?: string;
  study?: string;
  headers?: Record<string, string>;
};
type StowAnswer = {
  status: number;
  body: DicomJson;
  failed: DicomJson[];
  stored: DicomJson[];
  headers: Headers;
};

export async function useTestArchive({ reserveBytes = 0 }: { reserveBytes?: number } = {}): Promise<TestArchive> {
  const storage = mkdtempSync(path.join(tmpdir(), "overread-archive-"));
  process.env.OVERREAD_DATA_DIR = storage;
  process.env.OVERREAD_STORAGE = `file:${storage}/objects`;
  process.env.OVERREAD_STORAGE_RESERVE_BYTES = String(reserveBytes);
  const db = await useTestDatabase();
  await seedDemo({ password: randomBytes(12).toString("hex") });
  const server: Server = createServer(answerDicomweb());
  // A busy machine may be silent for seconds between two requests of one connection.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scopes = ["dicomweb:read", "dicomweb:write"] as const;
  const token = async (org: string): Promise<string> => (await createApiToken(org, scopes, "test")).token;
  const tokens = {
    lakeside: await token("lakeside"),
    harbor: await token("harbor"),
    nightshift: await token("nightshift"),
  };

  const request: TestArchive["request"] = (at, { org = "lakeside", token, cookie, headers, ...init } = {}) =>
    fetch(`${url}/dicomweb/${org}${at}`, {
      ...init,
      headers: {
        ...(cookie ? { cookie } : token === null ? {} : { authorization: `Bearer ${token ?? tokens.lakeside}` }),
        ...(headers as Record<string, string> | undefined),
      },
    });
  return {
    owner: db.owner,
    storage,
    url,
    tokens,
    request,
    async stow(files, { org = "lakeside", study, headers, ...who } = {}) {
      const boundary = "part-of-a-test";
      const parts = files.flatMap((file) => {
        const { type, body } = file instanceof Uint8Array ? { type: "application/dicom", body: file } : file;
        return [Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`), body, Buffer.from("\r\n")];
      });
      const response = await request(`/studies${study ? `/${study}` : ""}`, {
        method: "POST",
        org,
        ...(who.cookie ? {} : { token: tokens[org as keyof typeof tokens] }),
        ...who,
        headers: {
          "content-type": `multipart/related; type="application/dicom"; boundary=${boundary}`,
          accept: "application/dicom+json",
          ...headers,
        },
        body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
      });
      const body = (await response.json()) as DicomJson;
      const items = (tag: string): DicomJson[] => (body[tag]?.Value ?? []) as DicomJson[];
      return {
        status: response.status,
        body,
        // Failures without UIDs are in a sequence of their own; in the order of the parts they are easier to compare.
        failed: [...items("00081198"), ...items("0008119A")].sort((a, b) => partOf(a) - partOf(b)),
        stored: items("00081199"),
        headers: response.headers,
      };
    },
    async close() {
      stopPreparing();
      await closePicturePool();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await db.drop();
      rmSync(storage, { recursive: true, force: true });
    },
  };
}

const partOf = (item: DicomJson): number =>
  Number(/^part (\d+)/.exec(String(item["00000902"]?.Value?.[0] ?? ""))?.[1] ?? 0);

/** The parts of a multipart answer, by the boundary in its header. */
export async function partsOf(response: Response): Promise<{ headers: string; body: Buffer }[]> {
  const boundary = /boundary="?([^";]+)/.exec(response.headers.get("content-type") ?? "")?.[1];
  if (!boundary) throw new Error(`not multipart: ${response.headers.get("content-type")}`);
  const all = Buffer.from(await response.arrayBuffer());
  const mark = Buffer.from(`--${boundary}`);
  const parts: { headers: string; body: Buffer }[] = [];
  for (let at = all.indexOf(mark); at >= 0; ) {
    const next = all.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = all.subarray(at + mark.length + 2, next - 2);
    const blank = part.indexOf("\r\n\r\n");
    parts.push({ headers: part.toString("latin1", 0, blank), body: part.subarray(blank + 4) });
    at = next;
  }
  return parts;
}

/** The bytes after group 0002 of a Part 10 file. */
export function dataSetOf(part10: Buffer): Buffer {
  // A file without preamble begins with group 0002, or with the data set.
  let at = part10.toString("latin1", 128, 132) === "DICM" ? 132 : 0;
  while (at + 8 <= part10.length && part10.readUInt16LE(at) === 0x0002) {
    const vr = part10.toString("latin1", at + 4, at + 6);
    const long = ["OB", "OW", "UN", "UT", "SQ"].includes(vr);
    at += long ? 12 + part10.readUInt32LE(at + 8) : 8 + part10.readUInt16LE(at + 6);
  }
  return part10.subarray(at);
}
