import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "./attributes.ts";
import { measuredText, roundMeasurement } from "./measured-value.ts";

const value = (...values: unknown[]) => ({ Value: values });
type Unit = { code?: string; meaning?: string; scheme?: string };
const measured = (numeric: unknown, unit: Unit | null): Attributes => ({
  "0040A300": value({
    "0040A30A": value(numeric),
    ...(unit
      ? {
          "004008EA": value({
            ...(unit.code === undefined ? {} : { "00080100": value(unit.code) }),
            "00080102": value(unit.scheme ?? "UCUM"),
            ...(unit.meaning === undefined ? {} : { "00080104": value(unit.meaning) }),
          }),
        }
      : {}),
  }),
});

test("a measured number always says its unit, or that it has none", () => {
  for (const [numeric, unit, shown] of [
    ["64.4505437946691", { code: "1", meaning: "no units" }, "64.45 no unit (1)"],
    ["64.4505437946691", { code: "1", meaning: "pixels" }, "64.45 px"],
    ["64.4505437946691", { code: "{pixels}", meaning: "pixels" }, "64.45 px"],
    ["64.4505437946691", { code: "px", meaning: "px" }, "64.45 px"],
    ["64.4505437946691", null, "64.45 (no unit given)"],
    ["64.4505437946691", {}, "64.45 (no unit given)"],
    [64.4505437946691, { code: "mm", meaning: "millimeter" }, "64.45 mm"],
    ["6.5", { code: "mm2", meaning: "square millimeter" }, "6.5 mm²"],
    ["1200", { code: "mm3", meaning: "cubic millimeter" }, "1200 mm³"],
    ["38.25", { code: "[hnsf'U]", meaning: "Hounsfield unit" }, "38.25 HU"],
    ["12.0", { code: "%", meaning: "Percent" }, "12.0 %"],
    ["7", { code: "deg", meaning: "degree" }, "7°"],
    ["4.2", { code: "{SUVbw}g/ml", meaning: "Standardized Uptake Value" }, "4.2 SUVbw g/ml"],
    ["1.1", { code: "10*-3.mm2/s" }, "1.1 10⁻³·mm²/s"],
    ["148", { code: "mGy.cm", meaning: "mGy.cm" }, "148 mGy·cm"],
    ["80", { code: "ml/min/{1.73_m2}" }, "80 ml/min/ 1.73 m2"],
    ["80", { code: "mm[Hg]" }, "80 mmHg"],
    ["80", { code: "ug/ml" }, "80 µg/ml"],
    ["3", { code: "[arb'U]", meaning: "arbitrary unit" }, "3 arbitrary unit"],
    ["3", { code: "121211", meaning: "Path length", scheme: "DCM" }, "3 Path length"],
    ["9", { code: "{counts}", meaning: "counts" }, "9 counts"],
    ["about 5", { code: "mm" }, "about 5 mm"],
  ] as const)
    assert.equal(measuredText(measured(numeric, unit)), shown, JSON.stringify([numeric, unit]));
});

test("what was not measured says so, with the reason that was given", () => {
  assert.equal(measuredText({}), "not measured");
  assert.equal(measuredText({ "0040A301": value({ "00080104": value("Not visible") }) }), "not measured (Not visible)");
  assert.equal(measuredText(measured("", { code: "mm" })), "not measured");
  const floating: Attributes = {
    "0040A300": value({ "0040A161": value(2.123456), "004008EA": value({ "00080100": value("cm") }) }),
  };
  assert.equal(measuredText(floating), "2.123 cm");
});

test("digits that nobody measured are not shown, and no value becomes another", () => {
  for (const [written, shown] of [
    ["64.4505437946691", "64.45"],
    ["0.123456789", "0.1235"],
    ["0.00012345678", "0.0001235"],
    ["0.00000000012345", "1.234e-10"],
    ["1234.5678", "1234.6"],
    ["1234567.891", "1234567.9"],
    ["123456789", "123456789"],
    ["6.50", "6.50"],
    ["-0.0000", "-0.0000"],
    ["9.99999", "10"],
    ["6.44505E+01", "64.45"],
    ["1E+02", "100"],
    ["3/4", "3/4"],
  ] as const)
    assert.equal(roundMeasurement(written), shown, written);
});
