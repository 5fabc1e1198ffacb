import {
  AddLicence,
  AddShift,
  AddShiftChange,
  AnswerSwap,
  AskSwap,
  addLicence,
  addShift,
  addShiftChange,
  answerSwap,
  askSwap,
  CheckLicence,
  checkLicence,
  EnforceCredentials,
  enforceCredentials,
  exportWorkUnits,
  GrantPrivilege,
  getReader,
  grantPrivilege,
  ImportWorkUnits,
  importWorkUnits,
  listReaders,
  OfGroup,
  OfLicence,
  OfReader,
  OfShift,
  OfShiftChange,
  OfSwap,
  ownReader,
  removeGroup,
  removeLicence,
  removeShift,
  removeShiftChange,
  SaveGroup,
  SaveProfile,
  saveGroup,
  saveProfile,
  withdrawSwap,
} from "#server/domain/readers/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** What a reading group keeps of its readers. */
export const readersRouter = router({
  list: tenantProcedure.query(({ ctx }) => listReaders(ctx)),
  get: tenantProcedure.input(OfReader).query(({ ctx, input }) => getReader(ctx, input)),
  own: tenantProcedure.query(({ ctx }) => ownReader(ctx)),
  enforce: tenantProcedure
    .input(optionalInput(EnforceCredentials))
    .mutation(({ ctx, input }) => enforceCredentials(ctx, input)),
  saveProfile: tenantProcedure.input(SaveProfile).mutation(({ ctx, input }) => saveProfile(ctx, input)),
  addLicence: tenantProcedure
    .meta({ cleansText: true })
    .input(AddLicence)
    .mutation(({ ctx, input }) => addLicence(ctx, input)),
  removeLicence: tenantProcedure.input(OfLicence).mutation(({ ctx, input }) => removeLicence(ctx, input)),
  checkLicence: tenantProcedure
    .meta({ cleansText: true })
    .input(CheckLicence)
    .mutation(({ ctx, input }) => checkLicence(ctx, input)),
  grantPrivilege: tenantProcedure.input(GrantPrivilege).mutation(({ ctx, input }) => grantPrivilege(ctx, input)),
  addShift: tenantProcedure.input(AddShift).mutation(({ ctx, input }) => addShift(ctx, input)),
  removeShift: tenantProcedure.input(OfShift).mutation(({ ctx, input }) => removeShift(ctx, input)),
  addChange: tenantProcedure.input(AddShiftChange).mutation(({ ctx, input }) => addShiftChange(ctx, input)),
  removeChange: tenantProcedure.input(OfShiftChange).mutation(({ ctx, input }) => removeShiftChange(ctx, input)),
  askSwap: tenantProcedure.input(AskSwap).mutation(({ ctx, input }) => askSwap(ctx, input)),
  answerSwap: tenantProcedure.input(AnswerSwap).mutation(({ ctx, input }) => answerSwap(ctx, input)),
  withdrawSwap: tenantProcedure.input(OfSwap).mutation(({ ctx, input }) => withdrawSwap(ctx, input)),
  saveGroup: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveGroup)
    .mutation(({ ctx, input }) => saveGroup(ctx, input)),
  removeGroup: tenantProcedure.input(OfGroup).mutation(({ ctx, input }) => removeGroup(ctx, input)),
  exportWorkUnits: tenantProcedure.query(({ ctx }) => exportWorkUnits(ctx)),
  importWorkUnits: tenantProcedure
    .input(optionalInput(ImportWorkUnits))
    .mutation(({ ctx, input }) => importWorkUnits(ctx, input)),
});
