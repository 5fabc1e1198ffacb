import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { readInstance } from "@overread/shared/dicom/part10";
import { quantity, unit } from "@overread/shared/measurements/codes";
import { reportedMeasurements } from "@overread/shared/measurements/from-report";
import type { KeptMeasurement } from "@overread/shared/measurements/measurement";
import { buildMeasurementReport, buildPresentationStates, type SignedReport } from "#server/documents/index.ts";
import { signedReport, uidsOf } from "../factories/signed-report.ts";
import { noRealData, realData } from "../real-data.ts";
import { run } from "../support/run.ts";

/** Independent judges of what is made of measurements and presentation: dicom3tools and DCMTK. */
let dir: string;
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), "overread-markup-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const study = signedReport().study.studyInstanceUid;
const imageAt = (n: number) => ({ ...signedReport().evidence[n]!, studyInstanceUid: study, frameNumber: 1 });
type Points = [number, number][];
let uids = 0;
const measurement = (
  kind: KeptMeasurement["kind"],
  points: Points,
  values: KeptMeasurement["values"],
  over: Partial<KeptMeasurement> = {},
): KeptMeasurement => ({
  trackingUid: `2.25.${++uids}`,
  kind,
  where: { space: "image", image: imageAt(0), frameOfReferenceUid: null, points },
  closed: false,
  values,
  label: "",
  finding: null,
  site: null,
  author: signedReport().signature.name,
  at: "2026-11-20T22:30:00.000Z",
  ...over,
});
const of = (
  what: KeptMeasurement["values"][number]["quantity"],
  value: number | null,
  in_: KeptMeasurement["values"][number]["unit"],
  reason: string | null = null,
) => ({ quantity: what, value, unit: in_, reason });

/** One of each kind that is drawn; the lengths by calculation, 0.5 mm a pixel. */
const measurements: KeptMeasurement[] = [
  measurement(
    "length",
    [
      [10.25, 20.5],
      [40.25, 60.5],
    ],
    [of(quantity.length, 25, unit.millimetre)],
    { label: "Nodule, S6" },
  ),
  measurement(
    "bidirectional",
    [
      [0, 10],
      [40, 10],
      [20, 0],
      [20, 20],
    ],
    [of(quantity.longAxis, 20, unit.millimetre), of(quantity.shortAxis, 10, unit.millimetre)],
    { author: "Dr Kwame Mensah" },
  ),
  measurement(
    "angle",
    [
      [10, 0],
      [0, 0],
      [0, 10],
    ],
    [of(quantity.angle, 90, unit.degree)],
  ),
  measurement(
    "cobb",
    [
      [0, 0],
      [10, 0],
      [0, 10],
      [10, 20],
    ],
    [of(quantity.cobbAngle, 45, unit.degree)],
  ),
  measurement(
    "ellipse",
    [
      [20, 10],
      [20, 30],
      [0, 20],
      [40, 20],
    ],
    [
      of(quantity.mean, -612.3456789012345, unit.hounsfield),
      of(quantity.deviation, 1 / 3, unit.hounsfield),
      of(quantity.area, Math.PI * 50, unit.squareMillimetre),
    ],
  ),
  measurement(
    "rectangle",
    [
      [0, 0],
      [10, 0],
      [10, 5],
      [0, 5],
    ],
    [
      of(quantity.mean, null, unit.none, "no values here"),
      of(quantity.area, 50, unit.pixels, "no scale in this image"),
    ],
  ),
  measurement("probe", [[5.5, 6.5]], [of(quantity.attenuation, -1000, unit.hounsfield)]),
];
const camera = { zoom: 2, pan: [10, -4] as [number, number], rotation: 90, flipped: true };
const imageFacts = (n: number, over = {}) => ({
  ...signedReport().evidence[n]!,
  numberOfFrames: 1,
  rows: 100,
  columns: 200,
  inverse: false,
  pixelSpacing: [0.5, 0.5] as [number, number],
  window: { center: "40", width: "400" },
  values: { slope: "1", intercept: "-1024", type: "HU" },
  ...over,
});
const keyImage = (n: number) => ({ ...imageAt(n), numberOfFrames: 1, caption: "", jpeg: null });
const report = (markup: Partial<SignedReport["markup"]> = {}, over: Partial<SignedReport> = {}): SignedReport =>
  ({
    ...signedReport({ uids: uidsOf("markup") }),
    keyImages: [keyImage(1)],
    markup: {
      measurements,
      presentations: [
        {
          image: imageAt(0),
          window: { center: -600.5, width: 1500, shape: "LINEAR" },
          windows: [],
          inverted: true,
          camera,
        },
      ],
      images: [imageFacts(0), imageFacts(1)],
      ...markup,
    },
    ...over,
  }) as SignedReport;

