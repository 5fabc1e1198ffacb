"use client";

import { formatTime } from "@overread/shared/dicom/dates";
import { MessageCircleQuestion, MessageCircleReply } from "lucide-react";
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { CaseSkip, WorklistItem } from "../../_trpc/types.ts";
import { classNames } from "../../_ui/class-names.ts";
import { Exam } from "../../_ui/exam.tsx";
import { formatDicomDate, formatExact, formatSex, nameWritings, zoneName } from "../../_ui/format.ts";
import { Grid, GridCell, GridHeading, GridRow } from "../../_ui/grid.tsx";
import { conflictInWords, ownStatusWords } from "../../_ui/in-words.ts";
import { Countdown, useNow, useZone } from "../../_ui/now.tsx";
import { PatientName } from "../../_ui/patient-banner.tsx";
import { PatientMark, PriorityMark, StatusMark } from "../../_ui/status.tsx";
import { ReserveMark } from "../reservations.tsx";
import { keepInPlace, newIds } from "./anchor.ts";
import { CaseImages, imageProblem } from "./case-images.tsx";
import { DraftMark } from "./draft-mark.tsx";
import { SkipMark } from "./skip-mark.tsx";

const rowHeight = 32;
/** How long a newly arrived row is marked. */
const newForMs = 12_000;

// By the width of the list, not of the screen. Columns that tell patients apart stay longest; facility and priors are
// hidden first, since the side panel shows them. Below 54rem a row has three lines.
const columns = [
  "@min-[54rem]:@max-[66rem]:grid-cols-[4rem_7.75rem_minmax(5rem,1fr)_5.25rem_minmax(7rem,1.5fr)_3.375rem_minmax(5.25rem,0.8fr)_3rem_minmax(6.875rem,0.6fr)]",
  "@min-[66rem]:@max-[84rem]:grid-cols-[4.5rem_8.25rem_minmax(7.5rem,1.2fr)_5.25rem_minmax(9rem,1.5fr)_3.75rem_minmax(7rem,0.9fr)_4.25rem_2.75rem_minmax(8.5rem,0.5fr)]",
  "@min-[84rem]:grid-cols-[4.5rem_8.25rem_minmax(10rem,1.3fr)_5.25rem_minmax(10rem,1.5fr)_3.75rem_minmax(7rem,0.6fr)_minmax(8rem,0.8fr)_6.5rem_2.75rem_minmax(8.5rem,0.6fr)]",
].join(" ");
const hospitalColumns = [
  "@min-[54rem]:@max-[66rem]:grid-cols-[4rem_minmax(8rem,1.2fr)_5.25rem_minmax(8rem,1.5fr)_3.25rem_minmax(5.5rem,0.6fr)_5rem_minmax(6.5rem,0.8fr)]",
  "@min-[66rem]:@max-[84rem]:grid-cols-[4.5rem_minmax(8rem,1.3fr)_5.25rem_minmax(9rem,1.5fr)_3.75rem_minmax(5.5rem,0.7fr)_5rem_minmax(6.5rem,0.8fr)]",
  "@min-[84rem]:grid-cols-[4.5rem_minmax(10rem,1.3fr)_5.25rem_minmax(10rem,1.5fr)_3.75rem_minmax(6rem,0.5fr)_minmax(9rem,0.8fr)_5rem_minmax(7rem,0.8fr)]",
].join(" ");
const scrollWhenPossible: Record<string, string> = { Priors: "@max-[66rem]:hidden", Facility: "@max-[84rem]:hidden" };

const headings = [
  "Priority",
  "Due",
  "Exam",
  "Study date",
  "Patient",
  "Sex, age",
  "ID",
  "Facility",
  "Images",
  "Priors",
  "State",
];
const hospitalHeadings = headings.filter((heading) => heading !== "Due" && heading !== "Priors");

/**
 * The list of cases. New rows are inserted without moving the row under the pointer; rows off screen cost no layout.
 */
