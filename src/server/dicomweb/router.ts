import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Answers a request under `/dicomweb/{org}`.
 *
 * @returns false when the path is not ours, and nothing was written.
 */
export async function dicomwebHandler(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
  if (path !== "/dicomweb" && !path.startsWith("/dicomweb/")) return false;
  res.writeHead(503, { "content-type": "application/json", "retry-after": "5" });
  res.end(JSON.stringify({ error: { code: "storage.unavailable", message: "The archive is starting." } }));
  return true;
}
