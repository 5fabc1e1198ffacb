import { formatTime } from "@overread/shared/dicom/dates";
import { examinationModalities } from "@overread/shared/dicom/modalities";
import type { ReactNode } from "react";
import type { CaseSkip, WorklistItem } from "../../_trpc/types.ts";
import { classNames } from "../../_ui/class-names.ts";
import { Exam } from "../../_ui/exam.tsx";
import {
  formatDicomDate,
  formatExact,
  formatSex,
  formatSpan,
  formatWhen,
  nameWritings,
  plural,
} from "../../_ui/format.ts";
import { conflictInWords, ownStatusWords } from "../../_ui/in-words.ts";
import { Countdown, useNow, useZone, When } from "../../_ui/now.tsx";
import { PatientName } from "../../_ui/patient-banner.tsx";
import { PatientMark, PriorityMark, StatusMark } from "../../_ui/status.tsx";
import { readWithWords, TogetherMark } from "../read-together.tsx";
import { ReserveMark } from "../reservations.tsx";
import { CaseImages, imageProblem } from "./case-images.tsx";
import type { ColumnSpace } from "./column-layout.ts";
import { DraftMark } from "./draft-mark.tsx";
import { CheckMark, QuestionMark } from "./site-marks.tsx";
import { SkipMark } from "./skip-mark.tsx";

/** What a cell is told beside the case. */
type RowFacts = {
  skips: readonly CaseSkip[];
  userId: string;
  hospital: boolean;
  isNew: boolean;
  /** The reader has a column of its own. */
  readerApart: boolean;
  /** So have questions to the site. */
  questionApart: boolean;
  /** The cell stands below another one, so that no heading says what it is. */
  isBelow: boolean;
};

/**
 * A column of the worklist. `text` is what its cell says, for estimating the width that it needs; `narrow` says where
 * it stands in a row of three lines (phones, 200 %), which has no place for columns without it.
 */
export type CaseColumn = Omit<ColumnSpace, "needs"> & {
  label: string;
  text?: (item: WorklistItem) => string;
  title?: (item: WorklistItem) => string | undefined;
  className?: string;
  narrow?: (item: WorklistItem, facts: RowFacts) => string;
  cell: (item: WorklistItem, facts: RowFacts) => ReactNode;
  /** It says something of this case. A column that says nothing of any has no place unless it was singled out. */
  says?: (item: WorklistItem) => boolean;
  /** Columns that only one side has. */
  only?: "reader" | "hospital";
};

const writings = ({ patientNameGroups }: WorklistItem) => {
  const { main, others } = nameWritings(patientNameGroups);
  return [main, ...others].join(" · ");
};
const sexAndAge = (item: WorklistItem) => [formatSex(item.patientSex), item.patientAge].filter(Boolean).join(", ");

