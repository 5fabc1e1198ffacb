import { Worker } from "node:worker_threads";
import { DomainError, type ErrorCode } from "@overread/shared/errors";
import type { PictureAnswer, PictureTask } from "./thread.ts";

/** A longer rendering is aborted. */
const taskMs = 15_000;
const waitingLimit = 200;
/** A thread that nobody needs gives its memory back. A new one has its codecs to compile, which takes as long as fifty pictures. */
const idleMs = 5 * 60_000;

type Waiting = { task: PictureTask; resolve: (bytes: Buffer) => void; reject: (error: DomainError) => void };

const waiting: Waiting[] = [];
let thread: Worker | undefined;
let current: (Waiting & { id: number; timer: NodeJS.Timeout }) | undefined;
let idle: NodeJS.Timeout | undefined;
let sequence = 0;

/**
 * Decodes or renders a frame in the thread, one at a time, within limits of time and memory.
 *
 * @throws {DomainError} `dicom.cannot-render`, also when it took too long; `storage.unavailable` when too many requests
 * wait.
 */
export function runPictureTask(task: PictureTask): Promise<Buffer> {
  if (waiting.length >= waitingLimit) throw new DomainError("storage.unavailable");
  return new Promise((resolve, reject) => {
    waiting.push({ task, resolve, reject });
    next();
  });
}

/** Ends the thread, if there is one. */
export async function closePicturePool(): Promise<void> {
  clearTimeout(idle);
  const ending = thread;
  thread = undefined;
  await ending?.terminate();
}

function next(): void {
  if (current) return;
  const taken = waiting.shift();
  if (!taken) {
    idle = setTimeout(() => void closePicturePool(), idleMs);
    idle.unref();
    return;
  }
  clearTimeout(idle);
  const id = ++sequence;
  const timer = setTimeout(() => giveUp("dicom.cannot-render"), taskMs);
  current = { ...taken, id, timer };
  thread ??= start();
  const frame = ownFrame(taken.task.frame);
  thread.postMessage({ id, task: { ...taken.task, frame } }, [frame.buffer]);
}

/** The frame in memory of its own: a message copies all the memory that a frame lies in, and hands over what it is told to. */
function ownFrame(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = frame;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return isOwn ? new Uint8Array(buffer) : new Uint8Array(frame);
}

function start(): Worker {
  const started = new Worker(new URL("./thread.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 },
  });
  started.unref();
  started.on("message", (answer: PictureAnswer) => {
    if (!current || answer.id !== current.id) return;
    const { resolve, reject, timer } = current;
    clearTimeout(timer);
    current = undefined;
    if ("bytes" in answer) resolve(Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.byteLength));
    else reject(new DomainError(answer.code as ErrorCode, { details: answer.details }));
    next();
  });
  const lost = (): void => {
    if (thread === started) giveUp("dicom.cannot-render");
  };
  started.on("error", lost).on("exit", lost);
  return started;
}

/** The thread hangs or died: the task is refused, and the next one gets a new thread. */
function giveUp(code: ErrorCode): void {
  const dead = thread;
  thread = undefined;
  void dead?.terminate();
  if (!current) return;
  const { reject, timer } = current;
  clearTimeout(timer);
  current = undefined;
  reject(new DomainError(code));
  next();
}
