import type { Mount } from "#server/http/protocol.ts";
import { toWeb, upgradeToWeb } from "./to-web.ts";

const KiB = 1024;

/** Pages, sign-in and tRPC: everything no other protocol takes is proxied to Next. */
export const webProxy: Mount = () => ({
  name: "web",
  answers: "pages",
  match: () => true,
  limits: {
    methods: ["GET", "HEAD", "POST", "OPTIONS"],
    ownNameOnly: true,
    body: {
      kind: "whole",
      // Sign-in forms are small; the largest tRPC request is a report with every section full.
      limitBytes: (path) => (path.startsWith("/api/auth/") ? 16 * KiB : 2 * 1024 * KiB),
      timeoutMs: 20_000,
    },
  },
  handle: toWeb,
  upgrade: upgradeToWeb,
});
