import type { WorklistItem } from "../../_trpc/types.ts";

/** In a row of three lines there is room for the number of images only when something is to be said of it. */
export const wrongWithImages = ({ images, lateImages, quarantined }: WorklistItem): boolean =>
  images.refused > 0 || images.damaged > 0 || lateImages !== null || quarantined > 0;

/** Arrived of expected, and what is wrong with them; in a narrow column by number, the words on hover and for who listens. */
export function CaseImages({ item }: { item: WorklistItem }) {
  const { received, expected, refused, damaged } = item.images;
  const arriving = item.state === "arriving";
  return (
    <span
      title={
        item.incomplete
          ? `${item.incomplete}: somebody has to choose to read what is there`
          : item.quarantined > 0
            ? `${item.quarantined} set aside: the same identifier came twice with different content`
            : `${received} received${expected ? ` of ${expected} announced` : ""}`
      }
    >
      {expected && (arriving || expected !== received) ? `${received}/${expected}` : received}
      {refused > 0 ? <Trouble count={`−${refused}`} word="refused" /> : null}
      {damaged > 0 ? <Trouble count={`−${damaged}`} word="damaged" /> : null}
      {item.lateImages ? <Trouble count={`+${item.lateImages.count}`} word="late" /> : null}
      {item.quarantined > 0 ? <Trouble count={`+${item.quarantined}`} word="set aside" /> : null}
    </span>
  );
}

function Trouble({ count, word }: { count: string; word: string }) {
  return (
    <span className="ml-1 font-medium text-urgent">
      {count}
      <span className="@min-[54rem]:@max-[84rem]:sr-only"> {word}</span>
    </span>
  );
}
