import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { commandField, field } from "../command.ts";
import { lastResponse, Requestor, ScuError, type ScuPeer } from "../requestor.ts";
import { verificationSopClass } from "../services/verification.ts";

/** Asks a peer whether it is there. @returns the DIMSE status. @throws {ScuError} @see DICOM PS3.7 §9.1.5 */
export async function echo(peer: ScuPeer): Promise<number> {
  const transferSyntaxes = [TS.implicitLittleEndian];
  const requestor = await Requestor.open(peer, [{ id: 1, abstractSyntax: verificationSopClass, transferSyntaxes }]);
  if (!requestor.accepted.has(1)) {
    requestor.abort();
    throw new ScuError("context-rejected");
  }
  const { status } = await lastResponse(
    requestor.request(1, [
      [field.affectedSopClassUid, "UI", verificationSopClass],
      [field.commandField, "US", commandField.cEcho],
    ]),
  );
  await requestor.release();
  return status;
}
