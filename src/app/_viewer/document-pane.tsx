import type { Attributes } from "@overread/shared/dicom/attributes";
import { text } from "@overread/shared/dicom/attributes";
import type { DocumentLine } from "@overread/shared/dicom/report-lines";
import { Tag } from "@overread/shared/dicom/tags";
import type { ReportedMeasurement } from "@overread/shared/measurements/from-report";
import { Download, X } from "lucide-react";
import { useEffect, useState } from "react";
import { readableDate } from "./dates.ts";
import styles from "./document-pane.module.css";
import { documentContent, documentTitle, imageOfMeasurement } from "./documents.ts";
import type { OtherObject } from "./frames.ts";
import { type LoadedSeries, loadSeries, pdfOf } from "./series-store.ts";
import type { Session } from "./session/run.ts";
import type { ImagePointer, SeriesForViewing, StudyForViewing } from "./types.ts";
import { ViewerError } from "./viewer-error.ts";

type Loading = { loaded: LoadedSeries } | { problem: string } | null;

function sentenceOf(error: unknown): string {
  return error instanceof ViewerError ? error.message : "This document could not be opened.";
}

/** A document series (text or PDF pages), shown beside the images. */
export function DocumentPane({
  session,
  study,
  series,
  isPrior,
}: {
  session: Session;
  study: StudyForViewing;
  series: SeriesForViewing;
  isPrior: boolean;
}) {
  const [state, setState] = useState<Loading>(null);
  const [attempt, setAttempt] = useState(0);
  const [chosen, setChosen] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another try at the same series
  useEffect(() => {
    let gone = false;
    setState(null);
    loadSeries(study, series).then(
      (loaded) => !gone && setState({ loaded }),
      (error: unknown) => !gone && setState({ problem: sentenceOf(error) }),
    );
    return () => {
      gone = true;
    };
  }, [study, series, attempt]);
  const objects = state && "loaded" in state ? state.loaded.others : [];
  const object = objects[Math.min(chosen, objects.length - 1)] ?? null;
  const title = (object && documentTitle(object.attributes)) || series.seriesDescription || "Document";
  const made = object
    ? readableDate(
        text(object.attributes, Tag.ContentDate) ?? text(object.attributes, Tag.SeriesDate) ?? study.studyDate,
      )
    : readableDate(study.studyDate);

  return (
    <section className={styles.document} aria-label={`Document: ${title}`} data-testid="document">
      <header className={styles.head}>
        <strong>{isPrior ? `${study.label}: ` : ""}</strong>
        {objects.length > 1 ? (
          <select aria-label="Document" value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
            {objects.map((each, index) => (
              <option key={each.sopInstanceUid} value={index}>
                {index + 1}. {documentTitle(each.attributes) ?? each.title}
              </option>
            ))}
          </select>
        ) : (
          <span className={styles.title}>{title}</span>
        )}
        <span className={styles.made}>{made}</span>
        <button
          type="button"
          onClick={() => session.dispatch({ type: "close-document" })}
          aria-label="Close the document"
          title="Close (Esc)"
        >
          <X size={16} aria-hidden />
        </button>
      </header>
      {state === null ? (
        <p className={styles.note} role="status">
          Opening the document
        </p>
      ) : "problem" in state ? (
        <Problem text={state.problem} onRetry={() => setAttempt(attempt + 1)} />
      ) : object ? (
        <Content key={object.sopInstanceUid} session={session} loaded={state.loaded} object={object} />
      ) : (
        <Empty session={session} loaded={state.loaded} />
      )}
    </section>
  );
}

/** The series has images after all; its modality suggested otherwise. */
function Empty({ session, loaded }: { session: Session; loaded: LoadedSeries }) {
  const { study, series, frames } = loaded;
  if (frames.length === 0) return <p className={styles.note}>No objects of this series are in the archive.</p>;
  const open = () => {
    session.dispatch({ type: "close-document" });
    session.dispatch({ type: "open", study, series });
  };
  return (
    <p className={styles.note}>
      This series has {frames.length} {frames.length === 1 ? "picture" : "pictures"} and no words.{" "}
      <button type="button" onClick={open}>
        Show them
      </button>
    </p>
  );
}

function Content({ session, loaded, object }: { session: Session; loaded: LoadedSeries; object: OtherObject }) {
  const content = documentContent(object.attributes);
  if (content.kind === "pdf") return <PdfPages loaded={loaded} object={object} />;
  if (content.kind === "other")
    return (
      <p className={styles.note}>
        {object.title}: this viewer does not show objects of this kind. It is in the archive unchanged.
      </p>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text must be scrollable by keyboard
    <article className={styles.text} tabIndex={0}>
      {content.lines.length === 0 && content.kind === "text" ? <p>This report has no text.</p> : null}
      {content.kind === "text" && content.measurements.length > 0 ? (
        <MeasurementTable session={session} report={object.attributes} measurements={content.measurements} />
      ) : null}
      {content.lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of a stored object never move
        <Line key={index} line={line} />
      ))}
      {content.kind === "images" ? <ImageList session={session} study={loaded.study} images={content.images} /> : null}
    </article>
  );
}

