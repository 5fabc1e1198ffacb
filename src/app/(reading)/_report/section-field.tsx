"use client";

import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { Section } from "../../_trpc/types.ts";
import { msSinceKey, typingPauseMs } from "../../_ui/activity.ts";

/** One section of the report: a field that grows with its text. */
export function SectionField({
  section,
  readOnly,
  onChange,
  onCursor,
  onBlur,
  ref,
}: {
  section: Section;
  readOnly: boolean;
  onChange: (text: string) => void;
  /** The position of the cursor, where a measurement is inserted. */
  onCursor: (start: number, end: number) => void;
  onBlur: () => void;
  ref: Ref<HTMLTextAreaElement>;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => field.current as HTMLTextAreaElement, []);
  const grow = () => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(grow, [section.text]);
  useEffect(() => {
    // The number of lines depends on the dock's width.
    const area = field.current;
    if (!area) return;
    let width = area.clientWidth;
    const observer = new ResizeObserver(() => {
      if (area.clientWidth === width) return;
      width = area.clientWidth;
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight + 2}px`;
    });
    observer.observe(area);
    return () => observer.disconnect();
  }, []);
  const shut = useShut(readOnly);
  const id = `section-${section.key}`;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-xs font-medium text-quiet">
        {section.title}
      </label>
      <textarea
        ref={field}
        id={id}
        name={section.key}
        value={section.text}
        readOnly={shut}
        rows={section.key === "findings" ? 5 : 2}
        onChange={(event) => onChange(event.target.value)}
        onSelect={(event) => onCursor(event.currentTarget.selectionStart, event.currentTarget.selectionEnd)}
        onFocus={(event) => onCursor(event.currentTarget.selectionStart, event.currentTarget.selectionEnd)}
        onBlur={onBlur}
        onKeyDown={(event) => {
          // Returns to the images without the mouse.
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        className="min-h-14 w-full resize-none overflow-hidden rounded-md border border-line bg-ground px-2.5 py-1.5 text-[0.9375rem] leading-6 text-text read-only:border-transparent read-only:bg-transparent focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0"
      />
    </div>
  );
}

/** A claim may lapse while somebody types: the field closes after a pause in typing, and its text is kept. */
function useShut(readOnly: boolean): boolean {
  const [shut, setShut] = useState(readOnly);
  useEffect(() => {
    if (!readOnly) return setShut(false);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      const wait = typingPauseMs - msSinceKey();
      if (wait > 0) timer = setTimeout(look, wait);
      else setShut(true);
    };
    look();
    return () => clearTimeout(timer);
  }, [readOnly]);
  return readOnly && shut;
}
