import assert from "node:assert/strict";
import { test } from "node:test";
import { compareIdentity, identifies } from "./patient-identity.ts";

const person = (patientName: string, patientBirthDate = "19690412", patientSex = "F") => ({
  patientName,
  patientBirthDate,
  patientSex,
});
const verdict = (a: ReturnType<typeof person>, b: ReturnType<typeof person>) => {
  const there = compareIdentity(a, b).identity;
  assert.equal(compareIdentity(b, a).identity, there, "the same from both sides");
  return there;
};

for (const [what, a, b] of [
  ["case", "DOE^JANE", "Doe^Jane"],
  ["accents", "Müller^Jörg", "MULLER^JORG"],
  ["letters that a keyboard lacks", "Müller^Jörg", "MUELLER^JOERG"],
  ["order", "Doe^Jane", "Jane^Doe"],
  ["a name typed without carets", "Doe^Jane", "JANE DOE"],
  ["a middle name", "Doe^Jane", "Doe^Jane^Alexandra"],
  ["a title and a suffix", "Doe^Jane^^Dr^MD", "Doe^Jane"],
  ["a title in the wrong place", "Dr Doe^Jane", "Doe^Jane"],
  ["a hyphen", "Doe-Smith^Jane", "Doe Smith^Jane"],
  ["a second family name", "Garcia Lopez^Ana", "Garcia^Ana"],
  ["an apostrophe", "O'Brien^Ann", "OBrien^Ann"],
  ["particles run together", "De La Cruz^Ana", "Delacruz^Ana"],
  ["a shared writing", "Yamada^Tarou=山田^太郎", "=山田^太郎"],
  ["width", "ＤＯＥ^ＪＡＮＥ", "Doe^Jane"],
  ["Greek capitals without accents", "Παπαδόπουλος^Γιώργος", "ΠΑΠΑΔΟΠΟΥΛΟΣ^ΓΙΩΡΓΟΣ"],
] as const)
  test(`one person agrees: ${what}`, () => {
    assert.equal(verdict(person(a), person(b)), "agrees");
    assert.equal(verdict(person(a, ""), person(b)), "agrees", "also where one has no birth date");
  });

test("an initial, a family name alone and another married name need the birth date to agree", () => {
  for (const [a, b] of [
    ["Doe^Jane", "Doe^J"],
    ["Doe^Jane", "Doe"],
    ["Doe^Jane", "Rivers^Jane"],
  ] as const) {
    assert.equal(verdict(person(a), person(b)), "agrees", `${a} ${b}`);
    assert.notEqual(verdict(person(a, ""), person(b)), "agrees", `${a} ${b}`);
  }
  assert.equal(verdict(person("Doe^Jane", ""), person("Rivers^Jane", "")), "conflict");
});

test("two people of one name are told apart by birth date and sex", () => {
  assert.deepEqual(compareIdentity(person("Doe^Jane"), person("Doe^Jane", "19550101")).differ, ["birth-date"]);
  assert.deepEqual(compareIdentity(person("Doe^Kim", "19690412", "M"), person("Doe^Kim")).differ, ["sex"]);
  assert.equal(verdict(person("Doe^Jane", "19690412", "O"), person("Doe^Jane")), "agrees");
});

test("twins are two people", () => {
  assert.equal(verdict(person("Doe^Anna"), person("Doe^Berta")), "conflict");
  assert.equal(verdict(person("Doe^Anna^Maria"), person("Doe^Berta^Maria")), "conflict");
  // One letter apart: indistinguishable from twins.
  assert.equal(verdict(person("Doe^Jana"), person("Doe^Jane")), "unknown");
});

test("a slip of a letter and a date turned round are for a person to look at", () => {
  assert.equal(verdict(person("Meyer^Ursula"), person("Meier^Ursula")), "unknown");
  assert.equal(verdict(person("Doe^Jane", "19690304"), person("Doe^Jane", "19690403")), "unknown");
  assert.equal(verdict(person("Doe^Jane", "19690101"), person("Doe^Jane", "19690403")), "unknown");
});

