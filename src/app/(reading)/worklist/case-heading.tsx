import { type CaseSort, type SortColumn, sortColumns } from "@overread/shared/case-view";
import type { Header } from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { WorklistItem } from "../../_trpc/types.ts";
import { GridHeading } from "../../_ui/grid.tsx";
import type { CaseFeatures } from "./case-table.ts";

/** The head of a column: sorts the list, and has an edge to drag. */
export function CaseHeading({
  header,
  label,
  sort,
  onSort,
  onWidth,
}: {
  header: Header<CaseFeatures, WorklistItem>;
  label: string;
  sort: CaseSort;
  onSort: (by: SortColumn, more: boolean) => void;
  onWidth: (id: string, width: number | null) => void;
}) {
  const { id } = header.column;
  const resize = header.getResizeHandler();
  return (
    <GridHeading aria-sort={sortOf(sort, id)} className="group relative min-w-0">
      <span className="flex min-w-0">
        <SortButton id={id} label={label} sort={sort} onSort={onSort} />
      </span>
      {/* For the hand alone: by key widths are typed among the columns of the list. */}
      <span
        data-edge={id}
        aria-hidden="true"
        title="Drag for another width; twice for the usual one"
        onMouseDown={(event) => {
          event.preventDefault();
          resize(event);
        }}
        onTouchStart={resize}
        onDoubleClick={() => onWidth(id, null)}
        className={`absolute inset-y-[-0.375rem] -right-2 z-10 w-3 cursor-col-resize touch-none border-r-2 hover:border-accent ${
          header.column.getIsResizing() ? "border-accent" : "border-transparent"
        }`}
      />
    </GridHeading>
  );
}

/** The words of a heading; where the list can be sorted by it, a button. */
function SortButton({
  id,
  label,
  sort,
  onSort,
}: {
  id: string;
  label: string;
  sort: CaseSort;
  onSort: (by: SortColumn, more: boolean) => void;
}) {
  const by = sortColumns.find((each) => each === id);
  if (!by) return <span className="truncate">{label}</span>;
  const place = sort.findIndex((key) => key.by === by);
  const Arrow = sort[place]?.down ? ArrowDown : ArrowUp;
  return (
    <button
      type="button"
      title="Sort; with Shift as a further key"
      onClick={(event) => onSort(by, event.shiftKey)}
      className="inline-flex max-w-full items-center gap-0.5 hover:text-text"
    >
      <span className="truncate">{label}</span>
      {place >= 0 ? <Arrow className="size-3 shrink-0" aria-hidden="true" /> : null}
      {place >= 0 && sort.length > 1 ? <span className="tabular">{place + 1}</span> : null}
    </button>
  );
}

function sortOf(sort: CaseSort, id: string): "ascending" | "descending" | undefined {
  const key = sort.find(({ by }) => by === id);
  return key && (key.down ? "descending" : "ascending");
}
