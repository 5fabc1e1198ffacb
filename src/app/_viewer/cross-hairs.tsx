import { type PointerEvent, useRef, useState } from "react";
import styles from "./cross-hairs.module.css";
import type { CellId } from "./session/cell.ts";
import { crossIn, planeCells } from "./session/planes.ts";
import type { Session } from "./session/run.ts";
import { useSession } from "./use-session.ts";
import { cross as crossProduct, dot, type Vec3 } from "./vectors.ts";
import type { Screen } from "./viewports/viewport.ts";
import { normalOfPlane } from "./volume/planes.ts";

type Point = { x: number; y: number };
/** How far the lines reach: further than any screen. */
const far = 4000;
/** No line covers what the reader looks at. */
const gap = 14;
/** Where the handles stand that turn the lines, as a share of the shorter side. */
const handleAt = 0.32;

/**
 * Where the other planes of a volume cut this one. The middle moves them, a handle turns them all about what is looked
 * at; keys do the same by steps.
 */
export function CrossHairs({ session, id, screen }: { session: Session; id: CellId; screen: Screen | null }) {
  const own = useSession(session, ({ cells }) => cells[id]?.loaded?.reformat);
  const at = useSession(session, (state) => crossIn(state, id));
  const cells = useSession(session, (state) => state.cells);
  const layout = useSession(session, (state) => state.layout);
  const svg = useRef<SVGSVGElement>(null);
  const [turning, setTurning] = useState<{ from: number; by: number } | null>(null);
  if (!screen || !own || !at) return null;
  const centre = onScreen(screen, at);
  const lines = planeCells({ cells, layout })
    .filter(
      ([other, { reformat }]) =>
        other !== id && reformat.base.frames[0]?.frameOfReferenceUid === own.base.frames[0]?.frameOfReferenceUid,
    )
    .flatMap(([other, { reformat }]) => {
      const along = crossProduct(normalOfPlane(own.plane), normalOfPlane(reformat.plane));
      const way = { x: dot(along, screen.right), y: dot(along, screen.down) };
      const length = Math.hypot(way.x, way.y);
      return length < 0.02 ? [] : [{ other, name: reformat.plane.name, way: { x: way.x / length, y: way.y / length } }];
    });
  if (lines.length === 0) return null;

  const pointOf = (event: PointerEvent): Point => {
    const box = svg.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const angleOf = (point: Point) => (Math.atan2(point.y - centre.y, point.x - centre.x) * 180) / Math.PI;
  const take = (event: PointerEvent<SVGElement>) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent<SVGElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    session.dispatch({ type: "cross", cell: id, at: inPatient(screen, pointOf(event)) });
  };
  const onTurn = (event: PointerEvent<SVGElement>) => {
    if (!turning || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    setTurning({ ...turning, by: angleOf(pointOf(event)) - turning.from });
  };
  const onTurned = () => {
    if (turning && Math.abs(turning.by) > 0.2) session.dispatch({ type: "turn-planes", cell: id, degrees: turning.by });
    setTurning(null);
  };
  const box = svg.current?.getBoundingClientRect();
  const reach = Math.max(60, Math.min(box?.width ?? 400, box?.height ?? 400) * handleAt);
  return (
    <svg ref={svg} className={styles.hairs} aria-hidden data-testid={`cross-hairs-${id}`}>
      <g transform={`rotate(${turning?.by ?? 0} ${centre.x} ${centre.y})`}>
        {lines.map(({ other, name, way }) => (
          <g key={other} data-plane={name} className={styles.line}>
            {[-1, 1].map((side) => (
              <line
                key={side}
                x1={centre.x + way.x * gap * side}
                y1={centre.y + way.y * gap * side}
                x2={centre.x + way.x * far * side}
                y2={centre.y + way.y * far * side}
              />
            ))}
            {[-1, 1].map((side) => (
              <circle
                key={side}
                className={styles.handle}
                data-handle
                cx={centre.x + way.x * reach * side}
                cy={centre.y + way.y * reach * side}
                r={6}
                onPointerDown={(event) => {
                  take(event);
                  setTurning({ from: angleOf(pointOf(event)), by: 0 });
                }}
                onPointerMove={onTurn}
                onPointerUp={onTurned}
                onPointerCancel={() => setTurning(null)}
              />
            ))}
          </g>
        ))}
      </g>
      <circle
        className={styles.middle}
        data-middle
        cx={centre.x}
        cy={centre.y}
        r={gap - 2}
        onPointerDown={take}
        onPointerMove={onMove}
      />
    </svg>
  );
}

function onScreen({ corner, right, down, scale }: Screen, point: Vec3): Point {
  const way: Vec3 = [point[0] - corner[0], point[1] - corner[1], point[2] - corner[2]];
  return { x: dot(way, right) / scale, y: dot(way, down) / scale };
}

/** The point of the patient under a point of the screen, in the plane that is shown. */
function inPatient({ corner, right, down, scale }: Screen, { x, y }: Point): Vec3 {
  return [0, 1, 2].map((i) => (corner[i] ?? 0) + (right[i] ?? 0) * x * scale + (down[i] ?? 0) * y * scale) as Vec3;
}
