import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { useTestDatabase } from "../database.ts";
import { eventually, useTestRedis } from "../redis.ts";

/**
 * One body, one framing: what a stranger writes to the front door never becomes a request of anybody else's, and no answer goes
 * to anybody but who asked (RFC 9112 §11). Every request of the honest clients carries a nonce, and the server behind says which
 * nonce and cookie it saw.
 */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let web: Server;
/** Requests that reached the server behind, by target. */
const reached: { method: string; url: string; body: string }[] = [];
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-framing-"));

before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  web = createServer(async (req, res) => {
    const early = req.url?.startsWith("/early");
    if (early) {
      // Answers before it has read anything, as a route that refuses a request does.
      res.writeHead(413, { "content-type": "application/json" });
      res.end(JSON.stringify({ nonce: req.headers["x-nonce"], cookie: req.headers.cookie, url: req.url }));
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of req) chunks.push(chunk);
    } catch {
      // Whoever asked has gone in the middle of his body; nobody waits for an answer.
      return;
    }
    const body = Buffer.concat(chunks).toString("latin1");
    reached.push({ method: req.method ?? "", url: req.url ?? "", body });
    const answer = JSON.stringify({ nonce: req.headers["x-nonce"], cookie: req.headers.cookie, url: req.url, body });
    res.writeHead(200, { "content-type": "application/json" });
    res.end(req.method === "HEAD" ? undefined : answer);
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  process.env.OVERREAD_WEB_PORT = String((web.address() as AddressInfo).port);
  redis = await useTestRedis();
  db = await useTestDatabase();
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "fatal") });
});
after(async () => {
  await door.stop(1000);
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
  await db.drop();
  await redis.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A whole request that a stranger would like to slip in behind another's. */
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\nCookie: attacker=1\r\nX-Nonce: smuggled\r\n\r\n";
const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const head = (line: string, ...headers: string[]): string =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nX-Nonce: stranger\r\n${headers.map((each) => `${each}\r\n`).join("")}\r\n`;

/** What is sent, and how many answers may come back at most (pipelined requests get one each). */
const corpus: [name: string, bytes: string, answers: number][] = [
  ...["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"].flatMap((method): [string, string, number][] => [
    [`a chunked body with ${method}`, head(`${method} /icon.svg`, "Transfer-Encoding: chunked") + chunked(smuggled), 1],
    [
      `a body of a length with ${method}`,
      head(`${method} /icon.svg`, `Content-Length: ${smuggled.length}`) + smuggled,
      1,
    ],
  ]),
  [
    "two Content-Lengths",
    head("POST /api/trpc/x", "Content-Length: 0", `Content-Length: ${smuggled.length}`) + smuggled,
    1,
  ],
  [
    "two equal Content-Lengths",
    head("POST /api/trpc/x", `Content-Length: ${smuggled.length}`, `Content-Length: ${smuggled.length}`) + smuggled,
    1,
  ],
  ["a Content-Length list", head("POST /api/trpc/x", `Content-Length: 0, ${smuggled.length}`) + smuggled, 1],
  [
    "Content-Length with Transfer-Encoding",
    head("POST /api/trpc/x", "Content-Length: 4", "Transfer-Encoding: chunked") + chunked(smuggled),
    1,
  ],
  [
    "Transfer-Encoding, then Content-Length",
    head("POST /api/trpc/x", "Transfer-Encoding: chunked", "Content-Length: 4") + chunked(smuggled),
    1,
  ],
  ...[
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    "Transfer-Encoding:\r\n chunked",
    "X: y\r\n Transfer-Encoding: chunked",
    "transfer_encoding: chunked",
    "Transfer-Encoding: CHUNKED",
    "Content-Length: +5",
    "Content-Length: 0x5",
    "Content-Length: -1",
    "Content-Length: 5 5",
    "Content-Length: 99999999999999999999",
  ].map((line): [string, string, number] => [
    `odd framing ${JSON.stringify(line)}`,
    head("POST /api/trpc/x", line) + chunked(smuggled),
    // What has no readable framing has no body: the rest is the stranger's own next request, and a broken one.
    2,
  ]),
  [
    "chunk extensions",
    `${head("POST /api/trpc/x", "Transfer-Encoding: chunked")}5;a="\n";b\r\nhello\r\n0\r\n\r\n${smuggled}`,
    2,
  ],
  [
    "a chunk length with underscores",
    `${head("POST /api/trpc/x", "Transfer-Encoding: chunked")}0_5\r\nhello\r\n0\r\n\r\n${smuggled}`,
    1,
  ],
  [
    "a chunk that ends with a bare newline",
    `${head("POST /api/trpc/x", "Transfer-Encoding: chunked")}5\nhello\n0\n\n${smuggled}`,
    1,
  ],
  [
    "trailers that name a length",
    head("POST /api/trpc/x", "Transfer-Encoding: chunked", "Trailer: Content-Length") +
      `5\r\nhello\r\n0\r\nContent-Length: 40\r\nX-Nonce: smuggled\r\n\r\n${smuggled}`,
    2,
  ],
  ...[
    "content-length",
    "host",
    "cookie",
    "transfer-encoding",
    "x-forwarded-for",
    "x-nonce",
    "close, content-length",
  ].map((name): [string, string, number] => [
    `Connection names ${name}`,
    head("POST /api/trpc/x", `Content-Length: ${smuggled.length}`, `Connection: ${name}, keep-alive`) + smuggled,
    1,
  ]),
  ["pipelined requests", head("GET /a") + head("GET /b") + head("GET /c"), 3],
  [
    "a body answered early",
    head("POST /early", `Content-Length: ${smuggled.length}`) + smuggled + head("GET /after-early"),
    2,
  ],
  ["a body larger than is taken", head("POST /api/trpc/x", "Content-Length: 3000000") + "x".repeat(3_000_000), 1],
  [
    "a chunked body larger than is taken",
    `${head("POST /api/trpc/x", "Transfer-Encoding: chunked")}${(3e6).toString(16)}\r\n${"x".repeat(3e6)}\r\n0\r\n\r\n`,
    1,
  ],
  ["a form larger than a sign-in", head("POST /api/auth/_log", "Content-Length: 40000") + "x".repeat(40_000), 1],
  ["half a body", head("POST /api/trpc/x", "Content-Length: 500") + smuggled, 0],
  ["half a chunk", `${head("POST /api/trpc/x", "Transfer-Encoding: chunked")}ff\r\n${smuggled}`, 0],
  ["an upgrade with a request behind it", head("GET /x", "Connection: Upgrade", "Upgrade: websocket") + smuggled, 1],
  // Not spoken here, so it is a request like any other, and what stands behind it is the next.
  ["an upgrade to h2c", head("GET /x", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c") + smuggled, 2],
  ["an absolute target", head("GET http://evil.example/x") + smuggled, 1],
  ...["/x/../api/auth/csrf", "/%2e%2E/x", "/x/.", "/x/.%2e", "/x\\..\\y", "/./x?y"].map(
    (target): [string, string, number] => [`the winding path ${target}`, head(`GET ${target}`) + smuggled, 1],
  ),
  ["CONNECT", head("CONNECT evil.example:443") + smuggled, 1],
  ["two hosts", `GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\nX-Nonce: stranger\r\n\r\n${smuggled}`, 1],
  [
    "HTTP/1.0 with a chunked body",
    `POST /api/trpc/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(smuggled)}`,
    1,
  ],
  [
    "a bare line feed before the body",
    `POST /api/trpc/x HTTP/1.1\nHost: localhost\nContent-Length: 5\n\nhello${smuggled}`,
    2,
  ],
  ["a NUL in a header", `GET /x HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n${smuggled}`, 1],
];

/**
 * Sends bytes as they are and collects what comes back until the connection ends or has been quiet.
 *
 * @param answered there will be an answer: the quiet counts from its first byte.
 */
function send(bytes: string, { quietMs = 400, answered = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(door.port, "127.0.0.1");
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    // Sent in two pieces: a framing that depends on where packets end would show.
    socket.write(bytes.slice(0, bytes.length >> 1), "latin1");
    setImmediate(() => socket.write(bytes.slice(bytes.length >> 1), "latin1"));
    socket.setTimeout(quietMs, () => {
      if (text !== "" || !answered) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
}

const answerTo = (bytes: string): Promise<string> => send(bytes, { answered: true });

const agent = new Agent({ keepAlive: true, maxSockets: 20 });
/** A client that means no harm: it must be answered with its own nonce and its own cookie. */
function honest(method: "GET" | "POST", target = "/worklist"): Promise<void> {
  const nonce = randomUUID();
  const body = method === "POST" ? `body of ${nonce}` : undefined;
  return new Promise((resolve, reject) => {
    const req = request(
      {
        agent,
        host: "127.0.0.1",
        port: door.port,
        method,
        path: `${target}?${nonce}`,
        headers: { "x-nonce": nonce, cookie: `session=${nonce}`, ...(body ? { "content-length": body.length } : {}) },
      },
      async (res) => {
        try {
          let text = "";
          for await (const chunk of res) text += chunk;
          const seen = JSON.parse(text);
          assert.equal(seen.nonce, nonce, "another's answer");
          assert.equal(seen.cookie, `session=${nonce}`, "another's cookie");
          assert.equal(seen.url, `${target}?${nonce}`);
          if (body && res.statusCode === 200) assert.equal(seen.body, body);
          resolve();
        } catch (error) {
          reject(error);
        }
      },
    );
    req.on("error", reject);
    req.end(body);
  });
}

const counted = (text: string): number => text.split(/HTTP\/1\.[01] \d{3} /).length - 1;

for (const [name, bytes, most] of corpus)
  test(`${name}: the stranger gets an answer of his own, and the next client too`, async () => {
    reached.length = 0;
    const text = await send(bytes);
    assert.ok(counted(text) <= most, `${counted(text)} answers:\n${text.slice(0, 600)}`);
    assert.doesNotMatch(text, /"nonce":"(?!stranger|smuggled)/, "somebody else's answer");
    // A request that only a second reading of the bytes could find was never made, unless it was plainly the next one.
    if (most < 2)
      assert.deepEqual(
        reached.filter(({ url }) => url === "/smuggled"),
        [],
      );
    await Promise.all([honest("GET"), honest("POST", "/api/trpc/y"), honest("GET")]);
  });

test("a path that leads to another one reaches nobody, and dots that are none of that do", async () => {
  reached.length = 0;
  assert.match(await answerTo(head("GET /x/%2e%2e/api/auth/csrf")), /^HTTP\/1\.1 400 /);
  assert.deepEqual(reached, []);
  for (const target of ["/a..b/.well-known/c.", "/x?to=/../y", "/...", "/a%2eb"])
    assert.match(await answerTo(head(`GET ${target}`)), /^HTTP\/1\.1 200 /, target);
});

test("a client that offers another protocol is answered in this one, whoever is asked", async () => {
  const offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
  assert.match(await answerTo(head("GET /api/health/live", ...offer)), /^HTTP\/1\.1 200 /);
  assert.match(await answerTo(head("GET /dicomweb/lakeside/studies", ...offer)), /^HTTP\/1\.1 401 /);
  assert.match(await answerTo(head("GET /worklist", ...offer)), /^HTTP\/1\.1 200 /);
});

test("2,000 requests of 20 clients under this fire each get their own answer", async () => {
  let firing = true;
  let shots = 0;
  const gunner = async (start: number): Promise<void> => {
    for (let i = start; firing; i++) {
      const [, bytes] = corpus[i % corpus.length] as (typeof corpus)[number];
      // Half bodies would only wait; large ones only cost time.
      if (bytes.length > 100_000) continue;
      const text = await send(bytes, { quietMs: 60 });
      assert.doesNotMatch(text, /"nonce":"(?!stranger|smuggled)/, "somebody else's answer");
      shots++;
    }
  };
  const guns = Promise.all(Array.from({ length: 6 }, (_, i) => gunner(i * 7)));
  guns.catch(() => {});
  const client = async (): Promise<void> => {
    for (let i = 0; i < 100; i++)
      await (i % 4 === 0 ? honest("POST", "/api/trpc/z") : i % 9 === 0 ? honest("POST", "/early") : honest("GET"));
  };
  await Promise.all(Array.from({ length: 20 }, client));
  firing = false;
  await guns;
  assert.ok(shots > corpus.length, `${shots} shots`);
});

test("a body that is refused as too large harms nobody's next request", async () => {
  const large = `${head("POST /api/trpc/x", "Transfer-Encoding: chunked")}${(3e6).toString(16)}\r\n${"x".repeat(3e6)}\r\n`;
  for (let i = 0; i < 10; i++) {
    assert.match(await answerTo(large), /^HTTP\/1\.1 413 /);
    await honest("GET");
    await honest("POST", "/api/trpc/x");
  }
});

test("280 slow bodies of a stranger hold up nobody", async () => {
  const slow = Array.from({ length: 280 }, () => {
    const socket = connect(door.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(head("POST /api/trpc/x", "Content-Length: 100"));
    const drip = setInterval(() => socket.write("x"), 200);
    socket.on("close", () => clearInterval(drip));
    return socket;
  });
  try {
    await eventually(
      () => slow.filter((socket) => socket.destroyed || socket.readableEnded).length > 200,
      "most of them being refused",
    );
    for (let i = 0; i < 20; i++) await honest("GET");
    assert.equal(reached.filter(({ body }) => /^x+$/.test(body)).length, 0, "none of them reached the pages");
  } finally {
    for (const socket of slow) socket.destroy();
  }
  // Their places are free again.
  await eventually(
    () =>
      honest("POST", "/api/trpc/x").then(
        () => true,
        () => false,
      ),
    "a form from the same address",
  );
});

test("sign-in takes small forms only, whatever their length says", async () => {
  const form = "x".repeat(40_000);
  assert.match(
    await answerTo(head("POST /api/auth/callback/credentials", `Content-Length: ${form.length}`) + form),
    / 413 /,
  );
  const hidden = `${head("POST /api/auth/callback/credentials", "Transfer-Encoding: chunked")}${chunked(form)}`;
  assert.match(await answerTo(hidden), / 413 /);
});
