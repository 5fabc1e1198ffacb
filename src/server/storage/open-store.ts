import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import { config } from "#server/config.ts";
import { createLog } from "#server/log.ts";
import { describeCause } from "#server/outage.ts";
import { FileStore } from "./file/file-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { S3Store } from "./s3/s3-store.ts";

/** In a container every start has the same process id: what one before left must not count as this one's. */
const start = randomBytes(4).toString("hex");
/** Identifies this process among those that share a store. */
const owner = (): string => `${hostname().replace(/[^\w-]/g, "")}.${process.pid}.${start}`;

let store: ObjectStore | undefined;

/** The store that OVERREAD_STORAGE names. */
export function objectStore(): ObjectStore {
  store ??= openStore();
  return store;
}

function openStore(): ObjectStore {
  const { address, reserveBytes } = config().storage;
  if (address.kind === "s3")
    return new S3Store(address, { folder: path.join(config().dataDir, "uploads"), reserveBytes });
  const log = createLog("storage", config().log.level);
  return new FileStore(address.root, {
    reserveBytes,
    owner: owner(),
    onTrust: (trusted, cause) =>
      trusted
        ? log.info("the disk of the archive is well again: images are taken again")
        : log.error(
            { cause: describeCause(cause), err: cause },
            "the disk of the archive failed: nothing is taken until it is well",
          ),
  });
}

/** The objects of a backup in a folder: a file store of their own. */
export function backupStore(folder: string): ObjectStore {
  return new FileStore(path.join(folder, "store"), { reserveBytes: 0, owner: owner() });
}
