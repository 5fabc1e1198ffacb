import type { MarkedKeyImage, StudyForViewing } from "./types.ts";
import type { Viewport } from "./viewports/viewport.ts";

/** What a viewport shows now, as a key image of the report; null while it shows nothing. */
export function keyImageOf(viewport: Viewport, study: StudyForViewing): MarkedKeyImage | null {
  const frame = viewport.frame();
  if (!frame) return null;
  const { voi } = viewport.view.get();
  const thumbnailDataUrl = viewport.snapshot(256);
  return {
    studyInstanceUid: study.studyInstanceUid,
    seriesInstanceUid: frame.seriesInstanceUid,
    sopInstanceUid: frame.sopInstanceUid,
    sopClassUid: frame.sopClassUid,
    frameNumber: frame.frameNumber,
    caption: "",
    // A lookup table has no centre and width; the archive renders the image with the table anyway.
    ...(voi && !voi.lut ? { windowCenter: told(voi.center), windowWidth: told(voi.width) } : {}),
    ...(thumbnailDataUrl ? { thumbnailDataUrl } : {}),
  };
}

/** Short enough to read, and precise enough for maps of fractions. */
function told(value: number): number {
  return Math.abs(value) >= 10 ? Math.round(value * 10) / 10 : Number(value.toPrecision(4));
}
