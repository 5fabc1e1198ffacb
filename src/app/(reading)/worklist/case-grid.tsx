"use client";

import type { CaseColumns, CaseSort, SortColumn } from "@overread/shared/case-view";
import { functionalUpdate, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { CaseSkip, WorklistItem } from "../../_trpc/types.ts";
import { zoneName } from "../../_ui/format.ts";
import { Grid, GridRow } from "../../_ui/grid.tsx";
import { useNow, useZone } from "../../_ui/now.tsx";
import { keepInPlace, newIds } from "./anchor.ts";
import { CaseHeading } from "./case-heading.tsx";
import { CaseRow } from "./case-row.tsx";
import { caseFeatures, caseTableColumns } from "./case-table.ts";
import { columnChoices, leavesOut, widthWithin } from "./case-views.ts";
import { layOut, needsOf } from "./column-layout.ts";
import { caseColumns, columnsFor } from "./columns.tsx";
import { type Density, rowHeights } from "./density.ts";

/** How long a newly arrived row is marked. */
const newForMs = 12_000;
/** Narrower than this a row has three lines, and its height is measured. In rem, as in the classes. */
const wideFrom = 54;
const headHeight = 28;
/** Rows kept ready above and below what is seen, so that no frame of a fast scroll is blank. */
const overscan = 24;
/** Until the browser has measured: the list on a screen of 1366 × 768. */
const assumed = { width: 876, height: 900 };
const rem = 16;

/** What the screen does with the grid. */
export type CaseGridHandle = { focus: () => void; reveal: (index: number) => void };

/**
 * The list of cases. Only what is seen is in the page, however long the list is. New rows are inserted without moving
 * the row under the pointer.
 */
export function CaseGrid({
  rows,
  skips,
  selectedId,
  userId,
  hospital,
  density,
  columns: chosen,
  sort,
  total,
  onSelect,
  onOpen,
  onSee,
  onSort,
  onWidth,
  foot,
  ref,
}: {
  rows: WorklistItem[];
  /** The readers of the group who skipped each case. */
  skips: ReadonlyMap<string, readonly CaseSkip[]>;
  selectedId: string | null;
  userId: string;
  hospital: boolean;
  density: Density;
  /** As the list has chosen them; none: all, by the room there is. */
  columns: CaseColumns;
  sort: CaseSort;
  /** The number of rows that the list has, of which `rows` are here; null when it is not known. */
  total: number | null;
  onSelect: (caseId: string) => void;
  onOpen: (item: WorklistItem) => void;
  /** The rows that are seen now, by index. */
  onSee: (first: number, last: number) => void;
  /** A heading was clicked; `more`: as a further key. */
  onSort: (by: SortColumn, more: boolean) => void;
  /** A column was dragged to a width in pixels; null: as wide as it needs. */
  onWidth: (id: string, width: number | null) => void;
  foot: ReactNode;
  ref: Ref<CaseGridHandle>;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const now = useNow();
  const zone = useZone();
  const previousIds = useRef<string[] | null>(null);
  const pointedId = useRef<string | null>(null);
  /** The scroll position to restore once the list is long enough. */
  const wanted = useRef<number | null>(null);
  const [width, setWidth] = useState(assumed.width);
  const [spaceAbove, setSpaceAbove] = useState(0);
  const [spaceBelow, setSpaceBelow] = useState(0);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [above, setAbove] = useState(0);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const measure = () => setWidth(box.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  const wide = width >= wideFrom * rem;
  const rowHeight = wide ? rowHeights[density] : 76;

  // As one text, so that the columns stay the same ones as long as it does.
  const silent = useMemo(
    () =>
      caseColumns
        .filter(({ says }) => says && !rows.some(says))
        .map(({ id }) => id)
        .join(" "),
    [rows],
  );
  /** While an edge is dragged. */
  const [dragged, setDragged] = useState<{ id: string; width: number } | null>(null);
  const columns = useMemo(() => {
    const own = columnsFor(hospital);
    // What somebody singled out does not give way where there is little room.
    const kept = leavesOut(chosen, own);
    return columnChoices(chosen, own).flatMap(({ id, shown, width: px }) => {
      const column = own.find((each) => each.id === id);
      if (!column || !shown || (!kept && silent.split(" ").includes(id))) return [];
      const asked = dragged?.id === id ? dragged.width : px;
      return [{ ...column, spare: kept ? undefined : column.spare, chosen: asked ? asked / rem : undefined }];
    });
  }, [hospital, chosen, dragged, silent]);
  const layout = useMemo(
    () =>
      layOut(
        columns.map((column) => ({ ...column, needs: needsOf(column, rows.slice(0, 200)) })),
        Math.floor(width / rem),
      ),
    [columns, rows, width],
  );
  const { columnVisibility, columnOrder } = useMemo(() => {
    const own = new Set(columns.map(({ id }) => id));
    return {
      columnVisibility: Object.fromEntries(caseColumns.map(({ id }) => [id, own.has(id)])),
      columnOrder: columns.map(({ id }) => id),
    };
  }, [columns]);
  const columnSizing = useMemo(
    () => Object.fromEntries(Object.entries(layout.widths).map(([id, wide]) => [id, wide * rem])),
    [layout],
  );
  const table = useTable({
    features: caseFeatures,
    columns: caseTableColumns,
    data: rows,
    getRowId: (item) => item.caseId,
    state: { columnVisibility, columnOrder, columnSizing },
    columnResizeMode: "onChange",
    onColumnSizingChange: (updater) => {
      const [id, px] =
        Object.entries(functionalUpdate(updater, columnSizing)).find(([id, px]) => px !== columnSizing[id]) ?? [];
      if (id && px) setDragged({ id, width: widthWithin(px) });
    },
  });
  const resizing = table.state.columnResizing.isResizingColumn !== false;
  useEffect(() => {
    if (resizing || !dragged) return;
    setDragged(null);
    onWidth(dragged.id, dragged.width);
  }, [resizing, dragged, onWidth]);
  const model = table.getRowModel().rows;

  const virtualizer = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => model[index]?.id ?? index,
    overscan,
    scrollMargin: (wide ? headHeight : 0) + spaceAbove,
    scrollPaddingStart: wide ? headHeight : 0,
    initialRect: assumed,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: every row has another height now
  useLayoutEffect(() => virtualizer.measure(), [rowHeight, virtualizer]);
  const shown = virtualizer.getVirtualItems();
  const first = shown[0];
  const last = shown.at(-1);
  const before = first ? first.start - virtualizer.options.scrollMargin : 0;
  const after = last ? virtualizer.getTotalSize() - (last.end - virtualizer.options.scrollMargin) : 0;

  useImperativeHandle(
    ref,
    () => ({
      focus: () => grid.current?.focus(),
      reveal: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
    }),
    [virtualizer],
  );
  const [from, to] = [first?.index ?? 0, last?.index ?? 0];
  useEffect(() => onSee(from, to), [from, to, onSee]);

  const ids = useMemo(() => rows.map((row) => row.caseId), [rows]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the order changes, and reads the rest as it is then
  useLayoutEffect(() => {
    const previous = previousIds.current;
    previousIds.current = ids;
    const box = scroller.current;
    if (!previous || !box || sameOrder(previous, ids)) return;
    // Further pages are no news.
    const arrived = newIds(previous, ids.slice(0, previous.length + 1));
    if (arrived.length > 0) setMarked((was) => new Set([...was, ...arrived]));
    const kept = keepInPlace({
      before: previous,
      after: ids,
      anchorId: pointedId.current,
      scrollTop: box.scrollTop,
      spaceAbove,
      rowHeight,
    });
    if (kept.moved === 0) return;
    setSpaceAbove(kept.spaceAbove);
    // A list too short to scroll that far gets space below its end, until the pointer leaves.
    const contentHeight = end.current?.offsetTop ?? box.scrollHeight;
    const room = Math.max(0, kept.scrollTop + box.clientHeight - contentHeight + kept.spaceAbove - spaceAbove);
    setSpaceBelow(room);
    wanted.current = kept.scrollTop;
    // The render that adds the space happens before the next frame; a position not reached by then is given up.
    requestAnimationFrame(() => {
      wanted.current = null;
    });
    if (kept.moved > 0 && arrived.length > 0) setAbove((was) => was + arrived.length);
  }, [ids]);

  // After the space has been added.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (wanted.current === null || !box) return;
    box.scrollTop = wanted.current;
    if (Math.abs(box.scrollTop - wanted.current) < 1) wanted.current = null;
  });

  useEffect(() => {
    if (marked.size === 0) return;
    const timer = setTimeout(() => setMarked(new Set()), newForMs);
    return () => clearTimeout(timer);
  }, [marked]);

  const settle = () => {
    pointedId.current = null;
    wanted.current = null;
    setSpaceAbove(0);
    setSpaceBelow(0);
  };
  const point = useCallback((caseId: string) => {
    pointedId.current = caseId;
  }, []);

  return (
    <div className="@container relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        onPointerLeave={settle}
        onScroll={(event) => {
          if (event.currentTarget.scrollTop === 0) setAbove(0);
        }}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain [overflow-anchor:none] has-[>[role=grid]:focus-visible]:outline-2 has-[>[role=grid]:focus-visible]:outline-offset-[-2px] has-[>[role=grid]:focus-visible]:outline-accent"
      >
        <Grid
          ref={grid}
          aria-label="Cases"
          aria-rowcount={(total ?? rows.length) + 1}
          // A row that is scrolled away is not in the page.
          aria-activedescendant={
            selectedId && shown.some(({ key }) => key === selectedId) ? `case-${selectedId}` : undefined
          }
          style={{ "--columns": layout.template, "--row": `${rowHeights[density]}px` } as CSSProperties}
          className="outline-none"
        >
          <GridRow className="case-head sticky top-0 z-10 grid h-7 items-center border-b border-line bg-ground px-3 text-xs text-quiet @max-[54rem]:hidden">
            {table.getHeaderGroups()[0]?.headers.map((header) => {
              const { id, columnDef } = header.column;
              // What stands below another column says itself what it is.
              if (!layout.areas[id] || layout.stacked.has(id)) return null;
              return (
                <CaseHeading
                  key={id}
                  header={header}
                  label={id === "due" ? `Due (${zoneName(now, zone)})` : String(columnDef.header)}
                  sort={sort}
                  onSort={onSort}
                  onWidth={onWidth}
                />
              );
            })}
          </GridRow>
          <div style={{ height: spaceAbove + before }} />
          {shown.map(({ index, key }) => {
            const row = model[index];
            if (!row) return null;
            const item = row.original;
            return (
              <CaseRow
                key={key}
                item={item}
                row={row}
                layout={layout}
                skips={skips.get(item.caseId)}
                rowIndex={index + 2}
                dataIndex={index}
                selected={item.caseId === selectedId}
                isNew={marked.has(item.caseId)}
                userId={userId}
                hospital={hospital}
                measure={wide ? undefined : virtualizer.measureElement}
                onPoint={point}
                onSelect={onSelect}
                onOpen={onOpen}
              />
            );
          })}
          <div style={{ height: after }} />
        </Grid>
        {/* Outside the grid: a grid contains rows only. */}
        {foot}
        <div ref={end} style={{ height: spaceBelow }} />
      </div>
      {above > 0 ? (
        <button
          type="button"
          onClick={() => {
            scroller.current?.scrollTo({ top: 0 });
            settle();
            setAbove(0);
          }}
          className="absolute top-8 left-1/2 z-20 -translate-x-1/2 rounded-full border border-line-strong/60 bg-raised px-3 py-1 text-xs font-medium shadow-float"
        >
          {above} new
        </button>
      ) : null}
    </div>
  );
}

const sameOrder = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((id, index) => id === other[index]);
