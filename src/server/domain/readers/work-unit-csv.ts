import { code, type WorkUnitTable } from "../assignment/engine/index.ts";

/** The work unit table as a file that a spreadsheet opens. Pure. */

const head = ["kind", "code", "workUnits", "effort"] as const;
/** What is wrong with a line of the file; the first line is 1. */
export type CsvFault = {
  line: number;
  fault: "head" | "columns" | "kind" | "code" | "work-units" | "effort" | "twice" | "no-otherwise" | "too-many";
};

const rowsAtMost = 20_000;

export function workUnitsToCsv({ procedures, modalities, otherwise }: WorkUnitTable): string {
  const rows = [
    ...procedures.map((row) => ["procedure", row.code, row.workUnits, row.effort ?? ""]),
    ...modalities.map((row) => ["modality", row.modality, row.workUnits, ""]),
    ["otherwise", "", otherwise, ""],
  ];
  return [head, ...rows].map((row) => `${row.map((cell) => quoted(String(cell))).join(",")}\r\n`).join("");
}
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * Reads such a file: comma or semicolon, quoted or not, `1.5` or (between semicolons) `1,5`. Either the whole table, or what is wrong with
 * which line; at most fifty lines are named.
 *
 * @see RFC 4180
 */
export function workUnitsFromCsv(text: string): { table: WorkUnitTable } | { faults: CsvFault[] } {
  const separator = /^[^\r\n]*;/.test(text) ? ";" : ",";
  const lines = cellsOf(text.replace(/^\ufeff/, ""), separator).filter(({ cells }) =>
    cells.some((cell) => cell !== ""),
  );
  const [first, ...rest] = lines;
  if (!first || head.some((name, n) => first.cells[n]?.toLowerCase() !== name.toLowerCase()))
    return { faults: [{ line: first?.line ?? 1, fault: "head" }] };
  if (rest.length > rowsAtMost) return { faults: [{ line: rest[rowsAtMost]!.line, fault: "too-many" }] };

  const table: {
    procedures: WorkUnitTable["procedures"];
    modalities: WorkUnitTable["modalities"];
    otherwise: number | null;
  } = { procedures: [], modalities: [], otherwise: null };
  const faults: CsvFault[] = [];
  const seen = new Set<string>();
  for (const { line, cells } of rest) {
    const fault = takeRow(table, cells, seen);
    if (fault) faults.push({ line, fault });
  }
  if (table.otherwise === null && faults.length === 0)
    faults.push({ line: lines.at(-1)!.line + 1, fault: "no-otherwise" });
  if (faults.length > 0 || table.otherwise === null) return { faults: faults.slice(0, 50) };
  return { table: { ...table, otherwise: table.otherwise } };
}

function takeRow(
  table: { procedures: WorkUnitTable["procedures"]; modalities: WorkUnitTable["modalities"]; otherwise: number | null },
  cells: string[],
  seen: Set<string>,
): CsvFault["fault"] | null {
  const [kind = "", name = "", units = "", effort = ""] = cells;
  if (cells.length < 3 || cells.slice(head.length).some((cell) => cell !== "")) return "columns";
  if (kind !== "procedure" && kind !== "modality" && kind !== "otherwise") return "kind";
  if (kind === "procedure" ? !code.safeParse(name).success : kind === "modality" && !/^[A-Z0-9]{2,16}$/.test(name))
    return "code";
  if (kind === "otherwise" && name !== "") return "code";
  const workUnits = positive(units);
  if (workUnits === null) return "work-units";
  const time = effort === "" ? null : positive(effort);
  if (effort !== "" && (time === null || kind !== "procedure")) return "effort";
  if (seen.has(`${kind} ${name}`)) return "twice";
  seen.add(`${kind} ${name}`);
  if (kind === "procedure") table.procedures.push({ code: name, workUnits, effort: time });
  else if (kind === "modality") table.modalities.push({ modality: name, workUnits });
  else table.otherwise = workUnits;
  return null;
}

function positive(text: string): number | null {
  if (!/^\d{1,4}([.,]\d{1,6})?$/.test(text)) return null;
  const value = Number(text.replace(",", "."));
  return value > 0 && value <= 1000 ? value : null;
}

/** The cells of each line, trimmed, with the line of the file that it begins in. */
function cellsOf(text: string, separator: string): { line: number; cells: string[] }[] {
  const rows: { line: number; cells: string[] }[] = [];
  let row = { line: 1, cells: [] as string[] };
  let [cell, inside, line] = ["", false, 1];
  const endCell = () => {
    row.cells.push(cell.trim());
    cell = "";
  };
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "\n") line++;
    if (inside) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else inside = false;
    } else if (letter === '"') inside = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") {
      endCell();
      rows.push(row);
      row = { line, cells: [] };
    } else cell += letter;
  }
  endCell();
  rows.push(row);
  return rows;
}
