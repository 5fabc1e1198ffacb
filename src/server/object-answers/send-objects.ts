import type { ServerResponse } from "node:http";
import { assertWhole, type Expected, openObject, readFully, readSound } from "#server/archive/index.ts";
import type { OpenObject } from "#server/storage/object-store.ts";
import { pieceSize, ReadingMemory } from "#server/storage/reading-memory.ts";

/** One object of an answer, and what is written before it. */
export type ObjectToSend = Expected & { before?: Buffer };

/** Chunks read ahead, and chunks in the socket: enough to keep disk and connection busy. */
const readAhead = 4;
const inSocket = 2;

/** How much is sent between two checks of whether the reader may still have it. */
const recheckBytes = 2 * 1024 * 1024;

type Piece = { before: Buffer | undefined; bytes: Buffer; memory: ReadingMemory };

/**
 * Streams whole objects one after another, reading ahead while sending.
 *
 * @param begin writes the head of the answer; called once the first bytes are available, so that a missing object is an
 * error and not a broken stream.
 * @param stillMay called again every {@link recheckBytes}; when it returns false, the answer is cut off. Not awaited,
 * so that the check slows nothing.
 * @throws {DomainError} `storage.corrupt` for an object that is missing or damaged: an error where it is the first, a
 * broken stream otherwise.
 */
export async function sendObjects(
  res: ServerResponse,
  objects: ObjectToSend[],
  { begin, after, stillMay }: { begin: () => void; after?: Buffer; stillMay: () => Promise<boolean> },
): Promise<void> {
  const reads = readsOf(objects);
  const ahead: Promise<Piece>[] = [];
  const refill = (): void => {
    while (ahead.length < readAhead) {
      const { value, done } = reads.next();
      if (done) return;
      // Whoever awaits it gets its error.
      value.catch(() => {});
      ahead.push(value);
    }
  };
  const socket = new Outgoing(res);
  try {
    refill();
    await ahead[0];
    begin();
    if (res.req.method === "HEAD") {
      res.end();
      return;
    }
    let sinceLook = 0;
    for (let next = ahead.shift(); next; next = ahead.shift()) {
      const piece = await next;
      refill();
      sinceLook += piece.bytes.length;
      if (sinceLook >= recheckBytes) {
        sinceLook = 0;
        void stillMay().then(
          (may) => may || res.destroy(),
          () => {}, // a failing database ends no download
        );
      }
      if (!(await socket.room())) return;
      socket.write(piece);
    }
    res.end(after);
  } finally {
    reads.return(undefined);
    await Promise.allSettled(ahead);
  }
}

/** Reads in the order of the answer; each object is opened when it is requested, and closed after its last chunk. */
function* readsOf(objects: ObjectToSend[]): Generator<Promise<Piece>, void> {
  for (const object of objects) {
    const { sizeBytes } = object;
    if (sizeBytes <= pieceSize) yield readSmall(object);
    else yield* readsOfLarge(object);
  }
}

/** An object that fits into a piece is checked as it is read. */
async function readSmall(object: ObjectToSend): Promise<Piece> {
  const opened = await openObject(object);
  try {
    const memory = new ReadingMemory();
    const bytes = memory.allocate(object.sizeBytes);
    await readSound(opened, object, bytes);
    return { before: object.before, bytes, memory };
  } finally {
    // Nobody has to wait for it.
    opened.close().catch(() => {});
  }
}

/** A larger one is checked before its first piece. */
function* readsOfLarge(object: ObjectToSend): Generator<Promise<Piece>, void> {
  const { sizeBytes, before } = object;
  const opening = openObject(object);
  opening.catch(() => {});
  const sound = opening.then((opened) => assertWhole(opened, object).then(() => opened));
  sound.catch(() => {});
  const pieces: Promise<unknown>[] = [sound];
  try {
    for (let at = 0; at < sizeBytes; at += pieceSize) {
      const length = Math.min(pieceSize, sizeBytes - at);
      const piece = readPiece(object, sound, at, length, at === 0 ? before : undefined);
      pieces.push(piece);
      yield piece;
    }
  } finally {
    void Promise.allSettled(pieces).then(() => opening.then((opened) => opened.close()).catch(() => {}));
  }
}

async function readPiece(
  object: ObjectToSend,
  opening: Promise<OpenObject>,
  at: number,
  length: number,
  before: Buffer | undefined,
): Promise<Piece> {
  const opened = await opening;
  const memory = new ReadingMemory();
  const bytes = memory.allocate(length);
  await readFully(opened, object, bytes, at);
  return { before, bytes, memory };
}

/** Writes with back-pressure counted in chunks, and releases their memory as soon as the system has taken it. */
class Outgoing {
  readonly #res: ServerResponse;
  #pending = 0;
  #wake: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
    res.once("close", () => this.#wake?.());
  }

  /** Waits until another chunk may be written. False when the client has disconnected. */
  async room(): Promise<boolean> {
    while (this.#pending >= inSocket && !this.#res.destroyed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return !this.#res.destroyed;
  }

  write({ before, bytes, memory }: Piece): void {
    this.#pending++;
    this.#res.cork();
    if (before) this.#res.write(before);
    this.#res.write(bytes, (error) => {
      this.#pending--;
      if (!error) memory.giveBack();
      this.#wake?.();
    });
    this.#res.uncork();
  }
}
