import type { WorklistItem } from "../../_trpc/types.ts";
import { incompleteInWords } from "../../_ui/in-words.ts";

/** A three-line row shows the number of images only when there is a problem with them. */
export const imageProblem = ({ images, lateImages, quarantined }: WorklistItem): boolean =>
  images.refused > 0 || images.damaged > 0 || lateImages !== null || quarantined > 0;

/**
 * Images received of expected, and below any problem with them; in a narrow column as a number, with the text as
 * tooltip and accessible name. A row must not hide behind "…" that images are missing.
 */
export function CaseImages({ item }: { item: WorklistItem }) {
  const { received, expected, refused, damaged } = item.images;
  const { arriving } = item;
  const troubles = [
    { sign: "−", count: refused, word: "refused" },
    { sign: "−", count: damaged, word: "damaged" },
    { sign: "+", count: item.lateImages?.count ?? 0, word: "late" },
    { sign: "+", count: item.quarantined, word: "set aside" },
  ].filter(({ count }) => count > 0);
  return (
    <span
      title={imagesInWords(item)}
      className="@min-[54rem]:flex @min-[54rem]:flex-col @min-[54rem]:leading-[0.875rem]"
    >
      <span>{expected && (arriving || expected !== received) ? `${received}/${expected}` : received}</span>
      {troubles.length > 0 ? (
        <span className="truncate font-medium text-urgent @max-[54rem]:ml-1.5 @min-[54rem]:text-xs @min-[54rem]:leading-[0.875rem]">
          {troubles.map(({ sign, count, word }, index) => (
            <span key={word}>
              {index > 0 ? " " : ""}
              {sign}
              {count}
              <span className={troubles.length > 1 ? "@min-[54rem]:sr-only" : "@min-[54rem]:@max-[84rem]:sr-only"}>
                {" "}
                {word}
              </span>
            </span>
          ))}
        </span>
      ) : null}
    </span>
  );
}

function imagesInWords({ incomplete, lateImages, quarantined, images: { received, expected } }: WorklistItem): string {
  const lines = [
    ...(incomplete.length > 0 ? [incompleteInWords(incomplete)] : []),
    ...(lateImages ? [`${lateImages.count} came late`] : []),
    ...(quarantined > 0 ? [`${quarantined} set aside: the same identifier came twice with different content`] : []),
  ];
  return lines.length > 0 ? lines.join("\n") : `${received} received${expected ? ` of ${expected} announced` : ""}`;
}
