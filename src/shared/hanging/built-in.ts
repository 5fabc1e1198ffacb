import { picturewise } from "./built-in/pictures.ts";
import { sections } from "./built-in/sections.ts";
import type { Protocol } from "./protocol.ts";

/**
 * How studies are laid out where nobody has saved a protocol of their own; the first that fits the study best is taken.
 * Every protocol begins with what the study is opened with.
 */
export const builtInProtocols: readonly Protocol[] = [...sections, ...picturewise];
