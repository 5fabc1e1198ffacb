import { Protocol } from "@overread/shared/hanging/protocol";
import { removeHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";

/** `protocolId` and the `version` that was edited; without them a new one. */
export const SaveProtocol = z.strictObject({
  protocolId: z.uuid().optional(),
  version: z.int().min(1).optional(),
  /** For every reader of the group. */
  isShared: z.boolean(),
  protocol: Protocol.extend({ name: z.string().overwrite(removeHiddenCharacters).trim().min(1).max(60) }),
});
export type SaveProtocol = z.output<typeof SaveProtocol>;

/** Of the caller's protocols those whose order is given, the first first. */
export const OrderProtocols = z.strictObject({ protocolIds: z.array(z.uuid()).min(1).max(100) });
export type OrderProtocols = z.output<typeof OrderProtocols>;

/** A reader's profile as it was exported. */
export const ImportProfile = z.strictObject({ file: z.string().min(1).max(2_000_000) });
export type ImportProfile = z.output<typeof ImportProfile>;

/** A DICOM file (PS3.10) with a Hanging Protocol object, in base64. */
export const ImportDicomProtocol = z.strictObject({ file: z.base64().min(1).max(2_000_000) });
export type ImportDicomProtocol = z.output<typeof ImportDicomProtocol>;

export const OfProtocol = z.strictObject({ protocolId: z.uuid() });
export type OfProtocol = z.output<typeof OfProtocol>;
