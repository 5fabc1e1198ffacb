/** Memory for pictures that may be asked for again. Bytes. */
const limit = 32 << 20;
/** A picture larger than this is worth its drawing. Bytes. */
const largest = 1 << 20;

type Drawn = { version: string; picture: Buffer };

/**
 * Pictures that this process has drawn, the least lately asked for going first. A series' thumbnail and the pictures of a report are
 * asked for by everybody who opens the study, each from a browser of his own.
 */
export class DrawnBefore {
  readonly #pictures = new Map<string, Drawn>();
  #bytes = 0;

  /** @param version of the object that lies in the archive now: what was drawn of another is forgotten. */
  find(name: string, version: string): Buffer | undefined {
    const drawn = this.#pictures.get(name);
    if (!drawn) return undefined;
    this.#forget(name);
    if (drawn.version !== version) return undefined;
    this.#keep(name, drawn);
    return drawn.picture;
  }

  /** @param version of the object before it was read. */
  remember(name: string, version: string, picture: Buffer): void {
    this.#forget(name);
    if (picture.length <= largest) this.#keep(name, { version, picture });
    for (const [oldest] of this.#pictures) {
      if (this.#bytes <= limit) break;
      this.#forget(oldest);
    }
  }

  #keep(name: string, drawn: Drawn): void {
    this.#pictures.set(name, drawn);
    this.#bytes += sizeOf(name, drawn);
  }

  #forget(name: string): void {
    const drawn = this.#pictures.get(name);
    if (drawn) this.#bytes -= sizeOf(name, drawn);
    this.#pictures.delete(name);
  }
}

/** With what an entry takes beside its picture, so that many small ones are bounded, too. */
const sizeOf = (name: string, { picture }: Drawn): number => picture.buffer.byteLength + name.length + 200;
