import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, unlink } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "@overread/shared/errors";

/** A failed disk is tested at most this often, and only when something is to be stored. */
const tryAgainMs = 2_000;

/**
 * Whether the disk can be trusted. After a failed sync it cannot: nothing is stored until a test file has been written,
 * synced and named. Older files stay untrusted; receiving their bytes again rewrites them.
 */
export class DiskTrust {
  readonly #directory: string;
  readonly #name: string;
  readonly #changed: (trusted: boolean, cause: unknown) => void;
  #fault: { cause: unknown; tryAt: number } | null = null;
  #trying: Promise<void> | null = null;

  /** @param changed called when trust is lost, with the first error, and when it is restored. */
  constructor(directory: string, owner: string, changed: (trusted: boolean, cause: unknown) => void) {
    this.#directory = directory;
    this.#name = `.${owner}.trial`;
    this.#changed = changed;
  }

  lose(cause: unknown): void {
    const first = !this.#fault;
    this.#fault = { cause, tryAt: Date.now() + tryAgainMs };
    if (first) this.#changed(false, cause);
  }

  /** @throws {DomainError} `storage.unavailable` while the disk is not trusted. */
  async require(): Promise<void> {
    if (this.#fault && Date.now() >= this.#fault.tryAt) {
      this.#trying ??= this.#try().finally(() => {
        this.#trying = null;
      });
      await this.#trying;
    }
    if (this.#fault) throw new DomainError("storage.unavailable", { cause: this.#fault.cause });
  }

  async #try(): Promise<void> {
    const asked = this.#fault;
    try {
      await trial(this.#directory, this.#name);
      // Another sync has failed meanwhile, which counts.
      if (this.#fault !== asked) return;
      this.#fault = null;
      this.#changed(true, null);
    } catch (cause) {
      this.#fault = { cause, tryAt: Date.now() + tryAgainMs };
    }
  }
}

/** Tests the way every object is written, with a test file: bytes synced, name synced, and deleted. */
async function trial(directory: string, name: string): Promise<void> {
  const file = path.join(directory, name);
  await unlink(file).catch(() => {});
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(randomBytes(4096));
    await handle.sync();
  } finally {
    await handle.close();
    await unlink(file).catch(() => {});
  }
  await syncDirectory(directory);
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