/** All columns, in the order in which a new list has them. */
export const caseColumns: readonly CaseColumn[] = [
  {
    id: "priority",
    label: "Priority",
    min: 4.25,
    grow: 0,
    narrow: (_, { hospital }) => (hospital ? "@max-[54rem]:order-2" : "@max-[54rem]:order-4 @max-[54rem]:text-right"),
    cell: (item) => <PriorityMark priority={item.priority} />,
  },
  {
    id: "due",
    label: "Due",
    min: 7.75,
    grow: 0,
    only: "reader",
    narrow: () => "@max-[54rem]:order-2 @max-[54rem]:text-right",
    cell: (item) => <Countdown dueAt={item.dueAt} timeZone={item.facilityTimeZone} done={item.done} />,
  },
  {
    id: "exam",
    label: "Exam",
    min: 6.5,
    grow: 1.5,
    text: (item) =>
      `${item.readWith.length > 0 ? "    " : ""}${examinationModalities(item.modalities).join(" ")} ${item.studyDescription}`,
    title: (item) => [item.studyDescription, readWithWords(item)].filter(Boolean).join(" · "),
    narrow: () => "@max-[54rem]:order-3",
    cell: (item) => (
      <>
        <TogetherMark item={item} />
        <Exam modalities={item.modalities} description={item.studyDescription || item.bodyParts.join(" ")} />
      </>
    ),
  },
  {
    id: "facility",
    label: "Facility",
    min: 6,
    grow: 0.3,
    below: "exam",
    className: "text-quiet",
    text: (item) => item.facility,
    title: (item) => item.facility,
    cell: (item) => item.facility,
  },
  {
    id: "studyDate",
    label: "Study date",
    min: 5.25,
    grow: 0,
    className: "tabular",
    title: (item) => `Study of ${formatDicomDate(item.studyDate)} ${formatTime(item.studyTime)}`,
    narrow: () => "@max-[54rem]:order-5 @max-[54rem]:text-quiet",
    cell: (item) => (
      <>
        {formatDicomDate(item.studyDate)}
        <span className="@min-[54rem]:hidden"> {formatTime(item.studyTime)}</span>
      </>
    ),
  },
  {
    id: "studyTime",
    label: "Time",
    min: 2.75,
    grow: 0,
    below: "studyDate",
    className: "tabular text-quiet",
    cell: (item) => formatTime(item.studyTime),
  },
  {
    id: "patient",
    label: "Patient",
    // Has room below for ID, sex and age.
    min: 8.5,
    grow: 1,
    text: (item) => `${item.patientConflict || item.identity === "unknown" ? "Patient?  " : ""}${writings(item)}`,
    title: writings,
    narrow: () => "@max-[54rem]:order-1 @max-[54rem]:text-[0.875rem] @max-[54rem]:font-medium",
    cell: (item) => (
      <>
        {item.patientConflict ? <PatientMark words={conflictInWords(item.patientConflict) ?? ""} /> : null}
        {item.identity === "unknown" ? (
          <PatientMark
            words="No patient ID that identifies anybody: nothing to compare with was looked for"
            mark="No ID"
          />
        ) : null}
        <PatientName groups={item.patientNameGroups} />
      </>
    ),
  },
  {
    id: "patientId",
    label: "ID",
    min: 5.25,
    grow: 0.2,
    below: "patient",
    className: "tabular text-quiet",
    text: (item) => item.patientId,
    title: (item) => item.patientId,
    narrow: () => "@max-[54rem]:order-6 @max-[54rem]:text-right",
    cell: (item) => item.patientId,
  },
  {
    id: "sexAge",
    label: "Sex, age",
    min: 3.5,
    grow: 0,
    below: "patient",
    end: true,
    className: "tabular",
    text: sexAndAge,
    cell: sexAndAge,
  },
  {
    id: "images",
    label: "Images",
    min: 3.25,
    grow: 0,
    className: "tabular",
    text: (item) => (imageProblem(item) ? "000 set aside" : "0000/0000"),
    narrow: (item) => (imageProblem(item) ? "@max-[54rem]:order-8 @max-[54rem]:col-span-2" : "@max-[54rem]:hidden"),
    cell: (item) => (
      <>
        <span className="text-quiet @min-[54rem]:hidden">Images </span>
        <CaseImages item={item} />
      </>
    ),
  },
  {
    id: "techCheck",
    label: "Tech check",
    min: 6.25,
    grow: 0,
    below: "state",
    says: (item) => item.techCheck !== null,
    narrow: ({ techCheck }) =>
      techCheck?.state === "waiting" ? "@max-[54rem]:order-9 @max-[54rem]:col-span-2" : "@max-[54rem]:hidden",
    cell: (item) => <CheckMark check={item.techCheck} />,
  },
  {
    id: "order",
    label: "Order",
    min: 3.5,
    grow: 0,
    className: "text-quiet",
    title: (item) => (item.orderCount > 0 ? plural(item.orderCount, "order") : "No order was matched to this study"),
    cell: (item) => (item.orderCount > 0 ? (item.orderCount > 1 ? item.orderCount : "Matched") : "None"),
  },
  {
    id: "priors",
    label: "Priors",
    min: 4.25,
    grow: 0,
    below: "order",
    only: "reader",
    className: "tabular text-quiet",
    title: (item) => `${plural(item.priorCount, "earlier study", "earlier studies")} to compare with`,
    cell: (item) => (
      <>
        {item.priorCount > 0 ? plural(item.priorCount, "prior") : "–"}
        {item.priorsReady ? <span title="The priors to compare with lie ready"> ✓</span> : null}
      </>
    ),
  },
  {
    id: "question",
    label: "Question",
    min: 5,
    grow: 0,
    below: "priority",
    says: (item) => item.question !== null,
    cell: (item) => <QuestionMark item={item} />,
  },
  {
    id: "arrived",
    label: "Arrived",
    min: 5.5,
    grow: 0,
    below: "due",
    className: "tabular text-quiet",
    cell: (item, { isBelow }) => (
      <>
        {isBelow ? "arrived " : null}
        <When at={item.arrivedAt} />
      </>
    ),
  },
  {
    id: "promised",
    label: "Service level",
    min: 5.5,
    grow: 0,
    spare: 0,
    only: "reader",
    className: "tabular text-quiet",
    title: (item) => `Promised ${formatSpan(item.promisedMinutes * 60_000)} from when its clock began`,
    cell: (item) => formatSpan(item.promisedMinutes * 60_000),
  },
  {
    id: "given",
    label: "Given to",
    min: 6,
    grow: 0.2,
    spare: 1,
    only: "reader",
    says: (item) => item.given !== null,
    text: (item) => (item.given ? `${item.given.name}, offered` : ""),
    title: (item) => (item.given ? givenInWords(item.given) : undefined),
    cell: (item, { userId }) =>
      item.given ? (
        <>
          {item.given.id === userId ? "You" : item.given.name}
          <span className="text-quiet">, {item.given.as === "offer" ? "offered" : "assigned"}</span>
        </>
      ) : null,
  },
  {
    id: "reader",
    label: "Reader",
    min: 6,
    grow: 0.3,
    spare: 3,
    only: "reader",
    text: (item) => item.claimedBy?.name ?? "",
    title: (item) => item.claimedBy?.name,
    cell: (item) => item.claimedBy?.name ?? "",
  },
  {
    id: "draft",
    label: "Draft",
    min: 6,
    grow: 0.2,
    spare: 2,
    only: "reader",
    className: "text-quiet",
    text: (item) => (item.draft ? `${item.draft.name}, 00:00` : ""),
    cell: (item, { userId }) =>
      item.draft ? (
        <>
          {item.draft.id === userId ? "Yours" : item.draft.name}, <When at={item.draft.at} />
        </>
      ) : null,
  },
  {
    id: "state",
    label: "State",
    min: 6.5,
    grow: 0.3,
    // With room for the mark before it.
    text: (item) => `    ${item.draft?.name ?? item.claimedBy?.name ?? ""}`,
    narrow: (item, { hospital, isNew, skips }) =>
      classNames(
        hospital ? "@max-[54rem]:order-4 @max-[54rem]:text-right" : "@max-[54rem]:order-7 @max-[54rem]:col-span-2",
        // In the narrow list of open cases, "unread" is omitted.
        !hospital &&
          item.status === "unread" &&
          !item.question &&
          !item.reserved &&
          !isNew &&
          skips.length === 0 &&
          "@max-[54rem]:hidden",
      ),
    cell: (item, { skips, userId, isNew, readerApart, questionApart }) => (
      <>
        {item.question ? (
          <span className={classNames("mr-1.5", questionApart && "@min-[54rem]:hidden")}>
            <QuestionMark item={item} />
          </span>
        ) : null}
        {isNew ? <span className="mr-1.5 text-xs font-semibold text-accent">New</span> : null}
        {skips.length > 0 && !item.claimedBy ? (
          <SkipMark skips={[...skips]} userId={userId} />
        ) : (
          <Holder item={item} userId={userId} apart={readerApart} />
        )}
      </>
    ),
  },
];

