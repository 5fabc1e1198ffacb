import { type CSSProperties, useEffect, useRef } from "react";
import { CellFrame } from "./cell-frame.tsx";
import { DocumentPane } from "./document-pane.tsx";
import { openingDocument } from "./matching-series.ts";
import { type CellId, studyKey } from "./session/cell.ts";
import { activeCell, cellIdsOf } from "./session/places.ts";
import type { Session } from "./session/run.ts";
import { useSession } from "./use-session.ts";
import styles from "./viewer.module.css";

/** The cells of the layout, and the document beside them. */
export function Stage({ session }: { session: Session }) {
  const stage = useRef<HTMLDivElement>(null);
  const layout = useSession(session, (state) => state.layout);
  const document = useSession(session, (state) => state.document);
  const current = useSession(session, (state) => state.studies.current);
  const only = useSession(session, (state) => (state.maximized ? activeCell(state) : null));
  // A study of documents only: the document takes the place of the cell.
  const wordless = useSession(session, ({ cells }) =>
    document && openingDocument(current.series)
      ? (cellIdsOf(layout).find(
          (id) => cells[id]?.source.series === null && cells[id].source.study === studyKey(current),
        ) ?? null)
      : null,
  );
  const places: CellId[] = cellIdsOf(layout).filter((id) => id !== wordless);
  const columns = only ? 1 : Math.min(layout.columns, places.length);
  const rows = only ? 1 : Math.ceil(places.length / Math.max(1, columns));
  const shape = `${places.join()} ${only} ${document === null}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: with another shape cells come or go, and have to be watched.
  useEffect(() => {
    if (!stage.current) return;
    const observer = new ResizeObserver(() => session.resize());
    // Observes the cells and not the stage: a layout change leaves the stage's size as it is, and a canvas sized for
    // the whole stage would be squeezed into a cell.
    for (const cell of stage.current.querySelectorAll("[data-cell]")) observer.observe(cell);
    return () => observer.disconnect();
  }, [session, shape]);

  const narrow = Math.min(rows, columns);
  const narrowRows = Math.ceil((rows * columns) / Math.max(1, narrow));
  const style = {
    "--rows": rows,
    "--columns": columns,
    // A fraction of the free space cannot be computed in a style sheet.
    "--room-across": `${columns}fr`,
    "--narrow-columns": narrow,
    "--narrow-rows": narrowRows,
    "--room-down": `${narrowRows}fr`,
  } as CSSProperties;
  return (
    <div
      ref={stage}
      className={styles.stage}
      style={style}
      data-document={document && places.length > 0 ? (places.length > 1 ? "beside-several" : "beside-one") : undefined}
    >
      {places.length > 0 && (
        <div className={styles.cells}>
          {places.map((id) => (
            <CellFrame key={id} session={session} id={id} hidden={only !== null && only !== id} />
          ))}
        </div>
      )}
      {document && (
        <DocumentPane
          key={document.series.seriesInstanceUid}
          session={session}
          study={document.study}
          series={document.series}
          isPrior={document.study.studyInstanceUid !== current.studyInstanceUid}
        />
      )}
    </div>
  );
}
