import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type pg from "pg";
import { createClient } from "redis";

/** Words that stand for something that may not leave the places meant for it. */
export type Canary = {
  what: string;
  /** As it is sent in. */
  text: string;
  /** Other ways in which the same is written, e.g. a date with dashes. */
  alias?: string[];
  /** Tables that are meant to hold it. */
  homes: string[];
};
/** Something to be searched: a log, a table, a file, an answer. */
export type Place = { place: string; text: string };
export type Hit = { place: string; what: string; as: string };

/** The canary and every word of it, in each writing in which a program could have passed it on. */
function needlesOf({ text, alias = [] }: Canary): { as: string; needle: string; anyCase: boolean }[] {
  const whole = [text, ...alias];
  const words = whole.flatMap((w) => w.split(/[^A-Za-z0-9]+/)).filter((word) => word.length >= 6);
  const needles = [...new Set([...whole, ...words])].flatMap((word) => [
    { as: "plain", needle: word.toLowerCase(), anyCase: true },
    { as: "url", needle: encodeURIComponent(word).toLowerCase(), anyCase: true },
    { as: "form", needle: new URLSearchParams({ "": word }).toString().slice(1).toLowerCase(), anyCase: true },
    ...[word, word.toUpperCase(), word.toLowerCase()].flatMap((cased) => [
      { as: "hex", needle: Buffer.from(cased).toString("hex"), anyCase: true },
      // What stands before it moves base64 by one or two of three bytes; the edges mix with what is beside.
      ...[0, 1, 2].flatMap((shift) => {
        const packed = Buffer.concat([Buffer.alloc(shift), Buffer.from(cased)]);
        const inner = (form: "base64" | "base64url") =>
          packed
            .toString(form)
            .replace(/=+$/, "")
            .slice(shift === 0 ? 0 : shift + 1, -1);
        return [
          { as: "base64", needle: inner("base64"), anyCase: false },
          { as: "base64", needle: inner("base64url"), anyCase: false },
        ];
      }),
    ]),
  ]);
  return [...new Map(needles.reverse().map((each) => [each.needle, each])).values()].reverse();
}

/** Every canary in every place, each once per writing. */
export function search(canaries: Canary[], places: Place[]): Hit[] {
  const wanted = canaries.map((canary) => ({ ...canary, needles: needlesOf(canary) }));
  return places.flatMap(({ place, text }) => {
    const lower = text.toLowerCase();
    return wanted.flatMap(({ what, homes, needles }) => {
      if (homes.includes(place)) return [];
      const found = needles.filter(({ needle, anyCase }) => (anyCase ? lower : text).includes(needle));
      return [...new Set(found.map(({ as }) => as))].map((as) => ({ place, what, as }));
    });
  });
}

/** A process whose whole output is kept. */
export class Watched {
  readonly child: ChildProcess;
  output = "";
  readonly name: string;

  /** @param env beside what this process has. */
  constructor(name: string, program: string, args: string[], env: Record<string, string> = {}) {
    this.name = name;
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString("latin1");
      });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    const impatient = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(impatient);
  }
}

/** Every table of the database, whole. */
export async function tables(owner: pg.Pool): Promise<Place[]> {
  const { rows } = await owner.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1",
  );
  const places: Place[] = [];
  for (const { name } of rows) {
    const held = await owner.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM "${name}" t`);
    places.push({ place: name, text: held.rows.map(({ row }) => row).join("\n") });
  }
  return places;
}

/** What Redis holds now: every key with its value, of whatever type. */
export async function redisHolds(url: string): Promise<Place> {
  const client = createClient({ url });
  await client.connect();
  try {
    const held: string[] = [];
    for (const key of await client.keys("*")) {
      const type = await client.type(key);
      const read: Record<string, () => Promise<unknown>> = {
        string: () => client.get(key),
        hash: () => client.hGetAll(key),
        list: () => client.lRange(key, 0, -1),
        set: () => client.sMembers(key),
        zset: () => client.zRangeWithScores(key, 0, -1),
        stream: () => client.xRange(key, "-", "+"),
      };
      if (!read[type]) throw new Error(`nobody looks into a Redis value of type ${type}`);
      held.push(`${key} ${JSON.stringify(await read[type]())}`);
    }
    return { place: "Redis, in the end", text: held.join("\n") };
  } finally {
    client.destroy();
  }
}

/** Names of everything below some folders, and what the files hold, except below the folders that are meant to hold it. */
export function files(folders: string[], homes: string[]): Place[] {
  const all = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
      whole: path.join(entry.parentPath, entry.name),
      isFile: entry.isFile(),
    })),
  );
  const read = all.filter(
    ({ whole, isFile }) => isFile && !homes.some((home) => whole.startsWith(`${home}${path.sep}`)),
  );
  return [
    { place: "names of files", text: all.map(({ whole }) => whole).join("\n") },
    ...read.map(({ whole }) => ({ place: `file ${path.basename(whole)}`, text: readFileSync(whole, "latin1") })),
  ];
}
