import { type DragEvent, useEffect, useRef, useState } from "react";
import { CellCorners } from "./cell-corners.tsx";
import styles from "./cell-frame.module.css";
import { CellHead } from "./cell-head.tsx";
import { CrossHairs } from "./cross-hairs.tsx";
import { PlaneControls } from "./plane-controls.tsx";
import { PositionBar } from "./position-bar.tsx";
import { droppedSeries, isSeriesDrag } from "./series-drag.ts";
import { type Cell, type CellId, isCurrent, studyOf } from "./session/cell.ts";
import { fitOf, isMirrored } from "./session/fit.ts";
import { activeCell, cellIdsOf, filledCells, nameOfCell } from "./session/places.ts";
import type { Session } from "./session/run.ts";
import type { StudyForViewing } from "./types.ts";
import { useCell, useSession } from "./use-session.ts";
import type { ViewportView } from "./viewports/viewport.ts";
import { wheelSteps } from "./wheel.ts";

/**
 * One cell of the layout: a viewport with its overlays, or an empty place that takes a series.
 *
 * @param hidden another cell is maximized; this one keeps its image.
 */
export function CellFrame({ session, id, hidden }: { session: Session; id: CellId; hidden: boolean }) {
  const cell = useSession(session, ({ cells }) => cells[id]);
  const study = useSession(session, (state) => cell && studyOf(state, cell.source.study));
  const active = useSession(session, (state) => activeCell(state) === id);
  const several = useSession(session, (state) => cellIdsOf(state.layout).length > 1);
  const isPrior = useSession(session, (state) => cell !== undefined && !isCurrent(state, cell));
  const [over, setOver] = useState(false);
  const activate = () => session.dispatch({ type: "activate", cell: id });
  const onDragOver = (event: DragEvent) => {
    if (!isSeriesDrag(event.dataTransfer)) return;
    event.preventDefault();
    setOver(true);
  };
  const onDrop = (event: DragEvent) => {
    setOver(false);
    const dropped = droppedSeries(event.dataTransfer, session.state());
    if (!dropped) return;
    event.preventDefault();
    session.dispatch({ type: "put", cell: id, ...dropped });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a series dropped on it can be opened by Enter on its button too.
    <div
      className={styles.pane}
      hidden={hidden}
      data-side={cell && (isPrior ? "prior" : "current")}
      data-cell={id}
      data-active={(active && several && !hidden) || undefined}
      data-over={over || undefined}
      onPointerDownCapture={activate}
      onDragOver={onDragOver}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      {cell && study ? (
        <FilledCell session={session} id={id} cell={cell} study={study} isPrior={isPrior} />
      ) : (
        <button
          type="button"
          data-empty
          className={styles.empty}
          // A click makes the cell the active one; the keys stay with the images.
          onMouseDown={(event) => event.preventDefault()}
          onFocus={activate}
          aria-label="Empty cell"
        >
          Choose a series, or drag one here
        </button>
      )}
    </div>
  );
}

