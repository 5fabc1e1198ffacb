import type { Mount } from "#server/http/protocol.ts";
import { toWeb, upgradeToWeb } from "./to-web.ts";

const KiB = 1024;

/** The pages, sign-in and tRPC: whatever is nobody else's is Next's, behind us. */
export const webProxy: Mount = () => ({
  name: "web",
  answers: "pages",
  match: () => true,
  limits: {
    methods: ["GET", "HEAD", "POST", "OPTIONS"],
    ownNameOnly: true,
    body: {
      kind: "whole",
      // Sign-in forms are small; a report with every section full is the largest that tRPC takes.
      limitBytes: (path) => (path.startsWith("/api/auth/") ? 16 * KiB : 2 * 1024 * KiB),
      timeoutMs: 20_000,
    },
  },
  handle: toWeb,
  upgrade: upgradeToWeb,
});
