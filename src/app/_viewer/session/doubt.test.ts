import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeriesForViewing } from "../types.ts";
import type { ReaderAction } from "./actions.ts";
import { studyKey } from "./cell.ts";
import { after, doubtful, prior, started } from "./fixture.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";

const series = doubtful.series[0] as SeriesForViewing;
const image = { seriesInstanceUid: series.seriesInstanceUid, sopInstanceUid: "1.3.1.4", frameNumber: 1 };
/** Every action that shows something of a study. */
const ways: ReaderAction[] = [
  { type: "open", study: doubtful, series },
  { type: "put", cell: "r3c3", study: doubtful, series },
  { type: "choose-prior", study: doubtful },
  { type: "choose-prior", study: doubtful, cell: "r1c2" },
  { type: "open-document", study: doubtful, series },
  { type: "jump", to: image },
];

const shows = (state: SessionState) =>
  state.document?.study === doubtful ||
  Object.values(state.cells).some((cell) => cell?.source.study === studyKey(doubtful));

describe("a prior that may be of somebody else", () => {
  for (const layout of [
    { rows: 1, columns: 1 },
    { rows: 3, columns: 3 },
  ])
    for (const pending of ways)
      test(`is asked about before it is shown: ${pending.type} in ${layout.rows}×${layout.columns}`, () => {
        const state = after(started(), { type: "set-layout", ...layout });
        const asked = after(state, pending);
        assert.ok(asked.question?.study === doubtful);
        assert.ok(!shows(asked), "nothing is hung yet");
        const no = after(asked, { type: "answer", yes: false });
        assert.ok(!shows(no) && no.question === null, "no is no");
        const yes = reduce(asked, { type: "answer", yes: true });
        assert.ok(!shows(yes.state), "not before the yes is noted");
        assert.deepEqual(yes.effects, [{ type: "accept", study: doubtful, pending }]);
        const refused = after(yes.state, { type: "not-accepted", study: doubtful, pending });
        assert.ok(!shows(refused) && refused.question?.study === doubtful, "asked again where it could not be noted");
        const noted = after(yes.state, { type: "accepted", study: doubtful, pending });
        assert.ok(shows(noted) && noted.question === null);
        assert.equal(after(noted, pending).question, null, "once is enough");
      });

  test("is what the key hangs only where no prior is sure", () => {
    assert.equal(after(started(), { type: "toggle-prior" }).cells.r1c2?.source.study, studyKey(prior));
    const state = after(started({ priors: [doubtful] }), { type: "toggle-prior" });
    assert.ok(state.question?.study === doubtful);
    assert.equal(state.cells.r1c2, undefined);
    assert.deepEqual(state.layout, { rows: 1, columns: 1 }, "no room is made before the answer");
  });

  test("is asked about too when the page wants it from the start", () => {
    const state = started({ initialPrior: doubtful.studyInstanceUid });
    assert.ok(!shows(state));
    assert.ok(state.question?.study === doubtful);
  });
});
