import { readInstance } from "@overread/shared/dicom/part10";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import { objectStore } from "#server/storage/open-store.ts";

/**
 * A permanent fault of an image. It must not delay the report, which may have been signed in knowledge of it; the
 * report says which picture is missing.
 */
const ofTheImage: ErrorCode[] = [
  "dicom.cannot-render",
  "dicom.malformed",
  "dicom.not-part10",
  "dicom.truncated",
  "frame.not-found",
  "request.too-large",
  "storage.corrupt",
];
export const isOfTheImage = (error: unknown): error is DomainError =>
  error instanceof DomainError && ofTheImage.includes(error.code);

/** The character set that the first readable one of these was written in, terms separated by backslash; undefined where none can be read. */
export async function characterSetIn(images: readonly InstanceLocation[]): Promise<string | undefined> {
  for (const image of images)
    try {
      const object = await objectStore().open(image.objectKey);
      try {
        const { sizeBytes } = await object.identify();
        return (await readInstance({ handle: object, sizeBytes })).characterSets.join("\\");
      } finally {
        await object.close();
      }
    } catch (error) {
      // Damaged meanwhile: any other image will do.
      if (!isOfTheImage(error)) throw error;
    }
  return undefined;
}
