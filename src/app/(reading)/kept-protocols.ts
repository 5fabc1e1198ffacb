import type { Outputs } from "../_trpc/types.ts";
import type { ViewerProps } from "../_viewer/types.ts";

/** A hanging protocol that somebody keeps. */
export type KeptProtocol = Outputs["hanging"]["list"][number];

/** The protocols that people keep, as the viewer takes them: the reader's own, then those of the group. */
export const asProtocols = (kept: readonly KeptProtocol[]): NonNullable<ViewerProps["protocols"]> => [
  kept.filter(({ by }) => by === null).map(({ protocol }) => protocol),
  kept.filter(({ by }) => by !== null).map(({ protocol }) => protocol),
];