function FilledCell({
  session,
  id,
  cell,
  study,
  isPrior,
}: {
  session: Session;
  id: CellId;
  cell: Cell;
  study: StudyForViewing;
  isPrior: boolean;
}) {
  const element = useRef<HTMLDivElement>(null);
  const { view } = useCell(session, id);
  const name = useSession(session, (state) => nameOfCell(state, id));
  const crowded = useSession(
    session,
    (state) => filledCells(state).filter(([, { source }]) => source.study === cell.source.study).length > 1,
  );
  const mirrored = useSession(session, (state) => isMirrored(state, id));
  const note = useSession(session, (state) => fitOf(state, id)?.note ?? null);
  const marked = useSession(session, (state) => (state.marked?.cell === id ? state.marked : null));

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const attach = () => session.attach(id, target);
    const many = cellIdsOf(session.state().layout).length > mostVisibleCells;
    const unwatch = many ? whenInView(target, attach) : attach();
    const steps = wheelSteps();
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      if (event.ctrlKey) session.dispatch({ type: "zoom", cell: id, factor: event.deltaY < 0 ? 1.1 : 1 / 1.1 });
      else {
        // With Shift held, browsers report the wheel as horizontal scrolling.
        const images = steps(event.deltaY || event.deltaX, event.deltaMode);
        if (images !== 0) session.dispatch({ type: "scroll", cell: id, images, alone: event.shiftKey });
      }
    };
    target.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      target.removeEventListener("wheel", onWheel);
      unwatch?.();
      session.detach(id);
    };
  }, [session, id]);

  const { loaded, presentation } = cell;
  // What stands beside a picture is about the picture that is seen, also while that is not whole.
  const seen = view?.preview ?? view?.shown ?? null;
  const frame = loaded && seen !== null ? (loaded.frames[seen] ?? null) : null;
  const total = loaded?.frames.length ?? 0;
  const problem = cell.problem ?? view?.problem ?? null;
  const unsharp = view !== null && view.preview !== null;
  const waiting =
    view !== null && !unsharp && view.shown !== null && view.shown !== presentation.index && !presentation.playing;
  const onDoubleClick = () => {
    const { tool } = session.state();
    // With the length or angle tool a click places a point of the line.
    if (tool !== "length" && tool !== "angle") session.dispatch({ type: "toggle-maximized", cell: id });
  };
  return (
    <>
      <CellHead
        session={session}
        id={id}
        name={name}
        study={study}
        isPrior={isPrior}
        series={crowded ? seriesLabel(cell, study) : null}
        view={frame?.view ?? null}
        standing={[mirrored ? "mirrored" : null, note].flatMap((each) => each ?? [])}
        warnings={loaded?.warnings ?? []}
        planes={loaded?.reformat ? <PlaneControls session={session} id={id} plane={loaded.reformat.plane} /> : null}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter does the same. */}
      <div className={styles.screen} onDoubleClick={onDoubleClick}>
        <div
          ref={element}
          role="img"
          aria-label={`${study.label} study, ${frame ? `image ${(seen ?? 0) + 1} of ${total}${unsharp ? ", not sharp yet" : ""}` : "no image yet"}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: keys act on it, and focus says which cell they mean.
          tabIndex={0}
          onFocus={() => session.dispatch({ type: "activate", cell: id })}
          className={styles.viewport}
          data-testid={`viewport-${name}`}
          data-viewport={name}
          onContextMenu={(event) => event.preventDefault()}
        />
        {view && loaded && frame && (
          <CellCorners
            name={name}
            view={view}
            index={seen ?? 0}
            frame={frame}
            loaded={loaded}
            isPrior={isPrior}
            inverted={presentation.inverted}
          />
        )}
        {view && loaded?.reformat && frame && <CrossHairs session={session} id={id} screen={view.screen} />}
        {marked && (
          <p className={styles.toast} role={marked.taken ? "status" : "alert"}>
            {marked.message}
          </p>
        )}
        {unsharp && !problem && (
          <p className={styles.waiting} role="status">
            Image {(seen ?? 0) + 1} is not sharp yet
          </p>
        )}
        {waiting && !problem && (
          <p className={styles.waiting} role="status">
            Loading image {presentation.index + 1}
          </p>
        )}
        <Cover session={session} id={id} cell={cell} view={view} />
        {view && total > 1 && (
          <PositionBar
            index={presentation.index}
            frames={loaded?.frames ?? []}
            ready={view.ready}
            onGo={(index) => session.dispatch({ type: "go", cell: id, index })}
          />
        )}
      </div>
    </>
  );
}

/** In layouts with more cells than this, some cells may be scrolled out of view. */
const mostVisibleCells = 4;

/**
 * Calls back once the element comes into view.
 *
 * @returns ends the observation.
 */
function whenInView(element: Element, then: () => void): () => void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    then();
  });
  observer.observe(element);
  return () => observer.disconnect();
}

function seriesLabel({ source }: Cell, study: StudyForViewing): string | null {
  const series = study.series.find(({ seriesInstanceUid }) => seriesInstanceUid === source.series);
  if (!series) return null;
  const { seriesNumber, seriesDescription, modality } = series;
  return [seriesNumber, seriesDescription || `${modality} series`].filter((word) => word !== null).join(" · ");
}

/** Shown in place of an image: that it is loading, that there is none, or why it cannot be shown. */
function Cover({ session, id, cell, view }: { session: Session; id: CellId; cell: Cell; view: ViewportView | null }) {
  const { loaded, presentation } = cell;
  const total = loaded?.frames.length ?? 0;
  const problem = cell.problem ?? view?.problem;
  if (problem)
    return (
      <div className={styles.cover} role="alert">
        <p>
          {total > 1 && problem.kind !== "signed-out" && !loaded?.reformat
            ? `Image ${presentation.index + 1} of ${total}: `
            : ""}
          {problem.message}
        </p>
        {problem.kind === "signed-out" ? (
          <a href={`/sign-in?to=${encodeURIComponent(window.location.pathname)}`}>Sign in</a>
        ) : (
          problem.kind !== "not-there" && (
            <button type="button" onClick={() => session.dispatch({ type: "retry", cell: id })}>
              Try again
            </button>
          )
        )}
      </div>
    );
  if (loaded && total === 0)
    return (
      <p className={styles.cover} role="status">
        No images in this series
      </p>
    );
  return view === null || (view.opening && view.preview === null) ? (
    <p className={styles.cover} role="status">
      {view?.volume ? `Loading the volume: ${view.volume.loaded} of ${view.volume.of} images` : "Loading images"}
    </p>
  ) : null;
}
