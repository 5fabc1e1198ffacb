import type { SqlTx } from "#server/context.ts";
import { forceOf } from "./engine/findings.ts";
import { traces } from "./engine/trace.ts";
import { fillSnapshot } from "./fill-snapshot.ts";

/** The readers who may have a case, by what is known of them and by the group's rules. */
export type WhoMay = {
  /** All of them, whenever they work. */
  all: string[];
  /** Those who are there now: on shift and not on a break, and with them who is on no roster. Empty where nobody is known to be there. */
  there: string[];
};

/**
 * Who may read these cases: nobody whom contract, licence, privilege, kind of reading, language or the rules keep from it. A cap keeps nobody from
 * being told. In the reading group's transaction.
 *
 * @returns by case; none for a case that is not open.
 */
export async function readersWhoMay(
  tx: SqlTx,
  { readerOrgId, caseIds }: { readerOrgId: string; caseIds: readonly string[] },
): Promise<Map<string, WhoMay>> {
  if (caseIds.length === 0) return new Map();
  const { snapshot } = await fillSnapshot(tx, readerOrgId, { caseIds });
  const signedIn = new Set(snapshot.readers.filter((each) => each.signedIn).map(({ id }) => id));
  const found = traces(snapshot, caseIds).traces;
  return new Map(
    [...found].map(([caseId, { readers }]) => {
      const may = readers.filter(({ findings }) => findings.every((each) => forceOf(each) !== "never"));
      const has = (codes: readonly string[]) => (reader: (typeof may)[number]) =>
        reader.findings.some(({ code }) => codes.includes(code));
      const away = has(["shift.off", "break.on"]);
      const onShift = has(["shift.on"]);
      const present = may.filter((reader) => !away(reader));
      const known = present.some((reader) => onShift(reader) || signedIn.has(reader.readerId));
      const ids = (of: typeof may) => of.map(({ readerId }) => readerId);
      return [caseId, { all: ids(may), there: known ? ids(present) : [] }];
    }),
  );
}
