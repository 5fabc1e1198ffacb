import type { ButtonHTMLAttributes, Ref } from "react";
import { classNames } from "./class-names.ts";

type Look = "primary" | "plain" | "quiet" | "danger" | "quiet-danger";

const looks: Record<Look, string> = {
  primary: "bg-accent text-accent-text border-transparent hover:brightness-110 font-medium",
  plain: "bg-panel text-text border-line-strong/60 hover:bg-hover",
  quiet: "bg-transparent text-text border-transparent hover:bg-hover",
  "quiet-danger": "bg-transparent text-stat border-transparent hover:bg-stat-soft",
  danger: "bg-panel text-stat border-stat/60 hover:bg-stat-soft",
};

/** Class names of a button, for links that look like one. */
export function buttonClass(look: Look = "plain", extra?: string): string {
  return classNames(
    "inline-flex items-center justify-center gap-1.5 rounded-md border px-3 h-8 text-sm whitespace-nowrap select-none",
    "disabled:opacity-55 disabled:cursor-not-allowed",
    looks[look],
    extra,
  );
}

export function Button({
  look = "plain",
  className,
  type = "button",
  ref,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; ref?: Ref<HTMLButtonElement> }) {
  return <button ref={ref} type={type} className={buttonClass(look, className)} {...rest} />;
}

/** An icon button; the label is its accessible name and tooltip. */
export function IconButton({
  label,
  className,
  ref,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { label: string; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button
      ref={ref}
      type="button"
      aria-label={label}
      title={label}
      className={classNames(
        "inline-grid size-8 shrink-0 place-items-center rounded-md text-quiet hover:bg-hover hover:text-text disabled:opacity-50",
        className,
      )}
      {...rest}
    />
  );
}
