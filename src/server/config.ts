import { isAeTitle } from "@overread/shared/dicom/ae-title";
import { z } from "zod";
import { type DbRole, roleUrl } from "./db/roles.ts";
import { deriveKey, type KeyPurpose, roleVariable } from "./process-keys.ts";
import { type StorageAddress, storageAddress } from "./storage-address.ts";

/**
 * The settings of web, dicomweb, worker and the operator commands: parsed once, frozen, all faults reported together.
 * `npm start` sets them for the embedded stack (scripts/start.mjs); a deployment sets them itself.
 */
const Environment = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  OVERREAD_PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  /** Address the front door listens on. Loopback unless a deployment says otherwise. */
  OVERREAD_HOST: z.string().default("127.0.0.1"),
  /** The portal's public URL. */
  OVERREAD_PUBLIC_URL: z.url().optional(),
  /** `1`: the deployment's own proxy stands before the front door, and its x-forwarded-* headers are trusted. */
  OVERREAD_BEHIND_PROXY: z.enum(["0", "1"]).default("0"),
  /**
   * `1`: other machines may reach the front door by plain http, which can be read on the way; for a trusted network.
   */
  OVERREAD_ALLOW_PLAIN_HTTP: z.enum(["0", "1"]).default("0"),
  /** Where the front door finds Next. */
  OVERREAD_WEB_PORT: z.coerce.number().int().min(1).max(65535).default(3100),
  OVERREAD_DATA_DIR: z.string().default(".data"),
  /** Login of the tables' owner: for migrations, role set-up and backup only. No long-running process needs it. */
  DATABASE_URL: z.string().startsWith("postgres").optional(),
  /** Logins of the roles; derived from `DATABASE_URL` and `OVERREAD_SECRET` where these are given. */
  OVERREAD_APP_DATABASE_URL: z.string().startsWith("postgres").optional(),
  OVERREAD_AUTH_DATABASE_URL: z.string().startsWith("postgres").optional(),
  OVERREAD_MAINTENANCE_DATABASE_URL: z.string().startsWith("postgres").optional(),
  REDIS_URL: z.string().startsWith("redis").default("redis://127.0.0.1:6379"),
  /** Where objects are stored (`storage-address.ts`). Credentials of a bucket are the usual AWS ones. */
  OVERREAD_STORAGE: z.string().optional(),
  AWS_REGION: z.string().min(1).optional(),
  /** A further folder for anchors of the audit chains, best on another machine. */
  OVERREAD_AUDIT_ANCHOR_DIR: z.string().min(1).optional(),
  /** The key that signs the anchors; by default in the data directory. */
  OVERREAD_AUDIT_KEY_FILE: z.string().min(1).optional(),
  /** Master secret: all other keys are derived from it. */
  OVERREAD_SECRET: z.string().min(16).optional(),
  /** Keys by purpose as JSON, for a process without the master secret. */
  OVERREAD_KEYS: z.string().optional(),
  /** Folder of a backup (`backup create`) from which the daily scrub restores damaged objects. */
  OVERREAD_BACKUP_DIR: z.string().min(1).optional(),
  /** Free bytes below which the archive refuses to store. */
  OVERREAD_STORAGE_RESERVE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(256 * 1024 * 1024),
  /** DICOMweb read units per second and caller, over all front doors (`http/rate-limit.ts`). 0: no limit. */
  OVERREAD_DICOMWEB_UNITS_PER_SECOND: z.coerce.number().int().min(0).default(2000),
  /** Where notices are handed over as mails, e.g. `smtps://user:password@mail.example.org`. Without it none are sent. */
  OVERREAD_SMTP_URL: z
    .url()
    .refine((url) => /^smtps?:/.test(url), "no address of an SMTP server")
    .optional(),
  /** The sender of mails. */
  OVERREAD_MAIL_FROM: z.string().min(3).max(254).default("Overread <no-reply@localhost>"),
  /** `1`: webhooks may go to this machine and to closed networks, also by plain http. */
  OVERREAD_LOCAL_WEBHOOKS: z.enum(["0", "1"]).default("0"),
  OVERREAD_DEMO_PASSWORD: z.string().min(8, "a demo password has at least 8 characters").optional(),
  OVERREAD_EDGE_AET: z.string().refine(isAeTitle, "no AE title").optional(),
  OVERREAD_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
});

export type Config = ReturnType<typeof load>;

const addressOf = (e: z.infer<typeof Environment>): StorageAddress =>
  storageAddress(e.OVERREAD_STORAGE ?? `file:${e.OVERREAD_DATA_DIR}/objects`, e.AWS_REGION);

