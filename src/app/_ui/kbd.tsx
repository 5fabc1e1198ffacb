import { classNames } from "./class-names.ts";

export function Kbd({ children, className }: { children: string; className?: string }) {
  return (
    <kbd
      className={classNames(
        "inline-grid min-w-5 place-items-center rounded border border-line-strong/60 bg-raised px-1 font-sans text-[0.6875rem] leading-[1.125rem] text-quiet",
        className,
      )}
    >
      {children}
    </kbd>
  );
}
