import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** Nothing to show: says why, and what happens next. */
export function EmptyState({
  icon: Icon,
  title,
  children,
}: {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-16 text-center">
      {Icon ? <Icon className="size-8 text-quiet" strokeWidth={1.5} aria-hidden="true" /> : null}
      <p className="text-base font-medium">{title}</p>
      {children ? <div className="max-w-md text-sm text-quiet">{children}</div> : null}
    </div>
  );
}

/** A query failed: says what happened, and offers a retry. */
export function FailedState({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <p className="max-w-md text-sm">{message}</p>
      <button
        type="button"
        onClick={onRetry}
        className="h-8 rounded-md border border-line-strong/60 bg-panel px-3 text-sm hover:bg-hover"
      >
        Try again
      </button>
    </div>
  );
}
