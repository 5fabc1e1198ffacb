import type { Slab } from "../frame.ts";
import type { Vec3 } from "../vectors.ts";

export type PlaneName = "axial" | "coronal" | "sagittal" | "oblique";

/** The planes through a volume that a cell pages through. A plain value: a hanging protocol can ask for one. */
export type Plane = {
  readonly name: PlaneName;
  /** Directions of the screen in the patient, of length 1 and at a right angle. */
  readonly right: Vec3;
  readonly down: Vec3;
  readonly slab: Slab | null;
};
