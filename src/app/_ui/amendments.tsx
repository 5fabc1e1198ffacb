import { Exact } from "./now.tsx";
import { PatientWarning } from "./status.tsx";

type Version = {
  version: number;
  kind: string;
  signedAt: string;
  sections: { key: string; text: string }[];
};

/** At most this many characters of an addendum are shown at the impression; the full text stands in its section. */
const mostWords = 160;

/**
 * Shown at an impression that has addenda: the signed text stays as it is, and nobody should read it without the
 * addenda.
 *
 * @param shown the version whose impression this is; later addenda have versions of their own.
 * @param timeZone the facility's, as in the PDF.
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
