import type { SqlTx } from "#server/context.ts";
import { type FindingCode, forceOf } from "./engine/findings.ts";
import { traces } from "./engine/trace.ts";
import { fillSnapshot } from "./fill-snapshot.ts";

/** What signing the final report of a case asks of its reader, and of the group. */
export type Finalising = {
  /** What keeps him from it: his kinds of reading, and his privilege where the group enforces privileges. Empty: nothing. */
  bars: FindingCode[];
  /** Somebody else of the group may go over it or read it, whenever he works. */
  othersMay: boolean;
};

const finalBars: ReadonlySet<FindingCode> = new Set(["read-type.missing", "privilege.too-low", "privilege.expired"]);

/**
 * Whether a reader may sign the final report of the open case that he holds, and whether anybody else of the group may. In the group's transaction.
 *
 * @param input.goesOver `own`: he finalises a preliminary report of his own, which is no over-read; `others`: a colleague's; `nothing`: there is none.
 */
export async function whoFinalises(
  tx: SqlTx,
  input: { readerOrgId: string; caseId: string; userId: string; goesOver: "own" | "others" | "nothing" },
): Promise<Finalising> {
  const { readerOrgId, caseId, userId, goesOver } = input;
  const { snapshot } = await fillSnapshot(tx, readerOrgId, { caseIds: [caseId] });
  const cases = snapshot.cases.map((facts) =>
    facts.id === caseId
      ? {
          ...facts,
          readType: goesOver === "nothing" ? ("final" as const) : ("over-read" as const),
          // As it stands when he has let go of it, so that its rule is asked of the others.
          state: facts.state === "claimed" ? ("unread" as const) : facts.state,
          claim: null,
          offer: null,
          assignment: null,
        }
      : facts,
  );
  const readers = traces({ ...snapshot, cases }, [caseId]).traces.get(caseId)?.readers;
  // Not open any more: nobody finalises it, and nobody is said to be alone with it.
  if (!readers) return { bars: [], othersMay: true };
  const finals = snapshot.readers.find(({ id }) => id === userId)?.readTypes.includes("final") ?? false;
  const own = readers.find(({ readerId }) => readerId === userId)?.findings ?? [];
  const bars = own
    .map(({ code }) => code)
    .filter((code) => finalBars.has(code) && (goesOver !== "own" || code !== "read-type.missing"));
  return {
    bars: goesOver === "own" && !finals ? ["read-type.missing", ...bars] : bars,
    othersMay: readers.some(
      // Whoever signed an earlier preliminary report than the newest may go over that one.
      ({ readerId, findings }) =>
        readerId !== userId &&
        findings.every((each) => forceOf(each) !== "never" || each.code === "conflict.same-reader"),
    ),
  };
}
