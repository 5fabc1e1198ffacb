"use client";

/** The last resort: the root layout itself failed, so nothing of ours may be relied on here. */
export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>Overread stopped working on this page</h1>
          <p>Nothing that was saved is lost.</p>
          <button type="button" onClick={reset}>
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
