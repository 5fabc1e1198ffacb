"use client";

import { useState } from "react";
import type { Outputs } from "../../_trpc/types.ts";
import { plural } from "../../_ui/format.ts";

type Images = NonNullable<Outputs["techCheck"]["open"]["images"]>;
type Series = Images["series"][number];

/** A small picture of each series with how many images it has: enough to see that the right ones came. */
export function CheckImages({ studyInstanceUid, images }: { studyInstanceUid: string; images: Images }) {
  if (images.series.length === 0) return <p className="text-quiet">Nothing has arrived yet.</p>;
  return (
    <ul aria-label="Series" className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2">
      {images.series.map((series) => (
        <li key={series.seriesInstanceUid} className="flex flex-col overflow-hidden rounded-md border border-line">
          <Thumbnail
            base={`${images.dicomwebRoot}/studies/${studyInstanceUid}/series/${series.seriesInstanceUid}`}
            series={series}
          />
          <span className="flex flex-col px-2 py-1 text-xs">
            <span className="truncate">{series.seriesDescription || "No description"}</span>
            <span className="tabular text-quiet">
              {series.seriesNumber === null ? "" : `${series.seriesNumber} · `}
              {series.modality} · {plural(series.numberOfInstances, series.modality === "DOC" ? "document" : "image")}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Thumbnail({ base, series }: { base: string; series: Series }) {
  const [isGone, setGone] = useState(false);
  if (isGone || !series.thumbnailSopInstanceUid)
    return (
      <span className="grid h-28 place-items-center bg-black text-white/80" aria-hidden="true">
        {series.modality}
      </span>
    );
  return (
    // biome-ignore lint/performance/noImgElement: the archive makes thumbnails; Next's optimiser must not see pixels.
    <img
      src={`${base}/instances/${series.thumbnailSopInstanceUid}/rendered?viewport=192,192`}
      alt=""
      loading="lazy"
      decoding="async"
      className="h-28 w-full bg-black object-contain"
      onError={() => setGone(true)}
    />
  );
}
