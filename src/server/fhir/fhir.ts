import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";

/**
 * Answers under `/fhir/R4`: the path is reserved, and an OperationOutcome says that nothing is offered yet.
 *
 * @see https://hl7.org/fhir/R4/operationoutcome.html
 */
export async function fhir(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind === "token" && !actor.scopes.includes("fhir:read")) throw new DomainError("auth.forbidden");
  res.writeHead(501, { "content-type": "application/fhir+json; charset=utf-8" });
  res.end(
    JSON.stringify({
      resourceType: "OperationOutcome",
      issue: [{ severity: "error", code: "not-supported", diagnostics: "FHIR is not offered yet." }],
    }),
  );
}
