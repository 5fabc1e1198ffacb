import { Exact } from "./now.tsx";
import { PatientWarning } from "./status.tsx";

type Version = {
  version: number;
  kind: string;
  signedAt: string;
  sections: { key: string; text: string }[];
};

/** So much of an addendum is said at the impression; the whole stands in its place. Characters. */
const mostWords = 160;

/**
 * Stands at an impression that has addenda: what was signed stays as it is, and nobody may read it without learning
 * that more was said since.
 *
 * @param shown the version whose impression this is; addenda that came later stand in a version of their own.
 * @param timeZone of the facility: the PDF says the same moment by its clock.
 */
export function Amendments({
  versions,
  shown,
  timeZone,
}: {
  versions: readonly Version[];
  shown: number;
  timeZone: string;
}) {
  const addenda = versions.filter(({ kind }) => kind === "addendum").sort((a, b) => a.version - b.version);
  if (addenda.length === 0) return null;
  return (
    <PatientWarning>
      {addenda.map(({ version, signedAt, sections }) => {
        const words = [...(sections.at(-1)?.text ?? "").replace(/\s+/g, " ").trim()];
        return (
          <span key={version} className="block">
            Amended by the addendum of <Exact at={signedAt} timeZone={timeZone} />{" "}
            {version <= shown ? "below" : `in version ${version}`}: {words.slice(0, mostWords).join("")}
            {words.length > mostWords ? "…" : ""}
          </span>
        );
      })}
    </PatientWarning>
  );
}