export function CaseGrid({
  rows,
  skips,
  selectedId,
  userId,
  hospital,
  onSelect,
  onOpen,
  foot,
  ref,
}: {
  rows: WorklistItem[];
  /** The readers of the group who skipped each case. */
  skips: CaseSkip[];
  selectedId: string | null;
  userId: string;
  hospital: boolean;
  onSelect: (caseId: string) => void;
  onOpen: (item: WorklistItem) => void;
  foot: ReactNode;
  ref: Ref<HTMLDivElement>;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => grid.current as HTMLDivElement, []);
  const now = useNow();
  const zone = useZone();
  const previousIds = useRef<string[] | null>(null);
  const pointedId = useRef<string | null>(null);
  const end = useRef<HTMLDivElement>(null);
  /** The scroll position to restore once the list is long enough. */
  const wanted = useRef<number | null>(null);
  const [spaceAbove, setSpaceAbove] = useState(0);
  const [spaceBelow, setSpaceBelow] = useState(0);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [above, setAbove] = useState(0);

  const ids = rows.map((row) => row.caseId);
  const order = ids.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the order changes, and reads the rest as it is then
  useLayoutEffect(() => {
    const before = previousIds.current;
    previousIds.current = ids;
    const box = scroller.current;
    if (!before || !box) return;
    const arrived = newIds(before, ids);
    if (arrived.length > 0) setMarked((was) => new Set([...was, ...arrived]));
    const kept = keepInPlace({
      before,
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
  }, [order]);

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

  return (
    <div className="@container relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        onPointerLeave={settle}
        onScroll={(event) => {
          if (event.currentTarget.scrollTop === 0) setAbove(0);
        }}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain has-[>[role=grid]:focus-visible]:outline-2 has-[>[role=grid]:focus-visible]:outline-offset-[-2px] has-[>[role=grid]:focus-visible]:outline-accent"
      >
        <Grid
          ref={grid}
          aria-label="Cases"
          aria-rowcount={rows.length + 1}
          aria-activedescendant={selectedId ? `case-${selectedId}` : undefined}
          className="outline-none"
        >
          <GridRow
            className={classNames(
              "sticky top-0 z-10 grid h-7 items-center gap-x-2.5 border-b border-line bg-ground px-3 text-xs text-quiet @max-[54rem]:hidden",
              hospital ? hospitalColumns : columns,
            )}
          >
            {(hospital ? hospitalHeadings : headings).map((heading) => (
              <GridHeading key={heading} className={classNames("truncate", scrollWhenPossible[heading])}>
                {heading === "Due" ? `Due (${zoneName(now, zone)})` : heading}
              </GridHeading>
            ))}
          </GridRow>
          <div style={{ height: spaceAbove }} />
          {rows.map((item, index) => (
            <CaseRow
              key={item.caseId}
              item={item}
              skips={skips.filter(({ caseId }) => caseId === item.caseId)}
              rowIndex={index + 2}
              selected={item.caseId === selectedId}
              isNew={marked.has(item.caseId)}
              userId={userId}
              hospital={hospital}
              onPoint={() => {
                pointedId.current = item.caseId;
              }}
              onSelect={() => onSelect(item.caseId)}
              onOpen={() => onOpen(item)}
            />
          ))}
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

function CaseRow({
  item,
  skips,
  rowIndex,
  selected,
  isNew,
  userId,
  hospital,
  onPoint,
  onSelect,
  onOpen,
}: {
  item: WorklistItem;
  skips: CaseSkip[];
  rowIndex: number;
  selected: boolean;
  isNew: boolean;
  userId: string;
  hospital: boolean;
  onPoint: () => void;
  onSelect: () => void;
  onOpen: () => void;
}) {
  const cell = "min-w-0 truncate";
  return (
    <GridRow
      id={`case-${item.caseId}`}
      data-case-id={item.caseId}
      data-study-uid={item.studyInstanceUid}
      aria-rowindex={rowIndex}
      aria-selected={selected}
      tabIndex={-1}
      onPointerMove={onPoint}
      onClick={onSelect}
      onDoubleClick={onOpen}
      className={classNames(
        "row-lazy relative grid cursor-default items-center gap-x-2.5 border-b border-line px-3 text-[0.8125rem] hover:bg-hover",
        "@max-[54rem]:grid-cols-[minmax(0,1fr)_auto] @max-[54rem]:gap-y-1 @max-[54rem]:py-2 @min-[54rem]:h-8",
        hospital ? hospitalColumns : columns,
        selected && "bg-selected hover:bg-selected",
        isNew && "row-arrives shadow-[inset_3px_0_0_var(--accent)]",
      )}
    >
      <GridCell
        className={classNames(cell, hospital ? "@max-[54rem]:order-2" : "@max-[54rem]:order-4 @max-[54rem]:text-right")}
      >
        <PriorityMark priority={item.priority} />
      </GridCell>
      {hospital ? null : (
        <GridCell className={classNames(cell, "@max-[54rem]:order-2 @max-[54rem]:text-right")}>
          <Countdown dueAt={item.dueAt} timeZone={item.facilityTimeZone} done={item.done} />
        </GridCell>
      )}
      <GridCell className={classNames(cell, "@max-[54rem]:order-3")} title={item.studyDescription}>
        <Exam modalities={item.modalities} description={item.studyDescription || item.bodyParts.join(" ")} />
      </GridCell>
      <GridCell
        className={classNames(cell, "tabular @max-[54rem]:order-5 @max-[54rem]:text-quiet")}
        title={`Study of ${formatDicomDate(item.studyDate)} ${formatTime(item.studyTime)}`}
      >
        {formatDicomDate(item.studyDate)}
      </GridCell>
      <GridCell
        className="name-line min-w-0 @max-[54rem]:order-1 @max-[54rem]:text-[0.875rem] @max-[54rem]:font-medium"
        title={nameTitle(item)}
      >
        {item.patientConflict ? <PatientMark words={conflictInWords(item.patientConflict) ?? ""} /> : null}
        {item.identity === "unknown" ? (
          <PatientMark
            words="No patient ID that identifies anybody: nothing to compare with was looked for"
            mark="No ID"
          />
        ) : null}
        <PatientName groups={item.patientNameGroups} />
      </GridCell>
      <GridCell className={classNames(cell, "tabular @max-[54rem]:hidden")}>
        {[formatSex(item.patientSex), item.patientAge].filter(Boolean).join(", ")}
      </GridCell>
      <GridCell
        className={classNames(cell, "tabular text-quiet @max-[54rem]:order-6 @max-[54rem]:text-right")}
        title={item.patientId}
      >
        {item.patientId}
      </GridCell>
      <GridCell
        className={classNames(cell, "text-quiet @max-[54rem]:hidden", scrollWhenPossible.Facility)}
        title={item.facility}
      >
        {item.facility}
      </GridCell>
      <GridCell
        className={classNames(
          cell,
          "tabular",
          imageProblem(item) ? "@max-[54rem]:order-8 @max-[54rem]:col-span-2" : "@max-[54rem]:hidden",
        )}
      >
        <span className="text-quiet @min-[54rem]:hidden">Images </span>
        <CaseImages item={item} />
      </GridCell>
      {hospital ? null : (
        <GridCell className={classNames(cell, "tabular text-quiet @max-[54rem]:hidden", scrollWhenPossible.Priors)}>
          {item.priorCount > 0 ? item.priorCount : "–"}
          {item.priorsReady ? <span title="The priors to compare with lie ready"> ✓</span> : null}
        </GridCell>
      )}
      <GridCell
        className={classNames(
          cell,
          hospital ? "@max-[54rem]:order-4 @max-[54rem]:text-right" : "@max-[54rem]:order-7 @max-[54rem]:col-span-2",
          // In the narrow list of open cases, "unread" is omitted.
          !hospital &&
            item.status === "unread" &&
            !item.reserved &&
            !isNew &&
            skips.length === 0 &&
            "@max-[54rem]:hidden",
        )}
      >
        {item.question ? <QuestionMark question={item.question} /> : null}
        {isNew ? <span className="mr-1.5 text-xs font-semibold text-accent">New</span> : null}
        {skips.length > 0 && !item.claimedBy ? (
          <SkipMark skips={skips} userId={userId} />
        ) : (
          <Holder item={item} userId={userId} />
        )}
      </GridCell>
    </GridRow>
  );
}

function nameTitle(item: WorklistItem): string {
  const { main, others } = nameWritings(item.patientNameGroups);
  return [main, ...others].join(" · ");
}

/** The site was asked something about the case, or has answered. */
function QuestionMark({ question }: { question: NonNullable<WorklistItem["question"]> }) {
  const words = question === "asked" ? "The site was asked, no answer yet" : "The site has answered";
  const Icon = question === "asked" ? MessageCircleQuestion : MessageCircleReply;
  return (
    <span title={words} className={classNames("mr-1.5 inline-flex", question === "asked" ? "text-held" : "text-done")}>
      <Icon className="size-3.5" aria-hidden="true" />
      <span className="sr-only">{words}</span>
    </span>
  );
}

/** The case's state and holder: the caller, a colleague, or nobody. */
function Holder({ item, userId }: { item: WorklistItem; userId: string }) {
  const zone = useZone();
  if (item.draft && item.draft.id !== item.claimedBy?.id) return <DraftMark item={item} userId={userId} />;
  const { status, mine } = item;
  if (item.reserved && !item.claimedBy) return <ReserveMark item={item} userId={userId} />;
  if (!item.claimedBy) return <StatusMark status={status} />;
  return (
    <span title={item.claimedUntil ? `Claimed until ${formatExact(item.claimedUntil, zone)}` : undefined}>
      <StatusMark status={status} word={mine ? ownStatusWords[status] : item.claimedBy.name} />
    </span>
  );
}
