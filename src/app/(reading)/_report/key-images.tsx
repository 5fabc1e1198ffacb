"use client";

import { Trash2 } from "lucide-react";
import type { Report } from "../../_trpc/types.ts";
import { IconButton } from "../../_ui/button.tsx";

type KeyImage = Report["keyImages"][number];

/** URL of a frame rendered by the archive, in the window it had when it was marked (PS3.18 §8.3.5.1). */
function renderedPath(dicomwebRoot: string, studyInstanceUid: string, image: KeyImage, size = 256): string {
  const frame = `${dicomwebRoot}/studies/${studyInstanceUid}/series/${image.seriesInstanceUid}/instances/${image.sopInstanceUid}/frames/${image.frameNumber}/rendered`;
  const window =
    image.windowCenter !== undefined && image.windowWidth !== undefined
      ? `&window=${image.windowCenter},${image.windowWidth},linear`
      : "";
  return `${frame}?viewport=${size},${size}${window}`;
}

export function keyOf(image: KeyImage): string {
  return `${image.sopInstanceUid}/${image.frameNumber}`;
}

/** The report's key images: image, caption, and a button to remove each. */
export function KeyImages({
  images,
  dicomwebRoot,
  studyOf,
  readOnly,
  onCaption,
  onRemove,
  onShow,
  onBlur,
}: {
  images: KeyImage[];
  dicomwebRoot: string;
  /** The UID of the study that an image is of. */
  studyOf: (image: KeyImage) => string;
  readOnly: boolean;
  onCaption: (image: KeyImage, caption: string) => void;
  onRemove: (image: KeyImage) => void;
  onShow: (image: KeyImage) => void;
  onBlur: () => void;
}) {
  if (images.length === 0)
    return readOnly ? null : (
      <p className="text-xs text-quiet">No key images. Mark one in the viewer and it appears here.</p>
    );
  return (
    <ul aria-label="Key images" className="flex flex-col gap-2">
      {images.map((image, index) => (
        <li key={keyOf(image)} className="flex gap-2.5">
          <button
            type="button"
            onClick={() => onShow(image)}
            title="Show this image in the viewer"
            className="size-16 shrink-0 overflow-hidden rounded bg-black"
          >
            {/* biome-ignore lint/performance/noImgElement: an image of the archive, sized there; Next must not touch pixels */}
            <img
              src={renderedPath(dicomwebRoot, studyOf(image), image)}
              alt={image.caption || `No. ${index + 1}, without caption`}
              className="size-full object-contain"
              loading="lazy"
            />
          </button>
          <div className="flex min-w-0 flex-1 items-start gap-1">
            {readOnly ? (
              <p className="text-[0.8125rem]">{image.caption || `Key image ${index + 1}`}</p>
            ) : (
              <>
                <textarea
                  aria-label={`Caption of key image ${index + 1}`}
                  value={image.caption}
                  maxLength={300}
                  rows={2}
                  placeholder="Caption"
                  onChange={(event) => onCaption(image, event.target.value)}
                  onBlur={onBlur}
                  className="min-h-14 w-full resize-none rounded-md border border-line bg-ground px-2 py-1 text-[0.8125rem]"
                />
                <IconButton label={`Remove key image ${index + 1}`} onClick={() => onRemove(image)}>
                  <Trash2 className="size-4" />
                </IconButton>
              </>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
