/** What the benchmarks use of libraries that ship no types. */
declare module "dcmjs" {
  type Dict = Record<string, { vr: string; Value?: unknown[] }>;
  const dcmjs: {
    data: {
      DicomMessage: { readFile(bytes: ArrayBuffer): { dict: Dict; meta: Dict; write(): ArrayBuffer } };
    };
    log: { setLevel(level: string): void };
  };
  export default dcmjs;
}

declare module "dicer" {
  import type { Writable } from "node:stream";

  const Dicer: new (options: { boundary: string }) => Writable;
  export default Dicer;
}
