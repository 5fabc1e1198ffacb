import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { config } from "#server/config.ts";
import { commonHeaders } from "#server/http/headers.ts";

/** Static files of the pages, whose names are made of their content: they are packed once, as small as it goes, and sent from memory. */
type Packed = { type: string; cacheControl: string; by: { br: Buffer; gzip: Buffer } };

const packed = new Map<string, Packed>();
const asked = new Set<string>();
let bytes = 0;
/** All files of a portal are a few MB. */
const mostBytes = 32 << 20;
const largestFile = 16 << 20;
/** Smaller ones gain nothing. */
const smallestFile = 2 << 10;
let working: Promise<void> = Promise.resolve();

const brotliAsync = promisify(brotliCompress);
const gzipAsync = promisify(gzip);

/** Answers a request for a file that is packed, in a form that the browser takes. @returns whether it did. */
export function sendPacked(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.method !== "GET" && req.method !== "HEAD") return false;
  const file = packed.get(req.url ?? "");
  const form = file && (["br", "gzip"] as const).find((each) => takes(req, each));
  if (!file || !form) return false;
  const body = file.by[form];
  res.writeHead(200, {
    ...commonHeaders(),
    "content-type": file.type,
    "cache-control": file.cacheControl,
    "content-encoding": form,
    "content-length": body.length,
    vary: "Accept-Encoding",
  });
  res.end(req.method === "HEAD" ? undefined : body);
  return true;
}

const takes = ({ headers }: IncomingMessage, form: string): boolean =>
  new RegExp(`\\b${form}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:\\s*(?:,|$)))`).test(String(headers["accept-encoding"] ?? ""));

/** Packs a file behind everything else, once: what was answered is one of Next's, and says itself that it never changes. */
export function packSoon(path: string, headers: IncomingMessage["headers"]): void {
  const cacheControl = headers["cache-control"] ?? "";
  const type = headers["content-type"] ?? "";
  const isText = /^(text\/|application\/(javascript|json|wasm)|image\/svg)/.test(type);
  if (!path.startsWith("/_next/static/") || !/\bimmutable\b/.test(cacheControl) || !isText || asked.has(path)) return;
  // Names of strangers' invention are no files, and never get here; the names of a portal are some hundred.
  if (asked.size > 2000) return;
  asked.add(path);
  working = working
    .then(async () => {
      const body = await plain(path);
      if (!body || body.length < smallestFile || bytes + body.length > mostBytes) return;
      const [br, gz] = await Promise.all([
        brotliAsync(body, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
        }),
        gzipAsync(body, { level: 9 }),
      ]);
      bytes += br.length + gz.length;
      packed.set(path, { type, cacheControl, by: { br, gzip: gz } });
    })
    // It is sent as Next packs it.
    .catch(() => {});
}

/** The file as it is, from Next. */
function plain(path: string): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    request(
      { host: "127.0.0.1", port: config().http.webPort, path, headers: { "accept-encoding": "identity" } },
      (answer) => {
        const pieces: Buffer[] = [];
        let length = 0;
        if (answer.statusCode !== 200 || answer.headers["content-encoding"]) {
          answer.resume();
          resolve(null);
          return;
        }
        answer.on("data", (piece: Buffer) => {
          length += piece.length;
          if (length > largestFile) answer.destroy(new Error("too large"));
          else pieces.push(piece);
        });
        answer.once("end", () => resolve(Buffer.concat(pieces)));
        answer.once("error", reject);
      },
    )
      .once("error", reject)
      .end();
  });
}
