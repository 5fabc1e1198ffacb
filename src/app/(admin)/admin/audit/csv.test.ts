import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "./csv.ts";

const line = (...cells: string[]) => toCsv([cells]).slice(1, -2);

test("a cell that a spreadsheet would run is only text", () => {
  assert.equal(line("=HYPERLINK(1)"), "'=HYPERLINK(1)");
  assert.equal(line("+1+cmd"), "'+1+cmd");
  assert.equal(line("@SUM(A1)"), "'@SUM(A1)");
  assert.equal(line("-2+3"), "'-2+3");
  assert.equal(line("\t=1"), "'\t=1");
  assert.equal(line(" =1"), "' =1");
});

test("numbers stay numbers, quotes and line breaks stay inside their cell", () => {
  assert.equal(line("-12.5", "7"), "-12.5,7");
  assert.equal(line('say "a", b', "x\ny"), '"say ""a"", b","x\ny"');
});

test("the file says that it is UTF-8 and ends its lines as the format wants", () => {
  const text = toCsv([["Name"], ["山田"]]);
  assert.equal(text.charCodeAt(0), 0xfeff);
  assert.equal(text.slice(1), "Name\r\n山田\r\n");
});
