import { createHmac } from "node:crypto";
import { type DbRole, roleUrl } from "./db/roles.ts";

/**
 * What each long-running process gets: the logins of its own database roles and the keys of its own purposes, instead
 * of the owner's login and the master secret. Reading one process's environment gives no more than that process may do.
 */
const processes = {
  /** Pages and tRPC. */
  web: {
    roles: ["overread_app", "overread_auth"],
    keys: [
      "next-auth",
      "sign-in",
      "second-factor",
      "unsaved-words",
      "audit-reads",
      "notices",
      "push",
      "reader-profile",
    ],
  },
  /** The front door: DICOMweb, edge control, metrics, the clean-up at its start. */
  dicomweb: {
    roles: ["overread_app", "overread_auth", "overread_maintenance"],
    keys: ["next-auth", "sign-in", "audit-reads"],
  },
  /** Jobs, relay and schedules. */
  worker: {
    roles: ["overread_app", "overread_auth", "overread_maintenance"],
    keys: ["audit-reads", "notices", "push"],
  },
} as const satisfies Record<string, { roles: readonly DbRole[]; keys: readonly string[] }>;

export type ProcessName = keyof typeof processes;
/**
 * Purposes of keys: `next-auth` encrypts session cookies, `sign-in` hashes what people typed into the address field,
 * `second-factor` encrypts the secrets of authenticator apps, `unsaved-words` derives each account's key for unsaved
 * text in browsers, `audit-reads` seals reads that wait for the audit chain,
 * `notices` encrypts the secrets of webhooks and of browsers, `push` is how push services know the portal,
 * `reader-profile` signs what readers take with them.
 */
export type KeyPurpose = (typeof processes)[ProcessName]["keys"][number];

/** The key for one purpose. The master secret itself signs and encrypts nothing. */
export function deriveKey(secret: string, purpose: KeyPurpose): string {
  return createHmac("sha256", secret).update(purpose).digest("base64url");
}

export const roleVariable = {
  overread_app: "OVERREAD_APP_DATABASE_URL",
  overread_auth: "OVERREAD_AUTH_DATABASE_URL",
  overread_maintenance: "OVERREAD_MAINTENANCE_DATABASE_URL",
} as const satisfies Record<DbRole, string>;

/**
 * The environment variables that replace `DATABASE_URL` and `OVERREAD_SECRET` in one process (`src/server/config.ts`
 * reads them).
 */
export function environmentOf(
  name: ProcessName,
  { ownerUrl, secret }: { ownerUrl: string; secret: string },
): Record<string, string> {
  const { roles, keys } = processes[name];
  return {
    ...Object.fromEntries(roles.map((role) => [roleVariable[role], roleUrl(ownerUrl, secret, role)])),
    OVERREAD_KEYS: JSON.stringify(Object.fromEntries(keys.map((purpose) => [purpose, deriveKey(secret, purpose)]))),
  };
}
