import { code, dataSet, type WritableDataSet } from "@overread/shared/dicom/build";

/** Content items of structured reports (PS3.3 C.17.3). @param name concept name; null where the relationship says enough. */
export function item(
  relationship: string,
  valueType: string,
  name: WritableDataSet | null,
  value: WritableDataSet,
): WritableDataSet {
  const concept = { ConceptNameCodeSequence: name ? [name] : undefined };
  return { ...dataSet({ RelationshipType: relationship, ValueType: valueType, ...concept }), ...value };
}

export function codeItem(relationship: string, name: WritableDataSet, value: WritableDataSet): WritableDataSet {
  return item(relationship, "CODE", name, dataSet({ ConceptCodeSequence: [value] }));
}

export function containerItem(name: WritableDataSet, content: WritableDataSet[]): WritableDataSet {
  return item("CONTAINS", "CONTAINER", name, dataSet({ ContinuityOfContent: "SEPARATE", ContentSequence: content }));
}

/** TID 1204: in which language an object is written; nothing where that was not stated. */
export function languageItems(language: WritableDataSet | null): WritableDataSet[] {
  if (!language) return [];
  return [codeItem("HAS CONCEPT MOD", code("121049", "DCM", "Language of Content Item and Descendants"), language)];
}

/** TID 1002 and 1003: a person who observed. */
export function observerItems(personName: string, organization?: string): WritableDataSet[] {
  const named = code("121009", "DCM", "Person Observer's Organization Name");
  return [
    codeItem("HAS OBS CONTEXT", code("121005", "DCM", "Observer Type"), code("121006", "DCM", "Person")),
    item(
      "HAS OBS CONTEXT",
      "PNAME",
      code("121008", "DCM", "Person Observer Name"),
      dataSet({ PersonName: personName }),
    ),
    ...(organization ? [item("HAS OBS CONTEXT", "TEXT", named, dataSet({ TextValue: organization }))] : []),
  ];
}
