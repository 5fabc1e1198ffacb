/** Must be shown wherever images and reports are shown. */
export function Disclaimer({ className }: { className?: string }) {
  return <p className={className ?? "text-xs text-quiet"}>Overread is not a cleared medical device.</p>;
}
