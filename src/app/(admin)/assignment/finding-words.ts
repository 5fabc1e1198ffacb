import type { Checked, Choices } from "./types.ts";

type Finding = Checked["findings"][number];

/** What is odd about a rule. `ruleName`: of another rule that it has to do with. */
export function findingWords(finding: Finding, choices: Choices, ruleName: (ruleId: string) => string): string {
  switch (finding.code) {
    case "rule.fits-nothing":
      return "Two of its conditions contradict each other: no case fits.";
    case "rule.never-reached":
      return `Never reached: whatever fits it is decided by ${ruleName(finding.by)} above.`;
    case "rule.nobody-left":
      return "Nobody is left to read by it: who is named has left, or the group is empty.";
    case "rule.reader-left":
      return `${choices.readers.find(({ id }) => id === finding.readerId)?.name ?? "Somebody named"} is no reader of the group any more.`;
    case "rule.nobody-privileged":
      return "Nobody whom it names may draft or report at the facilities it speaks of.";
    case "rule.nobody-trained":
      return "It asks for training, and nobody whom it names is trained for what it speaks of.";
  }
}
