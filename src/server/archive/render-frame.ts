import { DomainError } from "@overread/shared/errors";
import { withTenant } from "#server/db/with-tenant.ts";
import type { Actor } from "#server/domain/context.ts";
import { locateInstances } from "#server/domain/imaging/index.ts";
import { drawFrame } from "./picture/render.ts";

/**
 * A picture of one frame, for documents: the actor is the product itself, working on a study it was given.
 *
 * @param frameNumber from 1. @param window as a reader set it; otherwise the image's own.
 * @param maxPixels longest side of the picture.
 * @throws {DomainError} `instance.not-found`, `frame.not-found`, `dicom.cannot-render`
 */
export async function renderFrame(
  actor: Actor,
  {
    studyId,
    sopInstanceUid,
    frameNumber,
    window,
    maxPixels = 1024,
  }: {
    studyId: string;
    sopInstanceUid: string;
    frameNumber: number;
    window?: { center: number; width: number } | undefined;
    maxPixels?: number;
  },
): Promise<{ bytes: Buffer; type: "image/jpeg" }> {
  const [location] = await withTenant(actor, (ctx) => locateInstances(ctx, { studyId, sopInstanceUid }));
  if (!location) throw new DomainError("instance.not-found");
  const bytes = await drawFrame(actor, location, frameNumber, {
    type: "image/jpeg",
    quality: 92,
    window: window ? { ...window, shape: "LINEAR" } : null,
    box: { width: maxPixels, height: maxPixels },
  });
  return { bytes, type: "image/jpeg" };
}
