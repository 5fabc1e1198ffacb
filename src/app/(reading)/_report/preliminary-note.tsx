import type { Report } from "../../_trpc/types.ts";
import { When } from "../../_ui/now.tsx";
import { doubleRefusal } from "./double-reading-note.tsx";

type Finality = Pick<Report, "preliminary" | "finalBar" | "double">;

/** Why the caller does not sign the final report of the case that he holds; null: nothing keeps him from it. */
export function finalRefusal({ preliminary, finalBar, double }: Finality): string | null {
  const refusal = doubleRefusal(double);
  if (refusal) return refusal;
  if (preliminary?.own && !preliminary.alone && !finalBar)
    return "You signed the preliminary report: a colleague goes over it and signs the final one.";
  switch (finalBar) {
    case "read-type":
      return `Your kinds of reading do not include ${preliminary && !preliminary.own ? "over-reads" : "final reports"}: sign as preliminary, and a colleague goes over it.`;
    case "privilege":
      return "Your privilege at this facility is to draft: sign as preliminary, and a colleague goes over it.";
    default:
      return null;
  }
}

/** Whose preliminary report this is the draft of, and who signs the final one. */
export function PreliminaryNote({ report }: { report: Finality }) {
  const { preliminary, finalBar } = report;
  const refusal = finalRefusal(report);
  if (!preliminary && !refusal) return null;
  return (
    <p role="note" className="border-b border-line bg-panel px-3 py-2 text-[0.8125rem]">
      {preliminary ? (
        <>
          Preliminary report by {preliminary.own ? "you" : preliminary.signedBy}, <When at={preliminary.signedAt} />.{" "}
          {preliminary.alone
            ? "Nobody else of your group may go over it: you sign the final one yourself, and it says so."
            : preliminary.own
              ? "A colleague goes over it."
              : finalBar
                ? refusal
                : "You go over it and sign the final one."}
        </>
      ) : (
        refusal
      )}
    </p>
  );
}