const givenInWords = ({ name, as, by, byRule }: NonNullable<WorklistItem["given"]>): string =>
  `${as === "offer" ? "Offered to" : "Assigned to"} ${name}${byRule ? " by a rule" : by ? ` by ${by}` : ""}`;

/** The columns of one side, in order. */
export const columnsFor = (hospital: boolean): readonly CaseColumn[] =>
  caseColumns.filter(({ only }) => !only || only === (hospital ? "hospital" : "reader"));

/** The case's state and holder: the caller, a colleague, or nobody. */
function Holder({ item, userId, apart }: { item: WorklistItem; userId: string; apart: boolean }) {
  const zone = useZone();
  const now = useNow();
  if (!apart && item.draft && item.draft.id !== item.claimedBy?.id) return <DraftMark item={item} userId={userId} />;
  const { status, mine } = item;
  if (item.reserved && !item.claimedBy) return <ReserveMark item={item} userId={userId} />;
  if (!item.claimedBy) return <StatusMark status={status} />;
  const until = item.claimedUntil ? `Claimed until ${formatExact(item.claimedUntil, zone)}` : undefined;
  if (apart && !mine)
    return (
      <span title={until}>
        <StatusMark status={status} />
        {item.claimedUntil ? (
          <span className="text-quiet"> until {formatWhen(item.claimedUntil, now, zone)}</span>
        ) : null}
      </span>
    );
  return (
    <span title={until}>
      <StatusMark status={status} word={mine ? ownStatusWords[status] : item.claimedBy.name} />
    </span>
  );
}
