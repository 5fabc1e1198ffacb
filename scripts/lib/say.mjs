/** Progress for a person at a terminal: one line per step, with how long it took. */
export const say = (text) => process.stdout.write(`${text}\n`);

/** Exits with what is wrong and what to do about it. */
export function giveUp(problem, remedy) {
  process.stderr.write(`\n${problem}\n${remedy ? `→ ${remedy}\n` : ""}`);
  process.exit(1);
}

export async function step(title, work) {
  const started = Date.now();
  process.stdout.write(`${title} … `);
  const result = await work();
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}
