import type { DatabaseListener } from "#server/db/listener.ts";

/**
 * Whose rights ended or changed, by our own ids. `unknown`: anybody's, since the process received no notifications for
 * a while.
 */
export type Revocation = { token?: string; session?: string; edge?: string; user?: string } | "unknown";

/**
 * The channel on which triggers on the tables notify: whoever ends a session, token or account need not think of it.
 */
const channel = "overread_revoked";

/** Calls back as soon as rights end anywhere, so that what this process has cached of them can be dropped. */
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
