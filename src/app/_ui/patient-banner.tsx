import { ageAt, isBirthDate } from "@overread/shared/dicom/age";
import { formatTime } from "@overread/shared/dicom/dates";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { formatDicomDate, nameWritings, sexLabel } from "./format.ts";

type NameGroups = { alphabetic?: string | null; ideographic?: string | null; phonetic?: string | null };
export type BannerPatient = {
  /** The name representations in caret form, or the name as the archive formats it (`DOE, Jane · 山田 太郎`). */
  name: NameGroups | string;
  sex?: string | null;
  birthDate?: string | null;
  /** The character set it was decoded with instead of the declared one. */
  repaired?: string | null;
  /** The age as computed by the server; without it, computed from the dates. */
  ageAtStudy?: string | null;
  patientId: string;
  issuer?: string | null;
};
export type BannerStudy = {
  description?: string | null;
  date?: string | null;
  time?: string | null;
  accessionNumber?: string | null;
  facility?: string | null;
};

/** All representations of a name on one line, each with its language, so that the browser picks a suitable font. */
export function PatientName({ groups, className }: { groups: NameGroups | string; className?: string }) {
  const [first = "", ...rest] = typeof groups === "string" ? groups.split(" · ") : [];
  const { main, others } =
    typeof groups === "string" ? { main: first || "Name not given", others: rest } : nameWritings(groups);
  return (
    <span className={className}>
      <bdi>{main}</bdi>
      {others.map((other) => (
        <bdi key={other} className="ml-2 font-normal text-quiet">
          {other}
        </bdi>
      ))}
    </span>
  );
}

/** Marks a name that was decoded with another character set than the declared one, because it was not valid in that. */
export function RepairedMark({ label }: { label: string }) {
  return (
    <span
      className="ml-2 text-xs font-normal whitespace-nowrap text-urgent"
      title={`The sender declared another character set than the one this text is in. It was read as ${label.toUpperCase()}; the original is kept as it came.`}
    >
      read as {label.toUpperCase()}
    </span>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <span className="inline-flex items-baseline gap-1.5 whitespace-nowrap">
      <span className="text-xs text-quiet">{label}</span>
      <span className="tabular">{children}</span>
    </span>
  );
}

/**
 * The patient banner, on every screen that shows a patient: same facts, same order, never scrolled away. Each fact is
 * text, so that find-in-page and screen readers reach it.
 */
export function PatientBanner({
  patient,
  study,
  lead,
  aside,
  className,
}: {
  patient: BannerPatient;
  study: BannerStudy;
  /** Before the name: the link back. */
  lead?: ReactNode;
  aside?: ReactNode;
  className?: string;
}) {
  const age = patient.ageAtStudy || ageAt({ birthDate: patient.birthDate }, study.date);
  const when = [formatDicomDate(study.date), formatTime(study.time)].filter(Boolean).join(", ");
  return (
    <section
      aria-label="Patient"
      className={classNames(
        "flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-0.5 border-b border-line bg-panel px-3 py-1.5 text-[0.8125rem] max-sm:gap-x-3 max-sm:gap-y-0",
        className,
      )}
    >
      <div className="flex items-center gap-2 max-sm:w-full">
        {lead}
        <h1 className="text-[0.9375rem] font-semibold">
          <PatientName groups={patient.name} />
          {patient.repaired ? <RepairedMark label={patient.repaired} /> : null}
        </h1>
      </div>
      <span className="whitespace-nowrap">
        {[sexLabel(patient.sex), age && `${age} at study`].filter(Boolean).join(", ")}
      </span>
      <Fact label="born">{isBirthDate(patient.birthDate) ? formatDicomDate(patient.birthDate) : "not known"}</Fact>
      <Fact label="ID">
        {patient.patientId || "—"}
        {patient.issuer ? <span className="text-quiet"> ({patient.issuer})</span> : null}
      </Fact>
      {/* Gives way before anything of the patient's does, and before the banner takes a second line. */}
      <div className="flex min-w-64 flex-1 basis-0 items-baseline gap-x-4 max-sm:min-w-0 max-sm:basis-full max-sm:flex-wrap max-sm:gap-x-3">
        <span className="flex min-w-0 gap-1">
          <span className="truncate font-medium" title={study.description ?? undefined}>
            {study.description || "Study without description"}
          </span>
          <span className="tabular shrink-0 text-quiet"> · {when}</span>
        </span>
        {study.accessionNumber ? (
          <span className="shrink-0">
            <Fact label="acc.">{study.accessionNumber}</Fact>
          </span>
        ) : null}
        {study.facility ? (
          <span className="min-w-12 shrink-[4] truncate text-quiet" title={study.facility}>
            {study.facility}
          </span>
        ) : null}
      </div>
      {aside ? <div className="ml-auto flex items-center gap-3">{aside}</div> : null}
    </section>
  );
}
