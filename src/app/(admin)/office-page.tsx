import type { ReactNode } from "react";
import type { Me } from "../_trpc/types.ts";
import { Disclaimer } from "../_ui/disclaimer.tsx";
import { TopBar } from "../_ui/top-bar.tsx";

/** The frame of every office page: bar, heading with its main act, content, what must be said at the foot. */
export function OfficePage({
  me,
  title,
  intro,
  act,
  wide,
  children,
}: {
  me: Me;
  title: string;
  intro?: ReactNode;
  act?: ReactNode;
  /** `all`: as wide as the screen, for what stands in columns. */
  wide?: boolean | "all";
  children: ReactNode;
}) {
  const width = wide === "all" ? "max-w-none" : wide ? "max-w-7xl" : "max-w-5xl";
  return (
    <>
      <TopBar me={me} />
      <main className={`mx-auto flex w-full ${width} flex-1 flex-col gap-5 px-4 py-6`}>
        <div className="flex flex-wrap items-end justify-between gap-4">
          <div>
            <h1 className="text-xl font-semibold">{title}</h1>
            {intro ? <p className="max-w-3xl text-quiet">{intro}</p> : null}
          </div>
          {act}
        </div>
        {children}
      </main>
      <footer className={`mx-auto w-full ${width} px-4 py-4`}>
        <Disclaimer />
      </footer>
    </>
  );
}
