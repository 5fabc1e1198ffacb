import type { ComponentProps } from "react";

/**
 * A grid by ARIA roles, not a <table>: table boxes do not support `content-visibility`, and the rows are laid out as
 * CSS grids. The page handles the keys (arrows, j, k, Enter); the grid names the active row by `aria-activedescendant`.
 */
const roles = {
  grid: { role: "grid", tabIndex: 0 },
  row: { role: "row" },
  heading: { role: "columnheader" },
  cell: { role: "gridcell" },
} as const;

export function Grid(props: ComponentProps<"div">) {
  return <div {...roles.grid} {...props} />;
}
export function GridRow(props: ComponentProps<"div">) {
  return <div {...roles.row} {...props} />;
}
export function GridHeading(props: ComponentProps<"span">) {
  return <span {...roles.heading} {...props} />;
}
export function GridCell(props: ComponentProps<"span">) {
  return <span {...roles.cell} {...props} />;
}
