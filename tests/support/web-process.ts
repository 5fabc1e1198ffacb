import { createServer } from "node:http";
import { config } from "#server/config.ts";
import { handleTrpcRequest, trpcEndpoint } from "#server/trpc/handle-request.ts";
import { answerNextAuth } from "../next-auth-server.ts";

/**
 * What Next answers behind the front door, without its pages: tRPC and sign-in, as a process of its own whose output can be
 * watched. `node tests/support/web-process.ts`, with the portal's settings in the environment.
 */
process.env.AUTH_TRUST_HOST = "1";
const server = createServer(async (req, res) => {
  const path = req.url ?? "/";
  if (path.startsWith("/api/auth/")) return void answerNextAuth(req, res);
  if (!path.startsWith(`${trpcEndpoint}/`)) return void res.writeHead(404).end();
  const chunks: Uint8Array[] = [];
  for await (const chunk of req) chunks.push(chunk as Uint8Array);
  const answer = await handleTrpcRequest(
    new Request(`http://${req.headers.host}${path}`, {
      method: req.method ?? "GET",
      headers: Object.entries(req.headers).map(([name, value]) => [name, String(value)] as [string, string]),
      ...(chunks.length ? { body: Buffer.concat(chunks) } : {}),
    }),
  );
  res.writeHead(answer.status, Object.fromEntries(answer.headers));
  res.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(config().http.webPort, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
