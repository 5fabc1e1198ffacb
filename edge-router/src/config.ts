import { existsSync, readFileSync } from "node:fs";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import path from "node:path";
import { isAeTitle, trimAeTitle } from "@overread/shared/dicom/ae-title";
import { z } from "zod";

/** The file in the state folder that hospital IT may edit. Everything in it is optional. */
export const settingsFile = "edge.json";

const aeTitle = z
  .string()
  .transform(trimAeTitle)
  .refine(isAeTitle, "must be an AE title: 1 to 16 ASCII characters without backslash");
const address = z
  .string()
  .refine((text) => parseAddress(text) !== null, "must be an IP address or a range such as 10.1.0.0/16");

const Settings = z.strictObject({
  dimse: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.number().int().min(0).max(65535).optional(),
      aeTitle: aeTitle.optional(),
      /** Addresses and ranges that may connect at all; without it any address that reaches the port. */
      allowedAddresses: z.array(address).min(1).optional(),
    })
    .prefault({}),
  caps: z
    .strictObject({
      associations: z.number().int().min(1).max(5_000).default(600),
      objectBytes: z
        .number()
        .int()
        .min(1024)
        .default(8 * 1024 ** 3),
      idleSeconds: z.number().min(1).default(300),
      objectSeconds: z.number().min(1).default(3_600),
      associationSeconds: z.number().min(1).default(86_400),
      /** Kept free on the spool's disk; without it 5 % of the disk, at least 8 MiB, at most 1 GiB. */
      diskReserveBytes: z.number().int().min(0).nullable().default(null),
    })
    .prefault({}),
  upload: z
    .strictObject({
      requests: z.number().int().min(1).max(32).default(4),
      instancesPerRequest: z.number().int().min(1).max(200).default(20),
    })
    .prefault({}),
});

const Environment = z.object({
  OVERREAD_EDGE_DIR: z.string().min(1).default(".data/edge-router"),
  OVERREAD_EDGE_DIMSE_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  OVERREAD_EDGE_AET: aeTitle.optional(),
});

export type EdgeSettings = {
  stateDir: string;
  dimse: { host: string; port: number; aeTitle: string; allows: (address: string) => boolean };
  caps: z.output<typeof Settings>["caps"];
  upload: z.output<typeof Settings>["upload"];
};

/** Settings that cannot be used; the message lists every fault for the person who edited the file. */
export class SettingsError extends Error {
  constructor(faults: string[]) {
    super(faults.join("\n"));
    this.name = "SettingsError";
  }
}

/**
 * The state folder: `--dir`, else OVERREAD_EDGE_DIR, else `.data/edge-router`.
 */
export const stateDirOf = (dir: string | undefined): string =>
  path.resolve(dir ?? Environment.parse(process.env).OVERREAD_EDGE_DIR);

/**
 * Settings of this edge: defaults, then `edge.json` in the state folder, then the environment.
 *
 * The listener is on loopback unless told otherwise: no open DICOM port by accident.
 * @throws {SettingsError} with all faults; an unknown key names the nearest known one.
 */
export function loadSettings(stateDir: string): EdgeSettings {
  const environment = Environment.safeParse(process.env);
  const file = path.join(stateDir, settingsFile);
  const settings = Settings.safeParse(existsSync(file) ? readJson(file) : {});
  const faults = [
    ...(environment.error?.issues.map((issue) => `environment ${issue.path.join(".")}: ${issue.message}`) ?? []),
    ...(settings.error?.issues.flatMap((issue) => describe(issue)) ?? []),
  ];
  if (!environment.success || !settings.success) throw new SettingsError(faults);
  const { dimse, caps, upload } = settings.data;
  return {
    stateDir,
    dimse: {
      host: dimse.host ?? "127.0.0.1",
      port: environment.data.OVERREAD_EDGE_DIMSE_PORT ?? dimse.port ?? 11112,
      aeTitle: environment.data.OVERREAD_EDGE_AET ?? dimse.aeTitle ?? "OVERREAD",
      allows: allowList(dimse.allowedAddresses),
    },
    caps,
    upload,
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new SettingsError([
      `${settingsFile}: not readable as JSON (${error instanceof Error ? error.message : "?"})`,
    ]);
  }
}

function describe(issue: z.core.$ZodIssue): string[] {
  const where = issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return [`${settingsFile}: ${where || "file"}: ${issue.message}`];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const full = [...issue.path, key].join(".");
    return `${settingsFile}: unknown setting "${full}"; nearest known: "${[...issue.path, nearest(key, known)].join(".")}"`;
  });
}

function knownKeys(at: PropertyKey[]): string[] {
  const rooms: Record<string, string[]> = {};
  for (const [name, schema] of Object.entries(Settings.shape)) rooms[name] = Object.keys(schema.unwrap().shape);
  return at.length === 0 ? Object.keys(rooms) : (rooms[String(at[0])] ?? []);
}

/** The known key with the fewest edits from what was typed. */
export function nearest(typed: string, known: string[]): string {
  const cost = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++)
        next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      row = next;
    }
    return row[b.length]!;
  };
  const lower = typed.toLowerCase();
  return [...known].sort((a, b) => cost(lower, a.toLowerCase()) - cost(lower, b.toLowerCase()))[0] ?? "";
}

function parseAddress(text: string): { net: string; prefix: number; family: "ipv4" | "ipv6" } | null {
  const [net = "", prefix] = text.split("/");
  const family = isIPv4(net) ? "ipv4" : isIPv6(net) ? "ipv6" : null;
  const bits = family === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (!family || !Number.isInteger(length) || length < 0 || length > bits) return null;
  return { net, prefix: length, family };
}

function allowList(addresses: string[] | undefined): (address: string) => boolean {
  if (!addresses) return () => true;
  const list = new BlockList();
  for (const text of addresses) {
    const parsed = parseAddress(text);
    if (parsed) list.addSubnet(parsed.net, parsed.prefix, parsed.family);
  }
  return (remote) => {
    const plain = remote.replace(/^::ffff:/, "");
    return list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
  };
}
