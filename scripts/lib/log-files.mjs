import { chmodSync, copyFileSync, fstatSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

/**
 * The log files of a stack. A process writes to an inherited descriptor, so a full file is copied and truncated instead
 * of renamed; what is written in between is lost. Readable by this user only.
 */
export class LogFiles {
  #dir;
  #maxBytes;
  #kept;
  #open = new Map();

  constructor(dir, { maxBytes = 32 << 20, kept = 3 } = {}) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
    this.#kept = kept;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  }

  pathOf(name) {
    return path.join(this.#dir, `${name}.log`);
  }

  /** A descriptor that appends to the log of `name`; the same one each time. */
  descriptor(name) {
    let fd = this.#open.get(name);
    if (fd === undefined) {
      fd = openSync(this.pathOf(name), "a", 0o600);
      chmodSync(this.pathOf(name), 0o600);
      this.#open.set(name, fd);
    }
    return fd;
  }

  /** The current length of the log of `name`, to find what is written later. */
  size(name) {
    return fstatSync(this.descriptor(name)).size;
  }

  /**
   * Rotates every log that has grown too long: `web.log` becomes `web.log.1`, that `web.log.2`, the oldest is deleted.
   */
  rotate() {
    for (const [name, fd] of this.#open) {
      if (fstatSync(fd).size <= this.#maxBytes) continue;
      const file = this.pathOf(name);
      rmSync(`${file}.${this.#kept}`, { force: true });
      for (let i = this.#kept - 1; i >= 1; i--)
        try {
          renameSync(`${file}.${i}`, `${file}.${i + 1}`);
        } catch {
          // there are fewer yet
        }
      copyFileSync(file, `${file}.1`);
      ftruncateSync(fd, 0);
    }
  }
}
