"use client";

import type { Row } from "@tanstack/react-table";
import { type CSSProperties, memo, type Ref } from "react";
import type { CaseSkip, WorklistItem } from "../../_trpc/types.ts";
import { classNames } from "../../_ui/class-names.ts";
import { GridCell, GridRow } from "../../_ui/grid.tsx";
import type { CaseFeatures } from "./case-table.ts";
import { areaIn, type ColumnLayout } from "./column-layout.ts";
import { caseColumns } from "./columns.tsx";

const columnOf = new Map(caseColumns.map((column) => [column.id, column]));
const noSkips: readonly CaseSkip[] = [];

/** What stands at the end of the line below a column. */
const endOf = (below: string | undefined, { stacked }: ColumnLayout) =>
  caseColumns.some((column) => column.end && column.below === below && stacked.has(column.id));

/** One case of the list. Rendered again only when it, its place or its mark changes, however long the list is. */
export const CaseRow = memo(function CaseRow({
  item,
  row,
  layout,
  skips = noSkips,
  rowIndex,
  dataIndex,
  selected,
  isNew,
  userId,
  hospital,
  measure,
  onPoint,
  onSelect,
  onOpen,
}: {
  item: WorklistItem;
  row: Row<CaseFeatures, WorklistItem>;
  layout: ColumnLayout;
  skips?: readonly CaseSkip[] | undefined;
  rowIndex: number;
  dataIndex: number;
  selected: boolean;
  isNew: boolean;
  userId: string;
  hospital: boolean;
  /** Given where rows differ in height. */
  measure?: Ref<HTMLDivElement> | undefined;
  onPoint: (caseId: string) => void;
  onSelect: (caseId: string) => void;
  onOpen: (item: WorklistItem) => void;
}) {
  const readerApart = Boolean(layout.areas.reader && layout.areas.draft);
  const says = (id: string) => columnOf.get(id)?.says?.(item) ?? true;
  const questionApart = Boolean(layout.areas.question);
  return (
    <GridRow
      ref={measure}
      id={`case-${item.caseId}`}
      data-index={dataIndex}
      data-case-id={item.caseId}
      data-study-uid={item.studyInstanceUid}
      aria-rowindex={rowIndex}
      aria-selected={selected}
      tabIndex={-1}
      onPointerMove={() => onPoint(item.caseId)}
      onClick={() => onSelect(item.caseId)}
      onDoubleClick={() => onOpen(item)}
      className={classNames(
        "case-row relative grid cursor-default border-b border-line px-3 text-[0.8125rem] hover:bg-hover",
        "@max-[54rem]:grid-cols-[minmax(0,1fr)_auto] @max-[54rem]:items-center @max-[54rem]:gap-x-2.5 @max-[54rem]:gap-y-1 @max-[54rem]:py-2",
        selected && "bg-selected hover:bg-selected",
        isNew && "row-arrives shadow-[inset_3px_0_0_var(--accent)]",
      )}
    >
      {row.getVisibleCells().map(({ column: { id } }) => {
        const column = columnOf.get(id);
        if (!column || !(layout.areas[id] || column.narrow)) return null;
        const area = areaIn(layout, id, says);
        const isBelow = layout.stacked.has(id);
        const facts = { skips, userId, hospital, isNew, readerApart, questionApart, isBelow };
        return (
          <GridCell
            key={id}
            title={column.title?.(item)}
            style={area ? ({ "--area": area } as CSSProperties) : undefined}
            className={classNames(
              id === "patient" ? "name-line min-w-0" : "min-w-0 truncate",
              column.className,
              column.narrow ? column.narrow(item, facts) : "@max-[54rem]:hidden",
              !area && "@min-[54rem]:hidden",
              isBelow ? "case-below" : area?.endsWith("/ 2") && "case-above",
              isBelow && column.end && "case-end",
              isBelow && !column.end && endOf(column.below, layout) && "case-start",
            )}
          >
            {column.cell(item, facts)}
          </GridCell>
        );
      })}
    </GridRow>
  );
});
