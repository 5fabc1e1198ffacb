import { FileText } from "lucide-react";
import { useState } from "react";
import { readableDate } from "./dates.ts";
import { byNumber, mayHaveImages } from "./matching-series.ts";
import { startSeriesDrag } from "./series-drag.ts";
import styles from "./series-tray.module.css";
import { type CellId, studyKey } from "./session/cell.ts";
import { activeCell, filledCells } from "./session/places.ts";
import type { Session } from "./session/run.ts";
import type { SessionState } from "./session/state.ts";
import type { SeriesForViewing, StudyForViewing } from "./types.ts";
import { useCell, useSession } from "./use-session.ts";

/** What the mark of a borrowed prior means. */
const lentWords = (origin: string): string => `Lent by ${origin} while you hold this case`;

/** The series of the current study, and of the priors below it. */
export function SeriesTray({ session }: { session: Session }) {
  const { current, priors } = useSession(session, (state) => state.studies);
  return (
    <nav className={styles.trayList} aria-label="Series">
      <StudySeries session={session} study={current} isPrior={false} />
      {priors.map((prior) => (
        <StudySeries key={studyKey(prior)} session={session} study={prior} isPrior />
      ))}
    </nav>
  );
}

/** One study in the tray. The series of a prior are listed while a cell shows one of them. */
function StudySeries({ session, study, isPrior }: { session: Session; study: StudyForViewing; isPrior: boolean }) {
  const key = studyKey(study);
  const shown = useSession(session, (state) => filledCells(state).some(([, { source }]) => source.study === key));
  const open = shown || !isPrior || study.together === true;
  return (
    <section data-side={isPrior ? "prior" : "current"} className={styles.trayStudy}>
      <button
        type="button"
        className={styles.trayHead}
        aria-expanded={open}
        disabled={!isPrior}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => session.dispatch(shown ? { type: "toggle-prior" } : { type: "choose-prior", study })}
        title={`${study.description ?? "Study"}, ${readableDate(study.studyDate) ?? "no date"}`}
      >
        <b>{study.label}</b> {(study.together && study.description) || (readableDate(study.studyDate) ?? "no date")}
        {study.doubt ? <span title={study.doubt}> · patient not certain</span> : null}
        {study.lentBy ? <span title={lentWords(study.lentBy)}> · from {study.lentBy}</span> : null}
      </button>
      {open && (
        <ol>
          {byNumber(study.series).map((series) => (
            <li key={series.seriesInstanceUid}>
              <SeriesButton session={session} study={study} series={series} />
            </li>
          ))}
          {study.series.length === 0 && <li className={styles.trayNote}>No images have arrived.</li>}
        </ol>
      )}
    </section>
  );
}

/** The cell that shows a series, the active one preferred; the first cell id when none does. */
function cellOf(state: SessionState, study: StudyForViewing, series: SeriesForViewing): [CellId, boolean] {
  const shown = filledCells(state).flatMap(([id, { source }]) =>
    source.study === studyKey(study) && source.series === series.seriesInstanceUid ? [id] : [],
  );
  const active = activeCell(state);
  const id = shown.includes(active) ? active : shown[0];
  return id ? [id, true] : [active, false];
}

function SeriesButton({
  session,
  study,
  series,
}: {
  session: Session;
  study: StudyForViewing;
  series: SeriesForViewing;
}) {
  const id = useSession(session, (state) => cellOf(state, study, series)[0]);
  const shown = useSession(session, (state) => cellOf(state, study, series)[1]);
  const painted = useSession(session, (state) => state.painted);
  const { cell, view } = useCell(session, id);
  const total = shown ? (cell?.loaded?.frames.length ?? 0) : 0;
  const name = series.seriesDescription || `${series.modality} series`;
  if (!mayHaveImages(series)) return <DocumentRow session={session} study={study} series={series} name={name} />;
  return (
    <button
      type="button"
      className={styles.series}
      aria-current={shown || undefined}
      aria-label={`Series ${series.seriesNumber ?? ""} ${name}, ${series.numberOfInstances} images`}
      draggable
      onDragStart={(event) => startSeriesDrag(event.dataTransfer, study, series)}
      onClick={(event) => {
        session.dispatch({ type: "open", study, series });
        // After a click, focus returns to the images; keyboard users keep it.
        if (event.detail > 0) event.currentTarget.blur();
      }}
      title={name}
    >
      {/* Thumbnails wait for the first image, with which they share the bandwidth. */}
      <Thumbnail study={study} series={series} wait={!painted} />
      <span className={styles.seriesText}>
        <span>{name}</span>
        <small>
          {series.seriesNumber !== null && `${series.seriesNumber} · `}
          {series.modality} · {total || series.numberOfInstances}
        </small>
      </span>
      {shown && view && total > 1 && view.ready < total && (
        <progress className={styles.bar} value={view.ready} max={total} aria-label={`Loading ${name}`} />
      )}
    </button>
  );
}

function Thumbnail({ study, series, wait }: { study: StudyForViewing; series: SeriesForViewing; wait: boolean }) {
  const [attempt, setAttempt] = useState(0);
  const base = `${study.dicomwebRoot}/studies/${study.studyInstanceUid}/series/${series.seriesInstanceUid}`;
  const addresses = [
    `${base}/thumbnail?viewport=128,128`,
    ...(series.thumbnailSopInstanceUid
      ? [`${base}/instances/${series.thumbnailSopInstanceUid}/rendered?viewport=128,128`]
      : []),
  ];
  const address = addresses[attempt];
  if (wait || !address)
    return (
      <span className={styles.thumb} aria-hidden>
        {series.modality}
      </span>
    );
  return (
    // biome-ignore lint/performance/noImgElement: the archive makes thumbnails; Next's optimiser must not see pixels.
    <img
      className={styles.thumb}
      src={address}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setAttempt(attempt + 1)}
    />
  );
}

const documentKinds: Readonly<Record<string, string>> = { DOC: "PDF", SR: "Text", KO: "Key images" };

/** A document series: opens and closes beside the images. */
function DocumentRow({
  session,
  study,
  series,
  name,
}: {
  session: Session;
  study: StudyForViewing;
  series: SeriesForViewing;
  name: string;
}) {
  const document = useSession(session, (state) => state.document);
  const open = document?.series.seriesInstanceUid === series.seriesInstanceUid;
  return (
    <button
      type="button"
      className={styles.series}
      aria-pressed={open}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() =>
        open ? session.dispatch({ type: "close-document" }) : session.dispatch({ type: "open-document", study, series })
      }
      title={name}
    >
      <span className={styles.thumb} aria-hidden>
        <FileText size={20} />
      </span>
      <span className={styles.seriesText}>
        <span>{name}</span>
        <small>
          {series.seriesNumber !== null && `${series.seriesNumber} · `}
          {documentKinds[series.modality] ?? series.modality}
        </small>
      </span>
    </button>
  );
}
