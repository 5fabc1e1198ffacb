export { finishInstance, type IngestOptions, type IngestResult, ingestPart10, receiveInstance } from "./ingest.ts";
export { indexStudy, preparedMetadata, underRoot, unzipped, withRoot } from "./prepared-metadata.ts";
export { bulkExtent, frameCount, frameIndexOfInstance, readBulk, readFrames } from "./read-frames.ts";
export { sweepStorage } from "./sweep.ts";
