/** Two things Turbopack cannot do with Cornerstone3D as published: see DECISIONS.md, "Cornerstone in Turbopack". */
const nextConfig = {
  distDir: process.env.OVERREAD_NEXT_DIST ?? ".next",
  // `npm run check` checks types; a build does not do it again.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  // No page has pictures of Next's: its image service would work for strangers only.
  images: { unoptimized: true },
  transpilePackages: ["@overread/shared"],
  serverExternalPackages: ["pg", "pino", "@node-rs/argon2", "@prisma/client", "@prisma/adapter-pg"],
  turbopack: {
    resolveAlias: { fs: { browser: "./build-stubs/empty.js" } },
    rules: {
      "**/@cornerstonejs/tools/dist/esm/utilities/registerComputeWorker.js": {
        loaders: ["./build-stubs/no-compute-worker.cjs"],
      },
    },
  },
};
export default nextConfig;
