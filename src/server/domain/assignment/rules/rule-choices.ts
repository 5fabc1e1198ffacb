import { reportLanguages } from "@overread/shared/report-languages";
import type { SqlTx } from "#server/context.ts";
import { bodyRegions } from "../../reading/index.ts";
import { ageBands, patientClasses, priorities, readTypes } from "../engine/codes.ts";
import type { Condition } from "../engine/rules.ts";
import { type Names, words } from "../engine/words.ts";

type Choice = { value: string; label: string };
type ChosenField = Exclude<Condition["field"], "slack" | "waited">;

/** What the parts of a rule can be chosen from: the group's own people, places and codes. */
export type RuleChoices = {
  /** `left`: no reader any more; a rule may still name him. */
  readers: { id: string; name: string; left: boolean }[];
  groups: { id: string; name: string }[];
  /** Of the group, and of the places it reads for. */
  timeZones: string[];
  values: Record<ChosenField, Choice[]>;
};

/** Modality (0008,0060) of what is read; secondary objects are not. */
const modalities = ["CR", "CT", "DX", "ES", "MG", "MR", "NM", "OT", "PT", "RF", "US", "XA"];

export async function ruleChoices(tx: SqlTx, readerOrgId: string): Promise<RuleChoices> {
  const readers = await tx.$queryRaw<RuleChoices["readers"]>`
    SELECT id, display_name AS name, (deactivated_at IS NOT NULL OR NOT 'radiologist' = ANY(roles)) AS left
    FROM user_account WHERE org_id = ${readerOrgId}::uuid ORDER BY display_name, id`;
  const groups = await tx.$queryRaw<RuleChoices["groups"]>`
    SELECT id, name FROM reader_group WHERE org_id = ${readerOrgId}::uuid AND removed_at IS NULL ORDER BY name`;
  const places = await tx.$queryRaw<
    { id: string; name: string; hospitalId: string; hospital: string; timeZone: string; ownZone: string }[]
  >`
    SELECT f.id, f.name, o.id AS "hospitalId", o.name AS hospital, f.time_zone AS "timeZone",
      (SELECT time_zone FROM organization WHERE id = ${readerOrgId}::uuid) AS "ownZone"
    FROM facility f JOIN organization o ON o.id = f.org_id WHERE EXISTS (SELECT 1 FROM contract c WHERE c.org_id = f.org_id
      AND c.reader_org_id = ${readerOrgId}::uuid AND coalesce(c.facility_id, f.id) = f.id) ORDER BY o.name, f.name`;
  const procedures = await tx.$queryRaw<Choice[]>`
    SELECT procedure_code AS value, min(procedure_description) || ' (' || procedure_code || ')' AS label FROM imaging_order
    WHERE procedure_code <> '' AND created_at > now() - interval '90 days' GROUP BY procedure_code ORDER BY 2 LIMIT 300`;
  const coded = <T extends string>(list: readonly T[], word: (each: T) => string) =>
    list.map((value) => ({ value, label: word(value) }));
  const hospitals = new Map(places.map(({ hospitalId, hospital }) => [hospitalId, hospital]));
  return {
    readers,
    groups,
    timeZones: [
      ...new Set([...places.map(({ ownZone }) => ownZone), ...places.map(({ timeZone }) => timeZone), "UTC"]),
    ],
    values: {
      hospital: [...hospitals].map(([value, label]) => ({ value, label })),
      facility: places.map(({ id, name, hospital }) => ({
        value: id,
        label: hospitals.size > 1 && !name.includes(hospital) ? `${name} (${hospital})` : name,
      })),
      modality: coded(modalities, (each) => each),
      "body-region": coded(bodyRegions, (each) => each),
      procedure: procedures,
      "patient-class": coded(patientClasses, (each) => words.patientClass[each]),
      "age-band": coded(ageBands, (each) => words.ageBand[each]),
      priority: coded(priorities, (each) => words.priority[each]),
      "read-type": coded(readTypes, (each) => words.readType[each]),
      language: Object.keys(reportLanguages).map((value) => ({ value, label: value })),
    },
  };
}

/** The same for whoever has no rule at hand. */
export async function namesOfGroup(tx: SqlTx, readerOrgId: string): Promise<Names> {
  const choices = await ruleChoices(tx, readerOrgId);
  const names = namesIn(choices, new Map());
  // A study that came by no facility is the hospital's own.
  const hospitals = new Map(choices.values.hospital.map(({ value, label }) => [value, label]));
  return (kind, id) => (kind === "facility" ? (hospitals.get(id) ?? names(kind, id)) : names(kind, id));
}

/** What stands for an id in a rule's sentence. */
export function namesIn({ readers, groups, values }: RuleChoices, ruleNames: ReadonlyMap<string, string>): Names {
  return (kind, id) => {
    if (kind === "rule") return ruleNames.get(id) ?? "a rule that was taken out";
    if (kind === "reader") return readers.find((each) => each.id === id)?.name ?? "somebody who has left";
    if (kind === "group") return groups.find((each) => each.id === id)?.name ?? "a group that was taken out";
    return (
      values[kind].find((each) => each.value === id)?.label ?? (kind === "procedure" ? id : "a place not read for")
    );
  };
}
