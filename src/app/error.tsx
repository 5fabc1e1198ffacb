"use client";

import Link from "next/link";
import { Button, buttonClass } from "./_ui/button.tsx";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 px-6">
      <h1 className="text-xl font-semibold">This page stopped working</h1>
      <p className="text-quiet">
        Nothing that was saved is lost. Try again; if it stays, tell your administrator
        {error.digest ? (
          <>
            {" "}
            the number <span className="tabular">{error.digest}</span>
          </>
        ) : null}
        .
      </p>
      <p className="flex gap-2">
        <Button look="primary" onClick={reset}>
          Try again
        </Button>
        <Link href="/" className={buttonClass()}>
          Back to your start page
        </Link>
      </p>
    </main>
  );
}
