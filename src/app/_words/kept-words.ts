/**
 * Words that are not on the server yet, kept in this browser (IndexedDB) over a killed tab. A reading room's computer is
 * shared: contents are encrypted (AES-256-GCM) with a key that only a live session of the same account is given, and what is
 * not encrypted (random ids, the account's id, a time) names no patient.
 */
export type Kept<T> = { id: string; words: T; at: number };
type Row = { id: string; owner: string; at: number; iv: Uint8Array<ArrayBuffer>; box: ArrayBuffer };

const name = "overread-words";
/** Words nobody came back to go after this long (ms), the oldest also when there are more than this many of one account. */
const keptForMs = 7 * 24 * 3_600_000;
const mostKept = 50;

/** Whether this browser can keep words here: it offers encryption to https and localhost only. */
export const canKeepWords = (): boolean =>
  Boolean(globalThis.isSecureContext && globalThis.indexedDB && navigator.locks);

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opening: Promise<IDBDatabase> | null = null;
function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("words", { keyPath: "id" }).createIndex("owner", "owner");
    };
    request.onsuccess = () => {
      request.result.onclose = () => {
        opening = null;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

/** Ends when what was changed is on the disk, and would outlive a power cut. */
async function change(act: (words: IDBObjectStore) => void): Promise<void> {
  const transaction = (await open()).transaction("words", "readwrite", { durability: "strict" });
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  act(transaction.objectStore("words"));
  return done;
}

async function rowsOf(owner: string): Promise<Row[]> {
  const words = (await open()).transaction("words").objectStore("words");
  return answered(words.index("owner").getAll(owner) as IDBRequest<Row[]>);
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

/** The kept words of one account, readable with its key. */
export class Chest<T> {
  readonly #owner: string;
  readonly #key: CryptoKey;
  private constructor(owner: string, key: CryptoKey) {
    this.#owner = owner;
    this.#key = key;
  }

  /** @param owner the account's id, @param key AES-256, base64url; page code cannot read it back afterwards. */
  static async unlock<T>(owner: string, key: string): Promise<Chest<T>> {
    return new Chest(
      owner,
      await crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, ["encrypt", "decrypt"]),
    );
  }

  /** A row's words belong to its id and account; put under another, they do not open. */
  #locks(id: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${this.#owner} ${id}`) };
  }

  /** Keeps words under an id, in one step with forgetting those whose place they take. @param at ms since 1970 */
  async put({ id, words, at }: Kept<T>, inPlaceOf: readonly string[] = []): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(words));
    const box = await crypto.subtle.encrypt(this.#locks(id, iv), this.#key, text);
    await change((kept) => {
      kept.put({ id, owner: this.#owner, at, iv, box } satisfies Row);
      for (const other of inPlaceOf) kept.delete(other);
    });
  }

  /** What is kept, the newest first. @param now ms since 1970, by the server: a browser's clock may be years off. */
  async list(now: number): Promise<Kept<T>[]> {
    const rows = (await rowsOf(this.#owner)).sort((a, b) => b.at - a.at);
    const old = rows.filter(({ at }, index) => index >= mostKept || at < now - keptForMs);
    if (old.length > 0) await this.forget(old.map(({ id }) => id));
    const opened = rows
      .filter((row) => !old.includes(row))
      .map(async ({ id, at, iv, box }): Promise<Kept<T> | null> => {
        const text = await crypto.subtle.decrypt(this.#locks(id, iv), this.#key, box).catch(() => null);
        return text && { id, at, words: JSON.parse(new TextDecoder().decode(text)) as T };
      });
    return (await Promise.all(opened)).filter((each) => each !== null);
  }

  forget(ids: readonly string[]): Promise<void> {
    return change((kept) => {
      for (const id of ids) kept.delete(id);
    });
  }
}

/** How many texts of an account are kept here; needs no key. */
export async function countKept(owner: string): Promise<number> {
  return canKeepWords() ? (await rowsOf(owner)).length : 0;
}

/** Signing out: nothing of the account stays here, also nothing encrypted. */
export async function forgetAll(owner: string): Promise<void> {
  if (!canKeepWords()) return;
  const rows = await rowsOf(owner);
  await change((kept) => {
    for (const { id } of rows) kept.delete(id);
  });
}
