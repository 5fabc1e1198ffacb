import { unpackLimit } from "@overread/shared/dicom/limits";
import { toExplicitLittleEndian } from "@overread/shared/dicom/reencode";
import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { part10Head } from "@overread/shared/dicom/write";
import { DomainError } from "@overread/shared/errors";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import { frameIndexOfInstance } from "./read-frames.ts";
import { openObject, readSound } from "./whole-object.ts";

/** Larger instances are sent as stored or not at all: rewriting one takes it into memory completely. */
const largest = 512 << 20;

/** Whether an instance stored in another native transfer syntax can be sent as Explicit VR Little Endian. */
export function hasExplicitForm({ transferSyntaxUid, sizeBytes, frameIndex }: InstanceLocation): boolean {
  const syntax = transferSyntaxes[transferSyntaxUid];
  const { inflated, pixel } = frameIndexOfInstance({ frameIndex });
  // Not inflated when it is known to exceed the limit.
  if (inflated && pixel?.kind === "native" && pixel.offset + pixel.length > unpackLimit) return false;
  return syntax !== undefined &&
    !syntax.encapsulated &&
    !syntax.opaquePixels &&
    (syntax.implicit || syntax.bigEndian || syntax.deflated)
    ? sizeBytes <= largest
    : false;
}

/**
 * An instance of a native transfer syntax as a Part 10 file in Explicit VR Little Endian.
 *
 * @throws {DomainError} `storage.corrupt` when the object is missing or damaged; `dicom.unsupported-transfer-syntax`
 * when it cannot be rewritten; it can still be retrieved as stored.
 */
export async function explicitForm(instance: InstanceLocation): Promise<Buffer[]> {
  const [bytes] = await readWhole(instance);
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = instance;
  const head = part10Head({ sopClassUid, sopInstanceUid, transferSyntaxUid: TS.explicitLittleEndian });
  const syntax = transferSyntaxes[transferSyntaxUid];
  if (!syntax) throw new DomainError("dicom.unsupported-transfer-syntax");
  try {
    return [head, ...toExplicitLittleEndian(bytes.subarray(instance.dataSetOffset), syntax)];
  } catch (cause) {
    if (!(cause instanceof DomainError)) throw cause;
    throw new DomainError("dicom.unsupported-transfer-syntax", { cause });
  }
}

/** The stored file of an instance, in one piece. @throws {DomainError} `storage.corrupt` */
export async function readWhole(instance: InstanceLocation): Promise<[Buffer]> {
  const object = await openObject(instance);
  const bytes = Buffer.allocUnsafe(instance.sizeBytes);
  try {
    await readSound(object, instance, bytes);
  } finally {
    await object.close();
  }
  return [bytes];
}