test("nothing said, or said in letters that cannot be compared, is unknown", () => {
  assert.equal(verdict(person(""), person("Doe^Jane")), "unknown");
  assert.equal(verdict(person("Иванов^Иван"), person("Ivanov^Ivan")), "unknown");
  assert.equal(verdict(person("=山田^太郎"), person("Yamada^Tarou")), "unknown");
  assert.equal(verdict(person("", "", ""), person("", "", "")), "unknown");
});

test("a shared writing that contradicts outweighs another that fits", () => {
  assert.equal(verdict(person("Yamada^Tarou=山田^太郎"), person("Yamada^Tarou=山田^花子")), "conflict");
});

test("birth dates that nobody can have are no birth dates", () => {
  for (const date of ["00000000", "00010101", "19691341", "1969", "unknown"])
    assert.equal(verdict(person("Doe^Jane", date), person("Doe^Jane")), "agrees", date);
});

test("any name agrees with itself in every way of writing it, and with no stranger's", () => {
  const families = ["Rivers", "Müller", "O'Brien", "García-López", "van der Berg", "Ødegård", "Nguyễn", "Łukasz"];
  const givens = ["Alder", "Jörg", "Ana", "Thị", "Håkon", "Zoë", "Bettina", "Rupert"];
  const ways: ((family: string, given: string) => string)[] = [
    (f, g) => `${f}^${g}`,
    (f, g) => `${g}^${f}`,
    (f, g) => `${f}^${g}^X`,
    (f, g) => `${f.toUpperCase()}^${g.toUpperCase()}`,
    (f, g) => `${f.normalize("NFKD").replace(/\p{M}/gu, "")}^${g.normalize("NFKD").replace(/\p{M}/gu, "")}`,
    (f, g) => `${f}^${g}^^Prof^PhD`,
    (f, g) => `${g} ${f}`,
    (f, g) => ` ${f} ^ ${g} `,
    (f, g) => `${f.replaceAll("-", " ").replaceAll("'", "")}^${g}`,
  ];
  for (const [i, family] of families.entries())
    for (const [j, given] of givens.entries()) {
      for (const a of ways)
        for (const b of ways)
          assert.equal(
            verdict(person(a(family, given)), person(b(family, given))),
            "agrees",
            `${a(family, given)} | ${b(family, given)}`,
          );
      const [otherFamily, otherGiven] = [families[(i + 3) % families.length], givens[(j + 3) % givens.length]];
      assert.equal(verdict(person(`${family}^${given}`), person(`${otherFamily}^${otherGiven}`)), "conflict");
      assert.equal(verdict(person(`${family}^${given}`), person(`${family}^${otherGiven}`)), "conflict", "a sibling");
    }
});

test("an ID that is empty, all zeros or says that there is none identifies nobody", () => {
  for (const id of [
    "",
    "  ",
    "\0",
    "0",
    "0000000",
    "-",
    "?",
    "XXX",
    "unknown",
    "N/A",
    "Anonymous",
    "no id",
    "None",
    "\ufffd\ufffd1",
  ])
    assert.equal(identifies(id), false, JSON.stringify(id));
  for (const id of ["P-1", "10", "A", "NA-4711", "山田1"]) assert.equal(identifies(id), true, id);
});

test("a name of which characters could not be read agrees with none that looks the same, and may contradict", () => {
  const of = (patientName: string) => ({ patientName, patientBirthDate: "19690412", patientSex: "F" });
  for (const [a, b] of [
    ["M\ufffdller^Anna", "M\ufffdller^Anna"],
    ["Ng\ufffd^Linh", "Ng^Linh"],
    ["Ng?^Linh", "Ng^Linh"],
    ["Wang^Li=\ufffd\ufffd^\ufffd", "Wang?^Li=\ufffd\ufffd^\ufffd"],
  ] as const)
    assert.equal(compareIdentity(of(a), of(b)).identity, "unknown", `${a} | ${b}`);
  assert.equal(compareIdentity(of("Br\ufffdk^Ash"), of("Rivers^Alder")).identity, "conflict");
});
