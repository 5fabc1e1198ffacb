import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { workUnitsFromCsv, workUnitsToCsv } from "./work-unit-csv.ts";

const head = "kind,code,workUnits,effort";
const faultsOf = (...lines: string[]) => {
  const read = workUnitsFromCsv([head, ...lines].join("\n"));
  return "faults" in read ? read.faults.map(({ line, fault }) => `${line} ${fault}`) : [];
};

test("what is written as a file is read back as the same table", () => {
  const units = fc.integer({ min: 1, max: 99_999 }).map((n) => n / 100);
  const codes = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,14}[A-Za-z0-9]$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ code: codes, workUnits: units, effort: fc.option(units) }), {
        selector: (row) => row.code,
      }),
      fc.uniqueArray(fc.constantFrom("CT", "MR", "DX", "US")),
      units,
      (procedures, modalities, otherwise) => {
        const table = {
          procedures: procedures.map((row) => ({ ...row })),
          modalities: modalities.map((modality) => ({ modality, workUnits: 1.5 })),
          otherwise,
        };
        assert.deepEqual(workUnitsFromCsv(workUnitsToCsv(table)), { table });
      },
    ),
  );
});

test("a spreadsheet's semicolons, decimal commas, quotes and byte order mark are read", () => {
  const text = '\ufeffkind;code;workUnits;effort\r\nprocedure;"CT HEAD";0,85;1,2\r\n\r\notherwise;;1;\r\n';
  assert.deepEqual(workUnitsFromCsv(text), {
    table: { procedures: [{ code: "CT HEAD", workUnits: 0.85, effort: 1.2 }], modalities: [], otherwise: 1 },
  });
});

test("each line that cannot be read says what is wrong with it", () => {
  assert.deepEqual(
    faultsOf(
      "procedure,CTHEAD,0.85,",
      "procedures,CTHEAD,0.85,",
      "procedure,=cmd(),1,",
      "procedure,MRHEAD,-1,",
      "procedure,MRHEAD,many,",
      "modality,CT,1.2,3",
      "procedure,CTHEAD,2,",
      "modality,CT",
      "otherwise,,0,",
      "procedure,USABD,1,x",
    ),
    [
      "3 kind",
      "4 code",
      "5 work-units",
      "6 work-units",
      "7 effort",
      "8 twice",
      "9 columns",
      "10 work-units",
      "11 effort",
    ],
  );
  assert.deepEqual(faultsOf("modality,CT,1.2,"), ["3 no-otherwise"]);
  assert.deepEqual(workUnitsFromCsv("code,units\nX,1"), { faults: [{ line: 1, fault: "head" }] });
  assert.deepEqual(workUnitsFromCsv(""), { faults: [{ line: 1, fault: "head" }] });
});

test("no text makes it fail otherwise", () => {
  fc.assert(fc.property(fc.string(), (text) => void workUnitsFromCsv(`${head}\n${text}`)));
});
