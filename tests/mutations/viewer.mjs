// Breaks of one kind; see scripts/mutate.mjs. `red` is the test that has to notice.
const session = "src/app/_viewer/session";

export const viewer = [
  {
    what: "a series of another patient's study is dragged into a cell without a question",
    file: `${session}/doubt.ts`,
    from: '    case "put":\n',
    to: "",
    test: `${session}/doubt.test.ts`,
    red: "is asked about before it is shown: put in 3×3",
  },
  {
    what: "another patient's study is shown although the yes could not be noted",
    file: `${session}/reduce.ts`,
    from: "return withEffects({ ...state, question: { study: action.study, pending: action.pending } });",
    to: "return reduce({ ...state, accepted: [studyKey(action.study)] }, action.pending);",
    test: `${session}/doubt.test.ts`,
    red: "is asked about before it is shown: open in 1×1",
  },
  {
    what: "a smaller layout forgets the cells that it puts away",
    file: `${session}/reduce.ts`,
    from: "return withEffects(fillEmptyCells({ ...state, layout, maximized: false }));",
    to: "return withEffects(fillEmptyCells({ ...state, layout, maximized: false, cells: { r1c1: state.cells.r1c1 } }));",
    test: `${session}/layout.test.ts`,
    red: "loses nothing when it shrinks: 5×5, 1×1 and 5×5 again is the same state, cell by cell",
  },
  {
    what: "what a viewport tells of a series that was let go is believed",
    file: `${session}/reduce.ts`,
    from: "state.cells[action.cell]?.loaded === action.loaded",
    to: "state.cells[action.cell] !== undefined",
    test: `${session}/reduce.test.ts`,
    red: "viewport tells nothing any more of a series that its cell has let go",
  },
  {
    what: "a preset windows the series beside it too",
    file: `${session}/presentation.ts`,
    from: "state.linked && other.source.study !== cell.source.study",
    to: "state.linked",
    test: `${session}/reduce.test.ts`,
    red: "preset windows the active cell and the study it is compared with, and not another series beside it",
  },
];
