import type { Inputs, Outputs } from "../../_trpc/types.ts";

export type RulesAnswer = Outputs["rules"]["list"];
export type Choices = RulesAnswer["choices"];
export type Entry = Inputs["rules"]["save"]["sheet"][number];
export type Rule = Entry["rule"];
export type Condition = Rule["when"][number];
export type Checked = Outputs["rules"]["check"];
export type Parts = Checked["parts"][number];
