import { clientAddress } from "#server/http/client-address.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { receiveBody, refuseAndClose } from "#server/http/request-guard.ts";

/** Of one document. Bytes. */
const largestDocument = 20 * 1024 * 1024;
/** Enough for it on the line of a small hospital. */
const timeoutMs = 180_000;

/** The whole body; null where it is answered already, or its sender is gone. Asked for once its sender is known to be allowed to send it. */
export async function receiveDocument({ req, res }: Exchange): Promise<Buffer | null> {
  if (req.destroyed) return null;
  const received = await receiveBody(req, { address: clientAddress(req), limitBytes: largestDocument, timeoutMs });
  if (received && "body" in received) return received.body;
  if (received) refuseAndClose(res, received.status, received.text);
  return null;
}
