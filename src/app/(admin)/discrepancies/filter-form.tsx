"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import type { FormEvent } from "react";
import type { Me, Outputs } from "../../_trpc/types.ts";
import { Button, buttonClass } from "../../_ui/button.tsx";
import { Field, SelectField } from "../../_ui/field.tsx";
import { overReadScores } from "../../_ui/in-words.ts";
import { addressOf, readSearch, type Search, sides, sorts, states } from "./search.ts";

/** What is listed, and in which order; kept in the address, so that it can be sent to a colleague. */
export function FilterForm({ me, search, list }: { me: Me; search: Search; list: Outputs["discrepancy"]["list"] }) {
  const router = useRouter();
  const all = me.can.allDiscrepancies;
  const show = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    router.push(addressOf(readSearch(Object.fromEntries([...form].map(([name, value]) => [name, String(value)])))));
  };
  return (
    <form
      action="/discrepancies"
      onSubmit={show}
      aria-label="Which discrepancies"
      className="grid grid-cols-2 items-end gap-3 md:flex md:flex-wrap"
    >
      <Field label="From" name="from" type="date" className="md:w-36" defaultValue={search.from} />
      <Field label="To" name="to" type="date" className="md:w-36" defaultValue={search.to} />
      <SelectField label="Facility" name="facility" className="md:w-44" defaultValue={search.facilityId ?? ""}>
        <option value="">Every facility</option>
        {list.facilities.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      {all ? (
        <SelectField label="Reader" name="reader" className="md:w-44" defaultValue={search.readerId ?? ""}>
          <option value="">Every reader</option>
          {list.readers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : null}
      <SelectField label="Part" name="as" className="md:w-40" defaultValue={search.as ?? ""}>
        <option value="">Either</option>
        {options(sides)}
      </SelectField>
      <SelectField label="Score" name="score" className="md:w-36" defaultValue={search.score ?? ""}>
        <option value="">2 to 4</option>
        {[2, 3, 4].map((score) => (
          <option key={score} value={score}>
            {`${score} · ${overReadScores[score - 1]}`}
          </option>
        ))}
      </SelectField>
      <SelectField label="State" name="state" className="md:w-40" defaultValue={search.state ?? ""}>
        <option value="">All</option>
        {options(states)}
      </SelectField>
      <SelectField label="Order" name="sort" className="md:w-40" defaultValue={search.sort ?? "newest"}>
        {options(sorts)}
      </SelectField>
      <Button type="submit" look="primary" className="h-9">
        Show
      </Button>
      <Link href="/discrepancies" className={buttonClass("quiet", "h-9")}>
        Clear
      </Link>
    </form>
  );
}

const options = (words: Record<string, string>) =>
  Object.entries(words).map(([value, word]) => (
    <option key={value} value={value}>
      {word}
    </option>
  ));
