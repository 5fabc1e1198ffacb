// `npm run bench -- <name>`: the project's own benchmarks. Each runs beside a peer in turn and prints the ratio; absolute figures
// of a shared machine mean little.
import { say } from "./lib/say.mjs";

const benches = {
  assignment: () => import("./bench/assignment.ts"),
  cstore: () => import("./bench/cstore.ts"),
  dicom: () => import("./bench/dicom.ts"),
  jobs: () => import("./bench/jobs.ts"),
  multipart: () => import("./bench/multipart.ts"),
  reads: () => import("./bench/reads.ts"),
  cases: () => import("./bench/cases.ts"),
  scroll: () => import("./bench/scroll.ts"),
  viewer: () => import("./bench/viewer.ts"),
  worklist: () => import("./bench/worklist.ts"),
};
const [name, ...rest] = process.argv.slice(2);
if (!name || !(name in benches)) {
  say(`Benchmarks: ${Object.keys(benches).join(", ")}. For example: npm run bench -- cstore --port 11112`);
  process.exit(name ? 1 : 0);
}
const { bench } = await benches[name]();
await bench(rest);