function load(env: NodeJS.ProcessEnv) {
  const parsed = Environment.refine((e) => e.DATABASE_URL ?? e.OVERREAD_APP_DATABASE_URL, {
    path: ["DATABASE_URL"],
    error: "is missing, and so is OVERREAD_APP_DATABASE_URL",
  })
    .refine((e) => e.OVERREAD_SECRET ?? e.OVERREAD_KEYS, {
      path: ["OVERREAD_SECRET"],
      error: "is missing, and so is OVERREAD_KEYS",
    })
    .superRefine((e, ctx) => {
      try {
        addressOf(e);
      } catch (error) {
        ctx.addIssue({ code: "custom", path: ["OVERREAD_STORAGE"], message: (error as Error).message });
      }
    })
    .safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n");
    throw new Error(`These settings are missing or wrong:\n${faults}`);
  }
  const e = parsed.data;
  const keys: Record<string, string> = e.OVERREAD_KEYS ? JSON.parse(e.OVERREAD_KEYS) : {};
  const missing = (what: string, remedy: string): never => {
    throw new Error(`${what} is not given to this process. ${remedy}`);
  };
  const publicUrl = e.OVERREAD_PUBLIC_URL ?? `http://localhost:${e.OVERREAD_PORT}`;
  return Object.freeze({
    nodeEnv: e.NODE_ENV,
    http: {
      host: e.OVERREAD_HOST,
      port: e.OVERREAD_PORT,
      webPort: e.OVERREAD_WEB_PORT,
      publicUrl,
      behindProxy: e.OVERREAD_BEHIND_PROXY === "1",
      /** Other machines reach the front door, and nothing states that the connection is encrypted. */
      readableOnTheWay:
        !/^(localhost|127\.[\d.]+|::1)$/.test(e.OVERREAD_HOST) &&
        !(publicUrl.startsWith("https:") && e.OVERREAD_BEHIND_PROXY === "1"),
      plainAllowed: e.OVERREAD_ALLOW_PLAIN_HTTP === "1",
    },
    dataDir: e.OVERREAD_DATA_DIR,
    database: {
      /** Throws where this process has not been given it. */
      ownerUrl: (): string => e.DATABASE_URL ?? missing("The owner's database login", "Set DATABASE_URL."),
      roleUrl: (role: DbRole): string =>
        e[roleVariable[role]] ??
        (e.DATABASE_URL && e.OVERREAD_SECRET
          ? roleUrl(e.DATABASE_URL, e.OVERREAD_SECRET, role)
          : missing(`The login of ${role}`, `Set ${roleVariable[role]}, or DATABASE_URL and OVERREAD_SECRET.`)),
    },
    redis: { url: e.REDIS_URL },
    storage: {
      address: addressOf(e),
      reserveBytes: e.OVERREAD_STORAGE_RESERVE_BYTES,
      backupDir: e.OVERREAD_BACKUP_DIR,
    },
    audit: { anchorDir: e.OVERREAD_AUDIT_ANCHOR_DIR, keyFile: e.OVERREAD_AUDIT_KEY_FILE },
    dicomweb: { unitsPerSecond: e.OVERREAD_DICOMWEB_UNITS_PER_SECOND },
    /** For setting up the database roles; long-running processes have keys instead. */
    masterSecret: (): string => e.OVERREAD_SECRET ?? missing("The master secret", "Set OVERREAD_SECRET."),
    key: (purpose: KeyPurpose): string =>
      keys[purpose] ??
      (e.OVERREAD_SECRET
        ? deriveKey(e.OVERREAD_SECRET, purpose)
        : missing(`The key "${purpose}"`, "Set OVERREAD_KEYS or OVERREAD_SECRET.")),
    session: { idleMs: 15 * 60_000, absoluteMs: 12 * 3_600_000, secureCookies: publicUrl.startsWith("https:") },
    notices: {
      smtpUrl: e.OVERREAD_SMTP_URL,
      mailFrom: e.OVERREAD_MAIL_FROM,
      localWebhooks: e.OVERREAD_LOCAL_WEBHOOKS === "1",
    },
    demo: { demoPassword: e.OVERREAD_DEMO_PASSWORD, edgeAet: e.OVERREAD_EDGE_AET },
    log: { level: e.OVERREAD_LOG_LEVEL },
  });
}

let cached: Config | undefined;
/** The settings of this process. Throws once, with every fault listed. */
export function config(): Config {
  cached ??= load(process.env);
  return cached;
}

/** An environment variable named in a command's arguments: how passwords reach a command. */
export function namedVariable(name: string): string | undefined {
  return process.env[name];
}
