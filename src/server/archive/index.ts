export { explicitForm, hasExplicitForm, readWhole } from "./explicit-form.ts";
export { indexStudy } from "./index-study.ts";
export { finishInstance, type IngestOptions, type IngestResult, ingestPart10, receiveInstance } from "./ingest.ts";
export { closePicturePool } from "./picture/pool.ts";
export { decodeFrames, drawFrame, type PictureOptions } from "./picture/render.ts";
export { stopPreparing } from "./prepare-soon.ts";
export { preparedMetadata, underRoot, unzipped, withRoot } from "./prepared-metadata.ts";
export { bulkExtent, frameCount, frameIndexOfInstance, readBulk, readFrames } from "./read-frames.ts";
export { sweepStorage } from "./sweep.ts";
