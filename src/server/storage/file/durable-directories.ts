import { mkdir } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "./disk-error.ts";

/** Creates directories under a root, and remembers which of them are durable. */
export class DurableDirectories {
  readonly #root: string;
  readonly #sync: (directory: string) => Promise<void>;
  readonly #known = new Map<string, Promise<void>>();

  /** @param sync makes the names in a directory durable. */
  constructor(root: string, sync: (directory: string) => Promise<void>) {
    this.#root = root;
    this.#sync = sync;
  }

  /** The disk may have been replaced: forgets everything. */
  forget(): void {
    this.#known.clear();
  }

  /** Resolves when the directory, and each above it up to the root, is durable. */
  ensure(directory: string): Promise<void> {
    const known = this.#known.get(directory);
    if (known) return known;
    const made = this.#make(directory);
    this.#known.set(directory, made);
    made.catch(() => this.#known.delete(directory));
    return made;
  }

  async #make(directory: string): Promise<void> {
    if (directory === path.dirname(directory)) return;
    const parent = path.dirname(directory);
    if (directory.length > this.#root.length) await this.ensure(parent);
    else await mkdir(parent, { recursive: true });
    try {
      await mkdir(directory, { mode: 0o750 });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    await this.#sync(parent);
  }
}
