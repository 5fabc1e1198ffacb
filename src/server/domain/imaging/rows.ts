/** Columns of a multi-row statement, each with the type its parameter is cast to. */
export type Columns = readonly (readonly [name: string, type: string])[];

/**
 * `($1::uuid, $2::text), …` for many rows at once: one round trip and one plan instead of one per row.
 *
 * @returns the text and the parameters, which start at `$first`.
 */
export function valueRows(columns: Columns, rows: readonly (readonly unknown[])[], first = 1) {
  let next = first;
  const text = rows.map(() => `(${columns.map(([, type]) => `$${next++}::${type}`).join(",")})`).join(",");
  return { text, values: rows.flat() };
}

export const columnNames = (columns: Columns): string => columns.map(([name]) => name).join(", ");
