/**
 * Unsaved text, kept in this browser (IndexedDB) so that it survives a closed or crashed tab. A reading room's computer
 * is shared: the content is encrypted (AES-256-GCM) with a key that only a live session of the same account gets, and
 * what is not encrypted (random ids, the account's id, a time) identifies no patient.
 */
export type UnsavedText<T> = { id: string; content: T; at: number };
type Row = { id: string; owner: string; at: number; iv: Uint8Array<ArrayBuffer>; box: ArrayBuffer };

const name = "overread-words";
/** Texts are deleted after this time (ms), and the oldest when one account has more than this many. */
const maxAgeMs = 7 * 24 * 3_600_000;
const maxTexts = 50;

/** Whether this browser can store unsaved text: Web Crypto exists only on https and localhost. */
export const canStoreUnsavedText = (): boolean =>
  Boolean(globalThis.isSecureContext && globalThis.indexedDB && navigator.locks);

function promiseOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let database: Promise<IDBDatabase> | null = null;
function openDatabase(): Promise<IDBDatabase> {
  database ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("words", { keyPath: "id" }).createIndex("owner", "owner");
    };
    request.onsuccess = () => {
      request.result.onclose = () => {
        database = null;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  }).catch((error) => {
    database = null;
    throw error;
  });
  return database;
}

/** Resolves when the change is durable (IndexedDB's strict durability). */
async function change(act: (texts: IDBObjectStore) => void): Promise<void> {
  const transaction = (await openDatabase()).transaction("words", "readwrite", { durability: "strict" });
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  act(transaction.objectStore("words"));
  return done;
}

async function rowsOf(owner: string): Promise<Row[]> {
  const texts = (await openDatabase()).transaction("words").objectStore("words");
  return promiseOf(texts.index("owner").getAll(owner) as IDBRequest<Row[]>);
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

/** The unsaved texts of one account, readable with its key. */
export class UnsavedTextStore<T> {
  readonly #owner: string;
  readonly #key: CryptoKey;
  private constructor(owner: string, key: CryptoKey) {
    this.#owner = owner;
    this.#key = key;
  }

  /** @param owner the account's id, @param key AES-256, base64url; page code cannot read it back afterwards. */
  static async open<T>(owner: string, key: string): Promise<UnsavedTextStore<T>> {
    return new UnsavedTextStore(
      owner,
      await crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, ["encrypt", "decrypt"]),
    );
  }

  /** Id and account are authenticated data: content moved to another row does not decrypt. */
  encryptionParams(id: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${this.#owner} ${id}`) };
  }

  /** Stores a text, and in the same transaction deletes those that it replaces. @param at ms since 1970 */
  async put({ id, content, at }: UnsavedText<T>, inPlaceOf: readonly string[] = []): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(content));
    const box = await crypto.subtle.encrypt(this.encryptionParams(id, iv), this.#key, text);
    await change((texts) => {
      texts.put({ id, owner: this.#owner, at, iv, box } satisfies Row);
      for (const other of inPlaceOf) texts.delete(other);
    });
  }

  /** The stored texts, newest first. @param now ms since 1970 by the server's clock, since a browser's may be wrong. */
  async list(now: number): Promise<UnsavedText<T>[]> {
    const rows = (await rowsOf(this.#owner)).sort((a, b) => b.at - a.at);
    const old = rows.filter(({ at }, index) => index >= maxTexts || at < now - maxAgeMs);
    if (old.length > 0) await this.delete(old.map(({ id }) => id));
    const opened = rows
      .filter((row) => !old.includes(row))
      .map(async ({ id, at, iv, box }): Promise<UnsavedText<T> | null> => {
        const text = await crypto.subtle.decrypt(this.encryptionParams(id, iv), this.#key, box).catch(() => null);
        return text && { id, at, content: JSON.parse(new TextDecoder().decode(text)) as T };
      });
    return (await Promise.all(opened)).filter((each) => each !== null);
  }

  delete(ids: readonly string[]): Promise<void> {
    return change((texts) => {
      for (const id of ids) texts.delete(id);
    });
  }
}

/** How many unsaved texts of an account are stored here; needs no key. */
export async function countUnsavedTexts(owner: string): Promise<number> {
  return canStoreUnsavedText() ? (await rowsOf(owner)).length : 0;
}

/** For signing out: deletes everything of the account, encrypted or not. */
export async function deleteUnsavedTexts(owner: string): Promise<void> {
  if (!canStoreUnsavedText()) return;
  const rows = await rowsOf(owner);
  await change((texts) => {
    for (const { id } of rows) texts.delete(id);
  });
}
