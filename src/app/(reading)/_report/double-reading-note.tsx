import type { Report } from "../../_trpc/types.ts";
import { When } from "../../_ui/now.tsx";

type Stage = NonNullable<Report["double"]>["stage"];

/** What the caller does with a case that is read twice; of `waits` and `differs`, why nothing. */
const words: Record<Stage, string> = {
  first:
    "This case is read twice, independently. Yours is the first reading: nobody sees it before the second is kept.",
  second: "This case is read twice, independently. You see the first reading when yours is kept.",
  waits: "Your reading is kept. A colleague reads the case without seeing it.",
  compares: "Both readings are kept. Compare them, say what you think of the other one, and sign the final report.",
  differs: "The two readings differ: a third reader decides.",
  decides: "Two colleagues have read this case independently. You see both, decide, and sign the final report.",
};

/** Why the caller does not sign the final report now; null: he may. */
export function doubleRefusal(double: Report["double"]): string | null {
  return !double || double.stage === "compares" || double.stage === "decides" ? null : words[double.stage];
}

/** Whether the caller writes on a case that is read twice. */
export const writesOn = (double: Report["double"]): boolean =>
  !double || (double.stage !== "waits" && double.stage !== "differs");

/** Where a case stands that is read twice; the two readings side by side by section, once both are kept. */
export function DoubleReadingNote({ report }: { report: Report }) {
  const { double, versions } = report;
  if (!double) return null;
  const readings = versions.filter(({ blind }) => blind).toReversed();
  return (
    <section
      aria-label="Double reading"
      className="flex max-h-[45%] shrink-0 flex-col gap-2 overflow-y-auto border-b border-line bg-panel px-3 py-2 text-[0.8125rem]"
    >
      <p role="note">{words[double.stage]}</p>
      {double.kept.length > 0 ? (
        <p className="text-xs text-quiet">
          {double.kept.map(({ signedBy, signedAt }, index) => (
            <span key={signedAt}>
              {index > 0 ? " · " : ""}
              {signedBy}, <When at={signedAt} />
            </span>
          ))}
        </p>
      ) : null}
      {readings.length === 2 ? <Comparison readings={readings} /> : null}
    </section>
  );
}

function Comparison({ readings }: { readings: Report["versions"] }) {
  const titles = new Map(readings.flatMap(({ sections }) => sections.map(({ key, title }) => [key, title] as const)));
  const textOf = (reading: Report["versions"][number], key: string) =>
    reading.sections.find((section) => section.key === key)?.text.trim() ?? "";
  return (
    <dl className="flex flex-col gap-2">
      {[...titles].map(([key, title]) => {
        const texts = readings.map((reading) => textOf(reading, key));
        const same = texts[0] === texts[1];
        return (
          <div key={key} data-differs={!same}>
            <dt className="text-xs font-medium text-quiet">
              {title} · {same ? "the same" : <span className="text-urgent">differs</span>}
            </dt>
            {same ? (
              <dd className="whitespace-pre-wrap select-text">{texts[0]}</dd>
            ) : (
              <dd className="grid gap-2 sm:grid-cols-2">
                {readings.map((reading, index) => (
                  <span
                    key={reading.reportVersionId}
                    className="border-l-2 border-line pl-2 whitespace-pre-wrap select-text"
                  >
                    <span className="block text-xs text-quiet">{reading.signedBy}</span>
                    {texts[index] || "nothing"}
                  </span>
                ))}
              </dd>
            )}
          </div>
        );
      })}
    </dl>
  );
}
