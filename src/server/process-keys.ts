import { createHmac } from "node:crypto";
import { type DbRole, roleUrl } from "./db/roles.ts";

/**
 * What each long-running process is given: the logins of its own database roles and the keys of its own purposes, instead of the
 * owner's login and the master secret. Whoever reads the environment of one process gets no more than that process may do.
 */
const processes = {
  /** Pages and tRPC. */
  web: {
    roles: ["overread_app", "overread_auth"],
    keys: ["next-auth", "sign-in", "second-factor", "unsaved-words", "audit-reads"],
  },
  /** The front door: DICOMweb, edge control, metrics, the sweep at its start. */
  dicomweb: {
    roles: ["overread_app", "overread_auth", "overread_maintenance"],
    keys: ["next-auth", "sign-in", "audit-reads"],
  },
  /** Jobs, relay and schedules. */
  worker: { roles: ["overread_app", "overread_auth", "overread_maintenance"], keys: ["audit-reads"] },
} as const satisfies Record<string, { roles: readonly DbRole[]; keys: readonly string[] }>;

export type ProcessName = keyof typeof processes;
/** A purpose of a key: `next-auth` encrypts session cookies, `sign-in` hides what people typed into the address field, `second-factor` encrypts the secrets of authenticator apps, `unsaved-words` makes the key of each account's unsaved words in its browsers, `audit-reads` seals what waits for its place on the audit trail. */
export type KeyPurpose = (typeof processes)[ProcessName]["keys"][number];

/** The key of one purpose. The master secret itself signs and encrypts nothing. */
export function deriveKey(secret: string, purpose: KeyPurpose): string {
  return createHmac("sha256", secret).update(purpose).digest("base64url");
}

export const roleVariable = {
  overread_app: "OVERREAD_APP_DATABASE_URL",
  overread_auth: "OVERREAD_AUTH_DATABASE_URL",
  overread_maintenance: "OVERREAD_MAINTENANCE_DATABASE_URL",
} as const satisfies Record<DbRole, string>;

/** The environment variables that stand in for `DATABASE_URL` and `OVERREAD_SECRET` in one process (`src/server/config.ts` reads them). */
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