function Line({ line: { depth, heading, value } }: { line: DocumentLine }) {
  return (
    <div className={styles.line} style={{ marginInlineStart: `${Math.min(depth, 4) * 12}px` }}>
      {heading ? <h3 data-top={depth === 0 || undefined}>{heading}</h3> : null}
      {value ? <p>{value}</p> : null}
    </div>
  );
}

/** The measurements of a report (TID 1500), a row for each, with its values and the image that it lies on. */
function MeasurementTable({
  session,
  report,
  measurements,
}: {
  session: Session;
  report: Attributes;
  measurements: readonly ReportedMeasurement[];
}) {
  return (
    <table className={styles.measurements}>
      <caption>{measurements.length === 1 ? "1 measurement" : `${measurements.length} measurements`}</caption>
      <tbody>
        {measurements.map((measurement, index) => {
          const image = imageOfMeasurement(report, measurement);
          const name = measurement.label || measurement.finding?.meaning || `No. ${index + 1}`;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: measurements of a stored object never move
            <tr key={index}>
              <th scope="row">
                {name}
                {measurement.site ? `, ${measurement.site.meaning}` : ""}
              </th>
              <td>
                {measurement.lines.map(({ name: what, words }, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <div key={at}>
                    {what}: {words}
                  </div>
                ))}
              </td>
              <td>
                {image ? (
                  <button
                    type="button"
                    onClick={() => session.dispatch({ type: "jump", to: image })}
                    aria-label={`Show the image of ${name}`}
                  >
                    Image
                  </button>
                ) : null}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function ImageList({ session, study, images }: { session: Session; study: StudyForViewing; images: ImagePointer[] }) {
  const root = `${study.dicomwebRoot}/studies/${study.studyInstanceUid}`;
  if (images.length === 0) return <p>It points to no image of this study.</p>;
  return (
    <ol className={styles.images} aria-label="Images it points to">
      {images.map((image, index) => (
        <li key={`${image.sopInstanceUid}/${image.frameNumber}`}>
          <button type="button" onClick={() => session.dispatch({ type: "jump", to: image })} title="Show this image">
            {/* biome-ignore lint/performance/noImgElement: the archive renders it; Next's optimiser must not see pixels. */}
            <img
              src={`${root}/series/${image.seriesInstanceUid}/instances/${image.sopInstanceUid}/frames/${image.frameNumber}/rendered?viewport=256,256`}
              alt={`No. ${index + 1} of ${images.length}`}
              loading="lazy"
              decoding="async"
            />
          </button>
        </li>
      ))}
    </ol>
  );
}

/**
 * A PDF in the browser's own viewer. We set the media type, whatever the object says, so the bytes can only be shown as
 * pages; they come as a blob URL, which no outside address can imitate. Where a browser shows only the first page in a
 * frame, or none (phones), the file is offered for download; so is a file with active content.
 */
function PdfPages({ loaded, object }: { loaded: LoadedSeries; object: OtherObject }) {
  const [state, setState] = useState<{ address: string; active: boolean } | { problem: string } | null>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another try at the same file
  useEffect(() => {
    let address: string | null = null;
    let gone = false;
    setState(null);
    pdfOf(loaded, object).then(
      ({ file, active }) => {
        if (gone) return;
        address = URL.createObjectURL(file);
        setState({ address, active });
      },
      (error: unknown) => !gone && setState({ problem: sentenceOf(error) }),
    );
    return () => {
      gone = true;
      if (address) URL.revokeObjectURL(address);
    };
  }, [loaded, object, attempt]);

  if (state === null)
    return (
      <p className={styles.note} role="status">
        Fetching the pages
      </p>
    );
  if ("problem" in state) return <Problem text={state.problem} onRetry={() => setAttempt(attempt + 1)} />;
  const inPage = navigator.pdfViewerEnabled !== false && !matchMedia("(pointer: coarse)").matches;
  return inPage && !state.active ? (
    <iframe
      className={styles.pages}
      src={`${state.address}#toolbar=1&navpanes=0&view=FitH`}
      title="Pages of the document"
    />
  ) : (
    <div className={styles.note}>
      <p>
        {state.active
          ? "This PDF holds more than pages (scripts, actions, files inside, or a lock), so it is not opened here. It is in the archive unchanged; open it only if you trust its sender."
          : "This device shows a PDF whole only outside of this page."}
      </p>
      {/* No patient name in a file name. */}
      <a href={state.address} download="document.pdf">
        <Download size={16} aria-hidden /> Save the PDF
      </a>
    </div>
  );
}

function Problem({ text: words, onRetry }: { text: string; onRetry: () => void }) {
  return (
    <div className={styles.note} role="alert">
      <p>{words}</p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
