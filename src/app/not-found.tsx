import type { Metadata } from "next";
import Link from "next/link";
import { buttonClass } from "./_ui/button.tsx";
import { Disclaimer } from "./_ui/disclaimer.tsx";

export const metadata: Metadata = { title: "Nothing here" };

export default function NotFound() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 px-6">
      <h1 className="text-xl font-semibold">There is nothing here that you may see</h1>
      <p className="text-quiet">
        The address may be wrong, the case may have moved to another group, or it belongs to a patient of another
        organisation.
      </p>
      <p>
        <Link href="/" className={buttonClass("primary")}>
          Back to your start page
        </Link>
      </p>
      <Disclaimer />
    </main>
  );
}
