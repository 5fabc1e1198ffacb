import { serverNow } from "../_trpc/server-time.ts";
import { canStoreUnsavedText, type UnsavedTextStore } from "./store.ts";

const lockOf = (id: string): string => `overread-content-${id}`;

/** Ids of texts whose window is still open; these are not offered to another window. */
export async function idsInUse(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = "" }) => name.replace(lockOf(""), "")));
}

/** Resolves when the window that holds this text has closed. */
export function whenWindowClosed(id: string, signal: AbortSignal): Promise<void> {
  return navigator.locks.request(lockOf(id), { signal }, () => {});
}

/**
 * Stores the newest unsaved version of one text. Writes at once; during a write only the newest version waits, so that
 * a crash costs at most what was typed within one write (some milliseconds).
 */
export class UnsavedTextSaver<T> {
  readonly #id = globalThis.crypto?.randomUUID?.() ?? "";
  readonly #openStore: () => Promise<UnsavedTextStore<T>>;
  readonly #onSaved: (saved: boolean) => void;
  #next: T | null = null;
  #waiting = false;
  #written = false;
  #running = false;
  #inPlaceOf: string[] = [];
  #leave: (() => void) | null = null;

  /** @param onSaved called with whether the newest unsaved version is stored */
  constructor(openStore: () => Promise<UnsavedTextStore<T>>, onSaved: (saved: boolean) => void) {
    this.#openStore = openStore;
    this.#onSaved = onSaved;
  }

  /** Marks the text as open in this window, until the returned function is called or the window dies. */
  holdLock(): () => void {
    if (!canStoreUnsavedText()) return () => {};
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

  /** The text now contains what an earlier window had stored under `id`; that is deleted with the next write. */
  replaceLater(id: string): void {
    this.#inPlaceOf.push(id);
  }

  /** @param content what is unsaved, or null when everything is on the server */
  save(content: T | null): void {
    if (!canStoreUnsavedText()) return;
    if (content === null && !this.#written && !this.#running && this.#inPlaceOf.length === 0) return;
    this.#next = content;
    this.#waiting = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting) {
      this.#waiting = false;
      const [content, replaced] = [this.#next, this.#inPlaceOf];
      try {
        const store = await this.#openStore();
        if (content === null) await store.delete([this.#id, ...replaced]);
        else await store.put({ id: this.#id, content, at: serverNow() }, replaced);
        this.#written = content !== null;
        this.#inPlaceOf = this.#inPlaceOf.filter((id) => !replaced.includes(id));
        this.#onSaved(content !== null);
      } catch {
        // The disk is full or storage is denied: the text is still in the window, and the screen does not claim that it
        // is stored.
        this.#onSaved(false);
      }
    }
    this.#running = false;
  }
}
