import type { DatabaseListener } from "#server/db/listener.ts";

/** Whose rights ended or changed, by our own ids. `unknown`: nobody knows whose, since the process heard nothing for a while. */
export type Revocation = { token?: string; session?: string; edge?: string; user?: string } | "unknown";

/** Where the database says it, by triggers on the tables: whoever ends a session, token or account need not think of it. */
const channel = "overread_revoked";

/** Calls back as soon as rights end anywhere, so that what this process remembers of them can be forgotten. */
export function onRevocation(listener: DatabaseListener, forget: (revocation: Revocation) => void): void {
  listener.on(
    channel,
    (payload) => {
      try {
        forget(JSON.parse(payload) as Revocation);
      } catch {
        forget("unknown");
      }
    },
    () => forget("unknown"),
  );
}
