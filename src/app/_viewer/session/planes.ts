import { Tag } from "@overread/shared/dicom/tags";
import type { Frame, Slab } from "../frame.ts";
import { nearestIndex } from "../geometry.ts";
import type { LoadedSeries } from "../series-store.ts";
import { cross as crossProduct, dot, type Vec3 } from "../vectors.ts";
import type { Plane, PlaneName } from "../volume/plane.ts";
import { normalOfPlane, planeOf, reformatted, turned, volumeKey } from "../volume/planes.ts";
import { type VolumeShape, volumesOf, volumeWith } from "../volume/volume-shape.ts";
import { type Cell, type CellId, defaultPresentation } from "./cell.ts";
import { relink } from "./links.ts";
import { activeCell, cellAt, filledCells } from "./places.ts";
import { currentWindow, goToImage, withPresentation } from "./presentation.ts";
import type { SessionState } from "./state.ts";

type Named = Exclude<PlaneName, "oblique">;
const places: readonly (readonly [CellId, Named])[] = [
  [cellAt(1, 1), "axial"],
  [cellAt(1, 2), "coronal"],
  [cellAt(2, 1), "sagittal"],
];
const stackPlace = cellAt(2, 2);

/** The three planes of the active cell's series with the series itself, or why there are none, in a sentence. */
export function withPlanes(state: SessionState): SessionState | { refused: string } {
  const id = activeCell(state);
  const cell = asStack(state, state.cells[id]);
  if (!cell?.loaded) return { refused: "There are no images here to make planes of." };
  const { loaded } = cell;
  const shape = shapeFor(state, loaded, loaded.frames[cell.presentation.index]);
  if ("refused" in shape) return shape;
  const { layout, cells, active, maximized, links, hanging } = state;
  const middle = centreOf(loaded.frames[cell.presentation.index]);
  let next: SessionState = {
    ...state,
    layout: { rows: 2, columns: 2 },
    cells: { ...cells, [stackPlace]: cell },
    active: cellAt(1, 1),
    maximized: false,
    links: {},
    aside: { layout, cells, active, maximized, links, hanging },
  };
  if (middle) next = withCross(next, shape, middle);
  for (const [place, name] of places)
    next = withCell(next, place, planeCell({ ...cell, source: { ...cell.source } }, loaded, shape, planeOf(name)));
  next = places.reduce((each, [place]) => throughCross(each, place), next);
  return [...places.map(([place]) => place), stackPlace].reduce((each, place) => relink(each, place, false), next);
}

/** What was on the screen before the planes. */
export function withoutPlanes(state: SessionState): SessionState {
  return state.aside ? { ...state, ...state.aside, aside: null } : state;
}

/** The metadata of a cell that asks for planes has come: they are shown, or the stack with the reason why not. */
export function openPlanes(state: SessionState, id: CellId, loaded: LoadedSeries): SessionState {
  const cell = state.cells[id];
  if (!cell?.plane) return state;
  const shape = shapeFor(state, loaded, loaded.frames[0]);
  if ("refused" in shape) {
    const told = { ...loaded, warnings: [...loaded.warnings, shape.refused] };
    return relink(withCell(state, id, { ...cell, kind: "stack", plane: null, loaded: told, at: null }), id, false);
  }
  const crossed = crossOf(state, shape) ? state : withCross(state, shape, middleOf(shape));
  const given = { ...cell, at: null, presentation: { ...defaultPresentation, given: cell.asked } };
  return relink(throughCross(withCell(crossed, id, planeCell(given, loaded, shape, cell.plane)), id), id, false);
}

/** Other planes, or another slab, in a cell of planes. */
export function withPlane(
  state: SessionState,
  id: CellId,
  { name, slab }: { name?: Named | undefined; slab?: Slab | null | undefined },
): SessionState {
  const cell = state.cells[id];
  const made = cell?.loaded?.reformat;
  if (!cell || !made) return state;
  const plane = name ? planeOf(name, made.plane.slab) : made.plane;
  return replaced(state, id, cell, slab === undefined ? plane : { ...plane, slab });
}

/** Turns the other planes of the volume about the normal of this cell's. @param degrees clockwise on its screen. */
export function withTurnedPlanes(state: SessionState, id: CellId, degrees: number): SessionState {
  const made = state.cells[id]?.loaded?.reformat;
  if (!made) return state;
  const axis = normalOfPlane(made.plane);
  const key = volumeKey(made.shape);
  return planeCells(state)
    .filter(([other, { reformat }]) => other !== id && volumeKey(reformat.shape) === key)
    .filter(([, { reformat }]) => Math.abs(dot(normalOfPlane(reformat.plane), axis)) < 0.999)
    .reduce(
      (each, [other, { cell, reformat }]) =>
        replaced(each, other, cell, turned(reformat.plane, axis, (degrees * Math.PI) / 180)),
      state,
    );
}

/** Moves the cross-hair: each plane of the cell's frame of reference goes through the point. */
export function withCrossAt(state: SessionState, id: CellId, at: Vec3): SessionState {
  const made = state.cells[id]?.loaded?.reformat;
  if (!made) return state;
  return planeCells(withCross(state, made.shape, at))
    .filter(([, { reformat }]) => frameOfReference(reformat.shape) === frameOfReference(made.shape))
    .reduce(
      (each, [other, { cell }]) => goToImage(each, other, indexThrough(cell, at)),
      withCross(state, made.shape, at),
    );
}

