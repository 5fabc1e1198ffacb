import styles from "./cell-frame.module.css";
import type { Slab } from "./frame.ts";
import type { CellId } from "./session/cell.ts";
import type { Session } from "./session/run.ts";
import type { Plane, PlaneName } from "./volume/plane.ts";

const slabs: readonly { kind: Slab["kind"]; label: string }[] = [
  { kind: "mip", label: "MIP" },
  { kind: "minip", label: "MinIP" },
  { kind: "average", label: "Average" },
];
/** Thickness a slab begins with, and its bounds, mm. */
const usual = 10;
const bounds = { least: 1, most: 200 };

/** Which planes of its volume a cell shows, and how thick they are. */
export function PlaneControls({ session, id, plane }: { session: Session; id: CellId; plane: Plane }) {
  const { slab } = plane;
  const thicken = (changed: Slab | null) => session.dispatch({ type: "set-plane", cell: id, slab: changed });
  return (
    <>
      <select
        className={styles.planeChoice}
        aria-label="Plane"
        value={plane.name}
        onChange={(event) => {
          const name = event.target.value as PlaneName;
          if (name !== "oblique") session.dispatch({ type: "set-plane", cell: id, name });
          event.target.blur();
        }}
      >
        <option value="axial">Axial</option>
        <option value="coronal">Coronal</option>
        <option value="sagittal">Sagittal</option>
        {plane.name === "oblique" && <option value="oblique">Oblique</option>}
      </select>
      <select
        className={styles.planeChoice}
        aria-label="Slab"
        value={slab?.kind ?? "thin"}
        onChange={(event) => {
          const kind = slabs.find((each) => each.kind === event.target.value)?.kind;
          thicken(kind ? { kind, mm: slab?.mm ?? usual } : null);
          event.target.blur();
        }}
      >
        <option value="thin">Thin</option>
        {slabs.map(({ kind, label }) => (
          <option key={kind} value={kind}>
            {label}
          </option>
        ))}
      </select>
      {slab && (
        <label className={styles.thickness}>
          <input
            // Another thickness that is set from outside is shown; one that is typed is taken when it is whole.
            key={slab.mm}
            type="number"
            aria-label="Thickness in millimetres"
            min={bounds.least}
            max={bounds.most}
            defaultValue={slab.mm}
            onBlur={(event) => {
              const mm = Number(event.target.value);
              const isThickness = mm >= bounds.least && mm <= bounds.most;
              if (isThickness && mm !== slab.mm) thicken({ ...slab, mm });
              else event.target.value = String(slab.mm);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
            }}
          />
          mm
        </label>
      )}
    </>
  );
}
