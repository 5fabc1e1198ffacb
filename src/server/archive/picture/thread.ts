import { parentPort } from "node:worker_threads";
import type { AskedWindow, PixelDescription } from "@overread/shared/dicom/pixels/description";
import { drawPixels } from "@overread/shared/dicom/pixels/draw-pixels";
import type { DomainError } from "@overread/shared/errors";
import { toDomainError } from "#server/errors.ts";
import { cannotDraw, damaged } from "./cannot-draw.ts";
import { decodeFrame } from "./decode.ts";
import { inCells } from "./decoded-frame.ts";
import { encodeJpeg, encodePng } from "./encode.ts";
import { encodeGif } from "./encode-gif.ts";
import { type Fit, fitInto } from "./fit-into.ts";
import { readPng } from "./png.ts";

/** A task for the thread: the frame's stored bytes, how to interpret them, and the wanted output; or a PNG, whose pixels are wanted. */
export type PictureTask = FrameTask | { frame: Uint8Array; isPng: true };
export type FrameTask = {
  frame: Uint8Array;
  description: PixelDescription;
  want:
    | { kind: "values" }
    | {
        kind: "picture";
        type: "image/jpeg" | "image/png" | "image/gif";
        window: AskedWindow | null;
        quality: number;
        fit: Fit | null;
      };
};
export type PictureAnswer =
  | { id: number; bytes: Uint8Array }
  | { id: number; code: string; details: DomainError["details"] };

/** Decoding runs outside the process that serves requests: codecs block, and a hostile image may hang them. */
async function work(task: PictureTask): Promise<Uint8Array> {
  if ("isPng" in task) return pixelsOfPng(task.frame);
  const { frame, description, want } = task;
  const decoded = await decodeFrame(frame, description);
  if (want.kind === "values") return inCells(decoded, description);
  const drawn = drawPixels(decoded.bytes, decoded.description, want.window);
  const picture = want.fit ? fitInto(drawn, want.fit) : drawn;
  if (want.type === "image/gif") return encodeGif(picture);
  return want.type === "image/png" ? encodePng(picture) : encodeJpeg(picture, want.quality);
}

function pixelsOfPng({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  const pixels = readPng(Buffer.from(buffer, byteOffset, byteLength));
  if (!pixels) throw cannotDraw(damaged);
  return pixels;
}

parentPort?.on("message", ({ id, task }: { id: number; task: PictureTask }) => {
  work(task).then(
    (bytes) => {
      const { buffer } = bytes;
      // Handed over where it is all of its memory, copied where it is a part.
      const whole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
      parentPort?.postMessage({ id, bytes } satisfies PictureAnswer, whole ? [buffer] : []);
    },
    (error: unknown) => {
      const known = toDomainError(error);
      const { code, details } = known.code === "internal" ? cannotDraw(damaged) : known;
      parentPort?.postMessage({ id, code, details: { ...details } } satisfies PictureAnswer);
    },
  );
});
