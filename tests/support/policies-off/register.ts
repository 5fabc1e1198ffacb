import { registerHooks } from "node:module";

const replaced = new Map(
  ["authorize", "image-access"].map((name) => [
    new URL(`../../../src/server/domain/${name}.ts`, import.meta.url).href,
    new URL(`${name}.ts`, import.meta.url).href,
  ]),
);

/**
 * From here on this process loads the product without its policies, so that the database is seen to keep tenants apart alone. What is
 * tested has to be imported afterwards, by `await import(…)`: static imports are loaded before anything runs.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    const url = replaced.get(found.url);
    return url ? { ...found, url } : found;
  },
});