const fileOf = (name: string, bytes: Buffer): string => {
  const target = path.join(dir, name);
  writeFileSync(target, bytes);
  return target;
};
async function judged(file: string): Promise<void> {
  const { stderr, stdout } = await run("dciodvfy", [file]);
  assert.doesNotMatch(stderr + stdout, /^Error/m, `${path.basename(file)}\n${stderr}${stdout}`);
}

test("one of each measurement is a valid TID 1500 for dicom3tools and DCMTK, and every value stands with its unit", async () => {
  const file = fileOf("measurements.dcm", buildMeasurementReport(report())!);
  await judged(file);
  const { code, stdout } = await run("dsrdump", ["+Pl", file]);
  assert.equal(code, 0);
  assert.match(stdout, /Enhanced SR/);
  for (const said of [
    /NUM:\(.*"Length"\)="25" \(mm,UCUM/,
    /NUM:\(.*"Long Axis"\)="20"/,
    /NUM:\(.*"Short Axis"\)="10"/,
    /NUM:\(.*"Cobb angle"\)="45" \(deg,UCUM/,
    /NUM:\(.*"Attenuation Coefficient"\)="-1000" \(\[hnsf'U\],UCUM/,
    /Nodule, S6/,
    /Dr Kwame Mensah/,
    /no scale in this image/,
    /\(ELLIPSE,0\/20,40\/20,/,
  ])
    assert.match(stdout, said);
});

test("what was measured on a reformatted plane makes it a Comprehensive 3D SR", async () => {
  const on = measurement(
    "length",
    [
      [0, 0],
      [1, 1],
    ],
    [of(quantity.length, 3, unit.millimetre)],
    {
      where: {
        space: "patient",
        frameOfReferenceUid: "1.2.9",
        normal: [0, 0, 1],
        source: imageAt(0),
        points: [
          [1, 2, 3],
          [1, 2, 6],
        ],
      },
    },
  );
  const file = fileOf("in-3d.dcm", buildMeasurementReport(report({ measurements: [...measurements, on] }))!);
  await judged(file);
  assert.match((await run("dsrdump", ["+Pl", file])).stdout, /Comprehensive 3D SR[\s\S]*SCOORD3D/);
});

test("the presentation of what was measured is valid, and says window, turn, area, polarity and every drawing", async () => {
  const states = buildPresentationStates(report());
  assert.equal(states.length, 1, "of one turn and one rescaling there is one");
  const file = fileOf("presentation.dcm", states[0]!.file);
  await judged(file);
  const { stdout } = await run("dcmdump", ["-q", "+L", file]);
  for (const said of [
    /WindowCenter/,
    /\[-600\.5\]/,
    /\[-1024\].*RescaleIntercept/,
    /\[Y\].*ImageHorizontalFlip/,
    /US 270.*ImageRotation/,
    /\[INVERSE\].*PresentationLUTShape/,
    /\[25\.0 mm\].*UnformattedTextValue/,
    /\[90\.0°?.*\].*UnformattedTextValue/,
  ])
    assert.match(stdout, said);
  assert.equal(stdout.match(/GraphicType/g)?.length, measurements.length + 1, "of two diameters each has a line");
});

test("a rerun makes the same bytes; another rescaling is another state, and colour has none", () => {
  const made = () => [buildMeasurementReport(report())!, ...buildPresentationStates(report()).map(({ file }) => file)];
  assert.deepEqual(made(), made());
  const others = { values: { slope: "2", intercept: "0", type: "US" } };
  assert.equal(buildPresentationStates(report({ images: [imageFacts(0), imageFacts(1, others)] })).length, 2);
  const colour = buildPresentationStates(report({ images: [imageFacts(0), imageFacts(1, { values: "colour" })] }));
  for (const { file } of colour) assert.ok(!file.includes(imageAt(1).sopInstanceUid), "the colour image is not named");
  assert.equal(colour.length, 1);
});

test("without measurements and key images there is nothing to say", () => {
  const none = report({ measurements: [] }, { keyImages: [] });
  assert.equal(buildMeasurementReport(none), null);
  assert.deepEqual(buildPresentationStates(none), []);
});

test("what was written reads back as it was measured: points to a thousandth of a millimetre, values, units, labels", async () => {
  const file = fileOf("again.dcm", buildMeasurementReport(report())!);
  const read = reportedMeasurements((await readInstance({ path: file })).dataset as Attributes);
  assert.equal(read.length, measurements.length);
  for (const [at, wrote] of measurements.entries()) {
    const got = read[at]!;
    assert.deepEqual([got.trackingUid, got.label], [wrote.trackingUid, wrote.label]);
    assert.deepEqual(
      got.values.map(({ quantity: what, value, unit: in_, reason }) => [
        what.value,
        value,
        value === null ? "" : in_.value,
        reason,
      ]),
      wrote.values.map(({ quantity: what, value, unit: in_, reason }) => [
        what.value,
        value,
        value === null ? "" : in_.value,
        reason,
      ]),
      wrote.kind,
    );
    assert.equal(got.drawing?.kind, wrote.kind);
    const ordered = (points: readonly (readonly number[])[]) =>
      wrote.kind === "ellipse"
        ? points
            .map(String)
            .sort()
            .map((text) => text.split(",").map(Number))
        : points;
    const points = ordered(got.drawing?.points ?? []).flat();
    const wanted = ordered(wrote.where.points).flat();
    assert.equal(points.length, wanted.length, wrote.kind);
    // Half a millimetre a pixel.
    for (const [i, value] of points.entries()) assert.ok(Math.abs(value - wanted[i]!) * 0.5 < 1e-3, wrote.kind);
    for (const place of got.places) assert.equal(place.sopInstanceUid, imageAt(0).sopInstanceUid);
  }
});

const data = realData();
test("measurement reports of others are read with their units, what each number is, and where it lies", {
  skip: data ? false : noRealData,
}, async () => {
  const linesOf = async (name: string) => {
    const { dataset } = await readInstance({ path: path.join(data!, "dicom/sr", name) });
    return reportedMeasurements(dataset as Attributes).map(({ site, lines, places }) => [
      site?.meaning ?? null,
      lines[0] && `${lines[0].name}: ${lines[0].words}`,
      places.map(({ type }) => type).join(),
    ]);
  };
  assert.deepEqual(await linesOf("sample-sr-measurements.dcm"), [
    [null, "Long Axis: 64.45 no unit (1)", "POLYLINE,POLYLINE"],
  ]);
  assert.deepEqual((await linesOf("highdicom-comprehensive3d-multiple-groups.dcm"))[1], [
    "Lung",
    "Diameter: 10 mm",
    "CIRCLE",
  ]);
  assert.match(String((await linesOf("qin-headneck-0003/sr-tid1500-pet.dcm"))[0]?.[1]), /^SUVbw, Mean: 6\.015/);
  assert.deepEqual(await linesOf("test-SR.dcm"), []);
});
