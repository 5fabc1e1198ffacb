// Breaks of one kind; see scripts/mutate.mjs. `red` is the test that has to notice.
export const syncs = [
  {
    what: "an index row is committed before its bytes are durable",
    file: "src/server/domain/imaging/store/store-instances.ts",
    from: "await durable?.();",
    to: "void durable?.().catch(() => undefined);",
    test: "tests/integration/archive-store.test.ts",
    red: "an image whose bytes do not become durable leaves no row, and takes none of its neighbours along",
  },
  {
    what: "the edge acknowledges before the sync",
    file: "edge-router/src/spool/journal.ts",
    from: "await dataSync(segment.fd).catch((error: unknown) => {",
    to: "void dataSync(segment.fd).catch((error: unknown) => {",
    test: "tests/conformance/edge-order.test.ts",
    red: "success is answered only after the data, its name and its record are synced",
  },
  {
    what: "a large object of the edge is not synced",
    file: "edge-router/src/spool/receiver.ts",
    from: "await file.sync();",
    to: "",
    test: "tests/conformance/edge-order.test.ts",
    red: "success is answered only after the data, its name and its record are synced",
  },
  {
    what: "the directory of large objects is not synced",
    file: "edge-router/src/spool/receiver.ts",
    from: "await this.#host.syncObjectsDir();",
    to: "",
    test: "tests/conformance/edge-order.test.ts",
    red: "success is answered only after the data, its name and its record are synced",
  },
  {
    what: "a file of the archive keeps what a crash left under its name",
    file: "src/server/storage/file/instance-writer-thread.ts",
    from: "if (!held) replace(target, pieces);",
    to: "",
    test: "src/server/storage/file/file-store.test.ts",
    red: "what a crash left under an instance's name is replaced, even when its length is right",
  },
];
