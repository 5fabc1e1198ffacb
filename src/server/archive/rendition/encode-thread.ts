import { readlinkSync } from "node:fs";
import os from "node:os";
import { parentPort } from "node:worker_threads";
import { encodeLossless, type FrameForm } from "./encode-lossless.ts";

export type EncodeTask = { id: number; frame: Uint8Array; form: FrameForm };
export type EncodeAnswer =
  | { id: number; stream: Uint8Array }
  | { id: number; none: "bits" }
  /** The encoder has failed, or what it made is not what it was given. */
  | { id: number; failed: string };

// Whoever waits for an image goes first, on a machine that does both.
try {
  os.setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), os.constants.priority.PRIORITY_LOW);
} catch {
  // Where a thread has no priority of its own it is one at a time all the same.
}

parentPort?.on("message", ({ id, frame, form }: EncodeTask) => {
  encodeLossless(frame, form).then(
    (stream) => {
      const answer: EncodeAnswer = stream ? { id, stream } : { id, none: "bits" };
      parentPort?.postMessage(answer, stream ? [stream.buffer as ArrayBuffer] : []);
    },
    (error: unknown) =>
      parentPort?.postMessage({ id, failed: error instanceof Error ? error.name : "unknown" } satisfies EncodeAnswer),
  );
});
