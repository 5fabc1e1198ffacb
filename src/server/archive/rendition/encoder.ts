import { Worker } from "node:worker_threads";
import { DomainError } from "@overread/shared/errors";
import type { FrameForm } from "./encode-lossless.ts";
import type { EncodeAnswer, EncodeTask } from "./encode-thread.ts";

/** A frame that takes longer is given up. Milliseconds. */
const frameMs = 60_000;

/**
 * Encodes frames in a thread of its own, one at a time and behind what the machine has to do for people. Lives as long as a job: the memory
 * that a large frame took goes with it.
 */
export class LosslessEncoder {
  #thread: Worker | undefined;
  #sequence = 0;

  /**
   * @param frame of memory of its own, which is handed over.
   * @returns the codestream; null where the values fill their cells otherwise than the header says.
   * @throws {DomainError} `dicom.cannot-render` where the codec fails or what it made is not the same.
   */
  encode(frame: Uint8Array<ArrayBuffer>, form: FrameForm): Promise<Uint8Array | null> {
    this.#thread ??= new Worker(new URL("./encode-thread.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 },
    });
    const thread = this.#thread;
    const id = ++this.#sequence;
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        settled();
        // It may hang, or be dead: the next frame gets another.
        if (this.#thread === thread) this.#thread = undefined;
        void thread.terminate();
        reject(new DomainError("dicom.cannot-render"));
      };
      const timer = setTimeout(fail, frameMs);
      const answered = (answer: EncodeAnswer): void => {
        if (answer.id !== id) return;
        if ("failed" in answer) fail();
        else {
          settled();
          resolve("stream" in answer ? answer.stream : null);
        }
      };
      const settled = (): void => {
        clearTimeout(timer);
        thread.off("message", answered).off("error", fail).off("exit", fail);
      };
      thread.on("message", answered).on("error", fail).on("exit", fail);
      thread.postMessage({ id, frame, form } satisfies EncodeTask, [frame.buffer]);
    });
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}
