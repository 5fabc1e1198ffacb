import { useEffect, useRef, useSyncExternalStore } from "react";
import { readableDate } from "./dates.ts";
import type { Frame } from "./frames.ts";
import styles from "./pane-frame.module.css";
import type { PaneView } from "./pane-view.ts";
import type { Session, Side } from "./session.ts";
import { drawsWithoutGraphics, reductionOf } from "./texture-limit.ts";
import type { StudyForViewing } from "./types.ts";
import { usePane } from "./use-pane.ts";
import { windowNumber } from "./voi.ts";
import { wheelSteps } from "./wheel.ts";

/** One viewport with what is written around and in its corners. */
export function PaneFrame({
  session,
  side,
  study,
  priors,
}: {
  session: Session;
  side: Side;
  study: StudyForViewing;
  priors: StudyForViewing[];
}) {
  const element = useRef<HTMLDivElement>(null);
  const { pane, view } = usePane(session, side);
  const { active, marked, priorUid } = useSyncExternalStore(session.view.subscribe, session.view.get);

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    session.attach(side, target);
    const steps = wheelSteps();
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      if (event.ctrlKey) session.pane(side)?.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1);
      else {
        // With Shift the browser turns the wheel sideways.
        const images = steps(event.deltaY || event.deltaX, event.deltaMode);
        if (images !== 0) session.scroll(side, images, event.shiftKey);
      }
    };
    target.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      target.removeEventListener("wheel", onWheel);
      session.detach(side);
    };
  }, [session, side]);

  const loaded = view?.loaded ?? null;
  const frame = loaded && view && view.shown !== null ? (loaded.frames[view.shown] ?? null) : null;
  const total = loaded?.frames.length ?? 0;
  const waiting = view !== null && view.shown !== null && view.shown !== view.index && !view.playing;
  const date = readableDate(study.studyDate) ?? "no date";

  return (
    <div
      className={styles.pane}
      data-side={side}
      data-active={(active === side && priorUid !== null) || undefined}
      onPointerDownCapture={() => session.activate(side)}
    >
      <div className={styles.paneHead} data-testid={`pane-label-${side}`}>
        <strong className={styles.badge}>{side === "current" ? "Current" : "Prior"}</strong>
        <span className={styles.date}>{date}</span>
        {side === "prior" && priors.length > 1 ? (
          <select
            aria-label="Prior study"
            value={study.studyInstanceUid}
            onChange={(event) => {
              session.choosePrior(event.target.value);
              event.target.blur();
            }}
          >
            {priors.map((prior) => (
              <option key={prior.studyInstanceUid} value={prior.studyInstanceUid}>
                {[prior.doubt && "⚠", readableDate(prior.studyDate) ?? "no date", prior.description]
                  .filter(Boolean)
                  .join(" · ")}
              </option>
            ))}
          </select>
        ) : (
          <span className={styles.description}>{study.description}</span>
        )}
        {study.doubt ? (
          <span className={styles.warning} role="alert" title={study.doubt}>
            Patient not certain
          </span>
        ) : null}
        {loaded?.warnings.map((warning) => (
          <span key={warning} className={styles.warning} title="Geometry of this series">
            {warning}
          </span>
        ))}
      </div>
      <div className={styles.screen}>
        <div
          ref={element}
          role="img"
          aria-label={`${side === "current" ? "Current" : "Prior"} study, ${frame ? `image ${(view?.shown ?? 0) + 1} of ${total}` : "no image yet"}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: keys act on it, and focus says which side they mean.
          tabIndex={0}
          onFocus={() => session.activate(side)}
          className={styles.viewport}
          data-testid={`viewport-${side}`}
          data-viewport={side}
          onContextMenu={(event) => event.preventDefault()}
        />
        {view && loaded && frame && (
          <Corners view={view} frame={frame} total={total} loaded={loaded} study={study} side={side} />
        )}
        {marked?.side === side && (
          <p className={styles.toast} role={marked.taken ? "status" : "alert"}>
            {marked.said}
          </p>
        )}
        {waiting && !view.problem && (
          <p className={styles.waiting} role="status">
            Loading image {view.index + 1}
          </p>
        )}
        {(view === null || view.opening) && !view?.problem && (
          <p className={styles.cover} role="status">
            Loading images
          </p>
        )}
        {loaded && total === 0 && (
          <p className={styles.cover} role="status">
            No images in this series
          </p>
        )}
        {view?.problem && (
          <div className={styles.cover} role="alert">
            <p>
              {total > 1 && loaded && view.problem.kind !== "signed-out" ? `Image ${view.index + 1} of ${total}: ` : ""}
              {view.problem.message}
            </p>
            {view.problem.kind === "signed-out" ? (
              <a href={`/sign-in?to=${encodeURIComponent(window.location.pathname)}`}>Sign in</a>
            ) : (
              view.problem.kind !== "not-there" && (
                <button type="button" onClick={() => session.retry(side)}>
                  Try again
                </button>
              )
            )}
          </div>
        )}
        {view && total > 1 && pane && (
          <Position view={view} total={total} onGo={(index) => pane.step(index - view.index)} />
        )}
      </div>
    </div>
  );
}

function Corners({
  view,
  frame,
  total,
  loaded,
  study,
  side,
}: {
  view: PaneView;
  frame: Frame;
  total: number;
  loaded: NonNullable<PaneView["loaded"]>;
  study: StudyForViewing;
  side: Side;
}) {
  const { voi, zoom, letters, shown } = view;
  const { series } = loaded;
  const factor = reductionOf(frame);
  return (
    <>
      <div className={styles.corner} data-at="tl">
        <span>{loaded.patientName}</span>
        <span>{loaded.patientId}</span>
      </div>
      <div className={styles.corner} data-at="tr">
        <span>
          {side === "prior" ? "PRIOR " : ""}
          {readableDate(study.studyDate)}
        </span>
        <span>
          {[series.seriesNumber === null ? null : `Se ${series.seriesNumber}`, series.seriesDescription]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {frame.view && <span>{frame.view}</span>}
      </div>
      <div className={styles.corner} data-at="bl">
        <span data-testid={`image-number-${side}`}>
          Image {(shown ?? 0) + 1}/{total}
          {frame.imageNumber !== null && frame.imageNumber !== (shown ?? 0) + 1 ? ` (no. ${frame.imageNumber})` : ""}
        </span>
        {voi && (
          <span data-testid={`window-${side}`}>
            W {windowNumber(voi.width)} L {windowNumber(voi.center)}
            {voi.lut ? " by table" : ""}
            {view.inverted ? " inverted" : ""}
          </span>
        )}
        {zoom !== null && <span>Zoom {zoom.toFixed(zoom < 10 ? 2 : 1)}×</span>}
      </div>
      <div className={styles.corner} data-at="br">
        {drawsWithoutGraphics() && <span className={styles.lossy}>No graphics: drawn plainly</span>}
        {factor > 1 && <span className={styles.lossy}>Reduced 1:{factor}</span>}
        {frame.lossy && <span className={styles.lossy}>{frame.lossy}</span>}
        {frame.sliceThickness !== null && <span>T {trimmed(frame.sliceThickness)} mm</span>}
        {place(frame) !== null && <span>Loc {trimmed(place(frame) ?? 0)} mm</span>}
        {frame.ultrasound?.doubt ? (
          <span>No scale: {frame.ultrasound.doubt}</span>
        ) : (
          frame.size.unit === "px" && !frame.ultrasound && <span>No scale</span>
        )}
      </div>
      {letters &&
        (["left", "right", "top", "bottom"] as const).map((edge) => (
          <span key={edge} className={styles.letter} data-edge={edge}>
            {letters[edge]}
          </span>
        ))}
    </>
  );
}

/** The bar at the right edge: where in the stack one is, how much has come. */
function Position({ view, total, onGo }: { view: PaneView; total: number; onGo: (index: number) => void }) {
  return (
    <div className={styles.position}>
      <input
        type="range"
        min={0}
        max={total - 1}
        step={1}
        value={view.index}
        aria-label="Image"
        aria-valuetext={`Image ${view.index + 1} of ${total}`}
        tabIndex={-1}
        onChange={(event) => onGo(Number(event.target.value))}
        onPointerUp={(event) => event.currentTarget.blur()}
      />
    </div>
  );
}

function place(frame: Frame): number | null {
  return frame.sliceLocation ?? frame.alongNormal;
}

function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
