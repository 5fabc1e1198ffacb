/**
 * One CSV document (RFC 4180): quoted where needed, lines end in CRLF, with a byte order mark so that spreadsheets read
 * UTF-8.
 *
 * A cell that a spreadsheet would run as a formula gets an apostrophe in front: what is in an audit trail came from
 * outside, and the one who opens the file is an administrator.
 */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(value: string): string {
  const guarded = /^[\s]*[=+\-@\t\r]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) || guarded !== guarded.trim() ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
