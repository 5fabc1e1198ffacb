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

export const OfProtocol = z.strictObject({ protocolId: z.uuid() });
export type OfProtocol = z.output<typeof OfProtocol>;
