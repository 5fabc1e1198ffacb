import { serverNow } from "../_trpc/server-time.ts";
import { type Chest, canKeepWords } from "./kept-words.ts";

const lockOf = (id: string): string => `overread-words-${id}`;

/** Ids of words whose window is still open: they are that window's, and offered to no other. */
export async function idsInUse(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = "" }) => name.replace(lockOf(""), "")));
}

/** Ends when the window that holds these words has gone. */
export function whenLeft(id: string, signal: AbortSignal): Promise<void> {
  return navigator.locks.request(lockOf(id), { signal }, () => {});
}

/**
 * Keeps the newest unsaved words of one text. Writes at once; while one write is on its way only the newest state waits,
 * so that a crash costs at most what was typed within one write (some milliseconds).
 */
export class WordsKeeper<T> {
  readonly #id = globalThis.crypto?.randomUUID?.() ?? "";
  readonly #chest: () => Promise<Chest<T>>;
  readonly #onKept: (kept: boolean) => void;
  #next: T | null = null;
  #waiting = false;
  #written = false;
  #running = false;
  #inPlaceOf: string[] = [];
  #leave: (() => void) | null = null;

  /** @param onKept hears whether the newest unsaved words are on the disk */
  constructor(chest: () => Promise<Chest<T>>, onKept: (kept: boolean) => void) {
    this.#chest = chest;
    this.#onKept = onKept;
  }

  /** The text's window is open, until the answer is called or the window dies. */
  stay(): () => void {
    if (!canKeepWords()) return () => {};
    let left = false;
    void navigator.locks.request(lockOf(this.#id), () => {
      if (left) return;
      return new Promise<void>((resolve) => {
        this.#leave = resolve;
      });
    });
    return () => {
      left = true;
      this.#leave?.();
    };
  }

  /** Kept words of an earlier window that are in this text now: they go in the moment these are kept or saved. */
  takePlaceOf(id: string): void {
    this.#inPlaceOf.push(id);
  }

  /** @param words what is unsaved, or null when all is on the server */
  note(words: T | null): void {
    if (!canKeepWords()) return;
    if (words === null && !this.#written && !this.#running && this.#inPlaceOf.length === 0) return;
    this.#next = words;
    this.#waiting = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting) {
      this.#waiting = false;
      const [words, replaced] = [this.#next, this.#inPlaceOf];
      try {
        const chest = await this.#chest();
        if (words === null) await chest.forget([this.#id, ...replaced]);
        else await chest.put({ id: this.#id, words, at: serverNow() }, replaced);
        this.#written = words !== null;
        this.#inPlaceOf = this.#inPlaceOf.filter((id) => !replaced.includes(id));
        this.#onKept(words !== null);
      } catch {
        // A full or forbidden disk: the words are in the window all the same, and the screen does not say that they are kept.
        this.#onKept(false);
      }
    }
    this.#running = false;
  }
}
