import type { Link } from "./geometry.ts";
import type { StackOpening } from "./hanging.ts";
import type { Pane } from "./pane.ts";
import type { ToolName } from "./session-tools.ts";
import type { Store } from "./store.ts";
import type { ImagePointer, Measurement, SeriesForViewing, StudyForViewing, ViewerProps } from "./types.ts";

export type Side = "current" | "prior";
export type { ToolName } from "./session-tools.ts";

export type SessionView = {
  active: Side;
  tool: ToolName;
  /** The two sides scroll together. */
  linked: boolean;
  /** How they are linked, for the reader to judge. */
  linkedBy: Link["by"] | null;
  stackOpening: StackOpening;
  priorUid: string | null;
  /** A prior that may be of somebody else, and that the reader is asked about before it is shown. */
  asking: StudyForViewing | null;
  /** A series without pictures, shown as a text or a page beside the images. */
  document: { study: StudyForViewing; series: SeriesForViewing } | null;
  measurements: Measurement[];
  painted: boolean;
  /** The library could not be set up at all. */
  fault: string | null;
  /** What came of marking a key image, said at the image for a moment. */
  marked: { side: Side; said: string; taken: boolean } | null;
};

export type Session = {
  readonly view: Store<SessionView>;
  /** Takes the newest props; a study that is another one gets another session. */
  update(props: ViewerProps): void;
  attach(side: Side, element: HTMLDivElement): void;
  detach(side: Side): void;
  pane(side: Side): Pane | null;
  /** Panes come and go asynchronously; told after each change. */
  onPanes(listener: () => void): () => void;
  activePane(): Pane | null;
  activate(side: Side): void;
  nextSide(): void;
  setTool(tool: ToolName): void;
  openSeries(study: StudyForViewing, series: SeriesForViewing): void;
  openDocument(study: StudyForViewing, series: SeriesForViewing): void;
  closeDocument(): void;
  stepSeries(by: 1 | -1): void;
  togglePrior(): void;
  choosePrior(studyInstanceUid: string): void;
  /** The answer about the prior in `asking`: yes notes it and shows the prior. */
  answer(yes: boolean): void;
  toggleLink(): void;
  scroll(side: Side, images: number, alone: boolean): void;
  preset(key: string): void;
  /** Whether stacks open at their first image or in the middle; holds for the next one opened. */
  toggleStackOpening(): void;
  toggleCine(): void;
  markKeyImage(): void;
  jumpTo(pointer: ImagePointer): void;
  takeMeasurement(measurement: Measurement): void;
  removeMeasurement(id?: string): void;
  retry(side: Side): void;
  resize(): void;
  close(): void;
};
