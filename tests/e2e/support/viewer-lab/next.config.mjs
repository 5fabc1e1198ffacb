import path from "node:path";
import shared from "../../../../next.config.mjs";

const root = path.resolve(import.meta.dirname, "../../../..");

/** The viewer on a page of its own, for working on it: `next dev tests/e2e/support/viewer-lab -p 3190`. */
const nextConfig = {
  ...shared,
  typescript: { ignoreBuildErrors: true },
  turbopack: {
    ...shared.turbopack,
    root,
    resolveAlias: { fs: { browser: "../../../../build-stubs/empty.js" } },
    rules: {
      "**/@cornerstonejs/tools/dist/esm/utilities/registerComputeWorker.js": {
        loaders: [path.join(root, "build-stubs/no-compute-worker.cjs")],
      },
    },
  },
};
export default nextConfig;
