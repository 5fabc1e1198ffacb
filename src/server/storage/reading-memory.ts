/** An ordinary image fits into one buffer. Bytes. */
export const pieceSize = 1 << 20;
/** Buffers kept for the next reader. */
const spareLimit = 32;
const spare: Buffer[] = [];
const nothing = Buffer.alloc(0);

/**
 * A pool of buffers for bytes on their way from the disk to the network: a new half megabyte for every image would keep
 * the garbage collector busy.
 */
export class ReadingMemory {
  #pieces: Buffer[] = [];
  /** What is left of the last piece: the thousand small frames of a request do not take a piece each. */
  #left: Buffer = nothing;

  /** A buffer with arbitrary content. Larger ones than the pool's are newly allocated. */
  allocate(length: number): Buffer {
    if (length > pieceSize) return Buffer.allocUnsafe(length);
    if (length > this.#left.length) {
      this.#left = spare.pop() ?? Buffer.allocUnsafeSlow(pieceSize);
      this.#pieces.push(this.#left);
    }
    const bytes = this.#left.subarray(0, length);
    this.#left = this.#left.subarray(length);
    return bytes;
  }

  /**
   * For the next reader. Only when nobody reads or writes these bytes any more; without it they are simply lost. So is a piece that was
   * handed over to a thread meanwhile: it holds nothing here any more.
   */
  giveBack(): void {
    this.#left = nothing;
    for (const piece of this.#pieces.splice(0))
      if (spare.length < spareLimit && !(piece.buffer as ArrayBuffer).detached) spare.push(piece);
  }
}
