import { classNames } from "./class-names.ts";

/** A keyboard key. On a filled button it takes the button's text colour. */
export function Kbd({ children, onAccent, className }: { children: string; onAccent?: boolean; className?: string }) {
  return (
    <kbd
      className={classNames(
        "inline-grid h-[1.25rem] min-w-5 place-items-center rounded border px-1 font-sans text-[0.6875rem] leading-[1.125rem]",
        onAccent ? "border-current/50" : "border-line-strong/60 bg-raised text-quiet",
        className,
      )}
    >
      {children}
    </kbd>
  );
}
