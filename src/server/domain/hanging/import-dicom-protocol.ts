import { readDataSet } from "@overread/shared/dicom/part10";
import { headOf } from "@overread/shared/dicom/part10-head";
import { DomainError } from "@overread/shared/errors";
import { protocolFromDicom, type ReadProtocol } from "@overread/shared/hanging/from-dicom";
import type { Ctx, UserActor } from "#server/context.ts";
import { regionsOf } from "../reading/index.ts";
import type { ImportDicomProtocol } from "./inputs.ts";
import { SaveProtocol } from "./inputs.ts";
import { hangingPolicy } from "./policy.ts";
import { saveProtocol } from "./save-protocol.ts";

/**
 * Keeps the Hanging Protocol object of a DICOM file as a protocol of the caller's own, as far as it can be said here.
 *
 * @returns its name, and what of it is not kept, in sentences.
 * @throws {DomainError} `hanging.unreadable-file`, `hanging.too-many`, `auth.forbidden`
 */
export async function importDicomProtocol(
  ctx: Ctx<UserActor>,
  { file }: ImportDicomProtocol,
): Promise<{ name: string; notKept: string[] }> {
  hangingPolicy.authorize(ctx.actor, "protocol.use", null);
  const { protocol, notKept } = await readProtocol(Buffer.from(file, "base64"));
  if (!protocol) throw new DomainError("hanging.unreadable-file");
  await saveProtocol(ctx, SaveProtocol.parse({ isShared: false, protocol }));
  return { name: protocol.name, notKept };
}

async function readProtocol(file: Buffer): Promise<ReadProtocol> {
  try {
    const { transferSyntaxUid, dataSetOffset } = headOf(file);
    const { dataset } = await readDataSet(file, transferSyntaxUid, dataSetOffset);
    return protocolFromDicom(dataset, (words) => regionsOf([...words], ""));
  } catch (error) {
    if (error instanceof DomainError) throw new DomainError("hanging.unreadable-file", { cause: error });
    throw error;
  }
}
