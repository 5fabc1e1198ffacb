import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface LockPackage {
  link?: boolean;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const lock: { packages: Record<string, LockPackage> } = JSON.parse(
  readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"),
);

/** Every package that an installation of the edge router brings with it, by the lock file's own resolution. */
function treeOf(start: string): Set<string> {
  const seen = new Set<string>();
  const visit = (place: string): void => {
    if (seen.has(place)) return;
    seen.add(place);
    const { dependencies, optionalDependencies } = lock.packages[place] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      // Like Node: the nearest node_modules upwards.
      let base = place;
      while (base !== "" && !lock.packages[`${base}/node_modules/${name}`])
        base = base.includes("/node_modules/") ? base.slice(0, base.lastIndexOf("/node_modules/")) : "";
      const found = base === "" ? `node_modules/${name}` : `${base}/node_modules/${name}`;
      const target = lock.packages[found];
      if (target) visit(target.link ? target.resolved! : found);
    }
  };
  visit(start);
  return seen;
}

test("nothing of the portal is in the edge router's dependency tree", () => {
  const names = [...treeOf("edge-router")].map((place) => place.replace(/^.*node_modules\//, ""));
  assert.ok(names.length > 5, "the tree was read");
  assert.ok(names.includes("undici") && names.includes("pino"));
  const forbidden =
    /^(next|next-auth|react|react-dom|prisma|@prisma\/.*|@trpc\/.*|bullmq|ioredis|redis|pg|dcmjs-dimse)$/;
  assert.deepEqual(
    names.filter((name) => forbidden.test(name)),
    [],
  );
});

test("the edge router names its dependencies with exact versions, those of the portal", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../edge-router/package.json", import.meta.url), "utf8"));
  const root = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  for (const [name, version] of Object.entries<string>(manifest.dependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
    if (root.dependencies[name]) assert.equal(version, root.dependencies[name], name);
  }
});
