import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import type { UserActor } from "#server/context.ts";
import type { Exchange } from "#server/http/protocol.ts";

/** The person who sends a document. @throws {DomainError} `auth.required`; `auth.forbidden` for a program */
export async function signedIn({ req }: Exchange): Promise<UserActor> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind !== "user") throw new DomainError("auth.forbidden");
  return actor;
}

export function answer({ res }: Exchange, body: unknown): void {
  const text = JSON.stringify(body);
  res.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  res.end(text);
}
