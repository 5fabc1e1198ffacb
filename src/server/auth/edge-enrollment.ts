import { createPublicKey } from "node:crypto";
import type { EnrollRequest, EnrollResponse } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import { prisma } from "#server/db/clients.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { enrollmentCodeSha256, redeemEnrollmentCode } from "#server/domain/edge/index.ts";
import { systemActor } from "#server/system-actor.ts";

function assertEd25519(pem: string): void {
  let type: string | undefined;
  try {
    type = createPublicKey({ key: pem, format: "pem", type: "spki" }).asymmetricKeyType;
  } catch {
    // falls through to the refusal
  }
  // createPublicKey also accepts private keys; one that was sent by mistake must not be stored.
  if (type !== "ed25519" || pem.includes("PRIVATE"))
    throw new DomainError("request.invalid", { details: { fields: "publicKey" } });
}

/**
 * Enrols an edge router: stores its public key in exchange for a one-time code. Of two with the same code one succeeds.
 *
 * @throws {DomainError} `edge.code-invalid` (unknown, used, expired: the same error for all), `request.invalid`
 */
export async function enrollEdge(input: EnrollRequest): Promise<EnrollResponse> {
  assertEd25519(input.publicKey);
  const codeSha256 = enrollmentCodeSha256(input.code);
  const enrolled = await prisma("overread_auth").$transaction(async (tx) => {
    const { name, publicKey, softwareVersion } = input;
    const router = await redeemEnrollmentCode(tx, codeSha256, { name, publicKey, softwareVersion });
    if (!router) return null;
    const { edgeId, facilityId, orgId, orgSlug, facilitySlug, config } = router;
    const details = { edgeId, facilityId };
    await appendAs(tx, systemActor(orgId, "edge-enrollment"), { action: "edge.enroll", details });
    return { edgeId, orgSlug, facilitySlug, config };
  });
  if (enrolled) return enrolled;
  await recordSpentCode(codeSha256);
  throw new DomainError("edge.code-invalid");
}

/** A code that was valid once and is used again may be stolen: this is audited for its organisation. */
async function recordSpentCode(codeSha256: string): Promise<void> {
  await prisma("overread_auth").$transaction(async (tx) => {
    const code = await tx.enrollmentCode.findUnique({ where: { codeSha256 }, select: { id: true, orgId: true } });
    if (!code) return;
    await appendAs(tx, systemActor(code.orgId, "edge-enrollment"), {
      action: "edge.enroll",
      outcome: "refused",
      details: { enrollmentCodeId: code.id },
    });
  });
}
