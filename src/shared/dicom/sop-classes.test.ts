import assert from "node:assert/strict";
import { test } from "node:test";
import { hasContentTree, kindOf, type ObjectKind, SOP } from "./sop-classes.ts";

test("each SOP class the product names is of its kind", () => {
  const kinds: Record<keyof typeof SOP, ObjectKind> = {
    verification: "other",
    mediaStorageDirectory: "other",
    storageCommitmentPush: "other",
    cr: "picture",
    dxForPresentation: "picture",
    dxForProcessing: "picture",
    mgForPresentation: "picture",
    mgForProcessing: "picture",
    breastTomosynthesis: "picture",
    ct: "picture",
    enhancedCt: "picture",
    usMultiFrame: "picture",
    usMultiFrameRetired: "picture",
    mr: "picture",
    enhancedMr: "picture",
    us: "picture",
    secondaryCapture: "picture",
    ecg12Lead: "waveform",
    grayscalePresentationState: "presentation-state",
    xa: "picture",
    rf: "picture",
    nm: "picture",
    parametricMap: "derived",
    segmentation: "derived",
    realWorldValueMapping: "other",
    basicTextSr: "report",
    enhancedSr: "report",
    comprehensiveSr: "report",
    comprehensive3dSr: "report",
    keyObjectSelection: "key-objects",
    vlPhotographic: "picture",
    encapsulatedPdf: "document",
    pet: "picture",
    rtDose: "derived",
    rtStructureSet: "derived",
    rtPlan: "derived",
  };
  for (const [name, kind] of Object.entries(kinds)) assert.equal(kindOf(SOP[name as keyof typeof SOP]), kind, name);
});

test("a branch does not catch its neighbours, and a private class says nothing", () => {
  const storage = "1.2.840.10008.5.1.4.1.1.";
  assert.equal(kindOf(`${storage}481.1`), "picture"); // RT image
  assert.equal(kindOf(`${storage}481.10`), "derived"); // RT physician intent
  assert.equal(kindOf(`${storage}481.24`), "picture"); // enhanced continuous RT image
  assert.equal(kindOf(`${storage}4.2`), "other"); // MR spectroscopy
  assert.equal(kindOf(`${storage}4`), "picture");
  assert.equal(kindOf(`${storage}66.4`), "derived"); // segmentation
  assert.equal(kindOf(`${storage}66.6`), "other"); // tractography
  assert.equal(kindOf(`${storage}77.1.5.3`), "other"); // stereometric relationship
  assert.equal(kindOf(`${storage}77.1.5.4`), "picture"); // ophthalmic tomography
  assert.equal(kindOf(`${storage}88.67`), "report"); // radiation dose
  assert.equal(kindOf("1.2.840.113619.4.30"), "private");
  assert.deepEqual([SOP.comprehensiveSr, SOP.keyObjectSelection, SOP.ct].map(hasContentTree), [true, true, false]);
});
