import styles from "./cell-frame.module.css";
import { readableDate } from "./dates.ts";
import type { Frame } from "./frame.ts";
import type { LoadedSeries } from "./series-store.ts";
import { hasNoWebGl, reductionOf } from "./texture-limit.ts";
import type { ViewportView } from "./viewports/viewport.ts";
import { windowNumber } from "./voi.ts";

/**
 * The text over an image: patient, image number, window and zoom.
 *
 * @param name the cell's name in `data-testid`.
 */
export function CellCorners({
  name,
  view,
  index,
  frame,
  loaded,
  isPrior,
  inverted,
}: {
  name: string;
  view: ViewportView;
  /** Of the image that is seen, from 0. */
  index: number;
  frame: Frame;
  loaded: LoadedSeries;
  isPrior: boolean;
  inverted: boolean;
}) {
  const { voi, zoom, letters } = view;
  const { series, study } = loaded;
  const factor = reductionOf(frame);
  return (
    <>
      <div className={styles.corner} data-at="tl">
        <span>{loaded.patientName}</span>
        <span>{loaded.patientId}</span>
      </div>
      <div className={styles.corner} data-at="tr">
        <span>
          {isPrior ? `${study.label.toUpperCase()} ` : ""}
          {readableDate(study.studyDate)}
        </span>
        <span>
          {[series.seriesNumber === null ? null : `Se ${series.seriesNumber}`, series.seriesDescription]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {frame.view && <span>{frame.view}</span>}
        {frame.reformat && <span className={styles.plane}>{frame.reformat.words} plane</span>}
      </div>
      <div className={styles.corner} data-at="bl">
        <span data-testid={`image-number-${name}`}>
          Image {index + 1}/{loaded.frames.length}
          {frame.imageNumber !== null && frame.imageNumber !== index + 1 ? ` (no. ${frame.imageNumber})` : ""}
        </span>
        {voi && (
          <span data-testid={`window-${name}`}>
            W {windowNumber(voi.width)} L {windowNumber(voi.center)}
            {voi.lut ? " by table" : ""}
            {inverted ? " inverted" : ""}
          </span>
        )}
        {zoom !== null && <span>Zoom {zoom.toFixed(zoom < 10 ? 2 : 1)}×</span>}
      </div>
      <div className={styles.corner} data-at="br">
        {hasNoWebGl() && <span className={styles.lossy}>No graphics: drawn plainly</span>}
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

function place(frame: Frame): number | null {
  return frame.sliceLocation ?? frame.alongNormal;
}

function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
