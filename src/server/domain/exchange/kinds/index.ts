import type { z } from "zod";
import { dicom } from "./dicom.ts";
import type { Kind } from "./kind.ts";

/** The kinds of delivery in this release. A new kind is one more file and an entry here; the tables need no change. */
const known = [dicom] as const;

type Known = (typeof known)[number];
/** Settings of a destination: a union by kind. */
export type DestinationSettings = { [K in Known as K["kind"]]: z.output<K["settings"]> };
export type KindName = keyof DestinationSettings;

/** The kinds of deliveries, by name. */
class Kinds {
  readonly #byName = new Map<string, Kind>();

  constructor(those: readonly Kind[]) {
    for (const kind of those) this.register(kind);
  }

  /** @throws {Error} when there is one of that name. */
  register(kind: Kind): void {
    if (this.#byName.has(kind.kind)) throw new Error(`two kinds of delivery are called ${kind.kind}`);
    this.#byName.set(kind.kind, kind);
  }

  find(name: string): Kind | undefined {
    return this.#byName.get(name);
  }

  /** Names of the kinds that a carrier delivers. */
  carriedBy(carrier: Kind["carrier"]): string[] {
    return [...this.#byName.values()].filter((kind) => kind.carrier === carrier).map(({ kind }) => kind);
  }
}

export const kinds = new Kinds(known);
