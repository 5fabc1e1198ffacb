import { FileText } from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import { readableDate } from "./dates.ts";
import { byNumber, mayHaveImages } from "./matching-series.ts";
import styles from "./series-tray.module.css";
import type { Session, Side } from "./session.ts";
import type { SeriesForViewing, StudyForViewing } from "./types.ts";
import { usePane } from "./use-pane.ts";

/** Series of the current study, and of the priors below it. */
export function SeriesTray({
  session,
  current,
  priors,
  shownPrior,
}: {
  session: Session;
  current: StudyForViewing;
  priors: StudyForViewing[];
  shownPrior: StudyForViewing | null;
}) {
  return (
    <nav className={styles.trayList} aria-label="Series">
      <StudySeries session={session} study={current} side="current" open />
      {priors.map((prior) => (
        <StudySeries
          key={`${prior.dicomwebRoot}/${prior.studyInstanceUid}`}
          session={session}
          study={prior}
          side="prior"
          open={shownPrior?.studyInstanceUid === prior.studyInstanceUid}
        />
      ))}
    </nav>
  );
}

function StudySeries({
  session,
  study,
  side,
  open,
}: {
  session: Session;
  study: StudyForViewing;
  side: Side;
  open: boolean;
}) {
  return (
    <section data-side={side} className={styles.trayStudy}>
      <button
        type="button"
        className={styles.trayHead}
        aria-expanded={open}
        disabled={side === "current"}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => (open ? session.togglePrior() : session.choosePrior(study.studyInstanceUid))}
        title={`${study.description ?? "Study"}, ${readableDate(study.studyDate) ?? "no date"}`}
      >
        <b>{side === "current" ? "Current" : "Prior"}</b> {readableDate(study.studyDate) ?? "no date"}
        {study.doubt ? <span title={study.doubt}> · patient not certain</span> : null}
      </button>
      {open && (
        <ol>
          {byNumber(study.series).map((series) => (
            <li key={series.seriesInstanceUid}>
              <SeriesButton session={session} study={study} series={series} side={side} />
            </li>
          ))}
          {study.series.length === 0 && <li className={styles.trayNote}>No images have arrived.</li>}
        </ol>
      )}
    </section>
  );
}

function SeriesButton({
  session,
  study,
  series,
  side,
}: {
  session: Session;
  study: StudyForViewing;
  series: SeriesForViewing;
  side: Side;
}) {
  const { view } = usePane(session, side);
  const { painted } = useSyncExternalStore(session.view.subscribe, session.view.get);
  const shown = view?.loaded?.series.seriesInstanceUid === series.seriesInstanceUid;
  const total = shown ? (view?.loaded?.frames.length ?? 0) : 0;
  const name = series.seriesDescription || `${series.modality} series`;
  if (!mayHaveImages(series)) return <DocumentRow session={session} study={study} series={series} name={name} />;
  return (
    <button
      type="button"
      className={styles.series}
      aria-current={shown || undefined}
      aria-label={`Series ${series.seriesNumber ?? ""} ${name}, ${series.numberOfInstances} images`}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => session.openSeries(study, series)}
      title={name}
    >
      {/* Thumbnails wait until the first image stands: they share the line with it. */}
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

/** A series without pictures: opens beside the images, and goes away again. */
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
  const { document } = useSyncExternalStore(session.view.subscribe, session.view.get);
  const open = document?.series.seriesInstanceUid === series.seriesInstanceUid;
  return (
    <button
      type="button"
      className={styles.series}
      aria-pressed={open}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => (open ? session.closeDocument() : session.openDocument(study, series))}
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