/** The cross-hair follows the planes that were paged. */
export function followPaging(before: SessionState, state: SessionState): SessionState {
  if (before.cells === state.cells) return state;
  return planeCells(state).reduce((each, [id, { cell, reformat }]) => {
    const old = before.cells[id];
    const { index } = cell.presentation;
    const along = cell.loaded?.frames[index]?.alongNormal;
    const cross = crossOf(each, reformat.shape);
    if (old?.loaded !== cell.loaded || old?.presentation.index === index || !cross || typeof along !== "number")
      return each;
    const normal = normalOfPlane(reformat.plane);
    const away = along - dot(cross, normal);
    return withCross(each, reformat.shape, cross.map((value, i) => value + (normal[i] ?? 0) * away) as Vec3);
  }, state);
}

/** Where the cross-hair of a cell of planes stands; null for other cells. */
export function crossIn(state: SessionState, id: CellId): Vec3 | null {
  const made = state.cells[id]?.loaded?.reformat;
  return made ? (crossOf(state, made.shape) ?? null) : null;
}

/** The cells that show planes, with how these are made. */
export function planeCells(
  state: Pick<SessionState, "layout" | "cells">,
): [CellId, { cell: Cell; reformat: NonNullable<LoadedSeries["reformat"]> }][] {
  return filledCells(state).flatMap(([id, cell]) => {
    const reformat = cell.loaded?.reformat;
    return reformat ? [[id, { cell, reformat }] as [CellId, { cell: Cell; reformat: typeof reformat }]] : [];
  });
}

function shapeFor(
  state: SessionState,
  loaded: LoadedSeries,
  shown: Frame | undefined,
): VolumeShape | { refused: string } {
  const shapes = volumesOf(loaded.frames);
  if ("refused" in shapes) return shapes;
  const shape = volumeWith(shapes, shown) as VolumeShape;
  const open = new Map(
    [shape, ...planeCells(state).map(([, { reformat }]) => reformat.shape)].map((each) => [
      volumeKey(each),
      bytesOf(each),
    ]),
  );
  const needed = [...open.values()].reduce((sum, bytes) => sum + bytes, 0);
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MB`;
  return needed > state.volumeBytes
    ? {
        refused: `No planes can be made of this series on this device: they need ${megabytes(needed)} of memory, and there are ${megabytes(state.volumeBytes)} for them. It can be read as a stack.`,
      }
    : shape;
}

/** Bytes of the voxels when values are whole numbers, as in CT and MR; PET has fractions. */
function bytesOf({ columns, rows, frames }: VolumeShape): number {
  return columns * rows * frames.length * (frames[0]?.attributes[Tag.Units] ? 4 : 2);
}

/** A cell of planes as the stack that they were made of. */
function asStack(state: SessionState, cell: Cell | undefined): Cell | undefined {
  const made = cell?.loaded?.reformat;
  if (!cell || !made) return cell;
  const [first] = made.shape.frames;
  const cross = crossOf(state, made.shape);
  const normal =
    first?.rowDirection && first.columnDirection ? crossProduct(first.rowDirection, first.columnDirection) : null;
  const index = cross && normal ? nearestIndex(made.base.frames, dot(cross, normal)) : 0;
  const presentation = { ...cell.presentation, index, camera: null };
  return { ...cell, kind: "stack", plane: null, loaded: made.base, presentation };
}

function planeCell(cell: Cell, base: LoadedSeries, shape: VolumeShape, plane: Plane): Cell {
  const { inverted, given } = cell.presentation;
  const presentation = { ...defaultPresentation, window: currentWindow(cell), inverted, given };
  return { ...cell, kind: "plane", plane, loaded: reformatted(base, shape, plane), at: null, fit: null, presentation };
}

/** The cell with other planes of its volume, through the cross-hair; window, zoom and place stay. */
function replaced(state: SessionState, id: CellId, cell: Cell, plane: Plane): SessionState {
  const made = cell.loaded?.reformat;
  if (!made) return state;
  const next = {
    ...planeCell(cell, made.base, made.shape, plane),
    presentation: { ...cell.presentation, playing: false },
  };
  return relink(throughCross(withCell(state, id, next), id), id, false);
}

function throughCross(state: SessionState, id: CellId): SessionState {
  const cell = state.cells[id];
  const cross = crossIn(state, id);
  return cell && cross ? withPresentation(state, id, { index: indexThrough(cell, cross) }) : state;
}

function indexThrough({ loaded, plane }: Cell, point: Vec3): number {
  return loaded && plane ? nearestIndex(loaded.frames, dot(point, normalOfPlane(plane))) : 0;
}

const frameOfReference = ({ frames }: VolumeShape): string => frames[0]?.frameOfReferenceUid ?? "";

function crossOf(state: SessionState, shape: VolumeShape): Vec3 | undefined {
  return state.crosses[frameOfReference(shape)];
}

function withCross(state: SessionState, shape: VolumeShape, at: Vec3): SessionState {
  return { ...state, crosses: { ...state.crosses, [frameOfReference(shape)]: at } };
}

function withCell(state: SessionState, id: CellId, cell: Cell): SessionState {
  return { ...state, cells: { ...state.cells, [id]: cell } };
}

function middleOf({ frames }: VolumeShape): Vec3 {
  return centreOf(frames[Math.floor(frames.length / 2)]) ?? [0, 0, 0];
}

/** Middle of an image in the patient. */
function centreOf(frame: Frame | undefined): Vec3 | null {
  const { position, rowDirection, columnDirection, size, columns = 0, rows = 0 } = frame ?? {};
  if (!position || !rowDirection || !columnDirection || !size) return null;
  return position.map(
    (value, i) =>
      value +
      ((rowDirection[i] ?? 0) * size.column * (columns - 1)) / 2 +
      ((columnDirection[i] ?? 0) * size.row * (rows - 1)) / 2,
  ) as Vec3;
}
