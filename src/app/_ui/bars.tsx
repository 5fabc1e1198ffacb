/** A series of a bar chart: what it is called and how it is told apart, by shade and by pattern. */
export type Bars = { label: string; values: (number | null)[] };

const fills = ["fill-line-strong", "fill-held", "fill-accent"];

/**
 * Bars side by side for each category. The figures stand in the table beside it, which is what is read aloud; the drawing is for the eye.
 * Plain SVG: the page's content security policy allows no styles inserted by script.
 */
export function BarChart({
  title,
  categories,
  series,
  unit,
}: {
  title: string;
  categories: string[];
  series: Bars[];
  unit: string;
}) {
  const largest = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const band = series.length * 12 + 12;
  const left = 150;
  const width = 480;
  const shown = (value: number) =>
    value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString("en") : value.toFixed(value < 1 ? 2 : 1);
  return (
    <figure className="flex min-w-0 flex-col gap-1 rounded-lg border border-line bg-panel p-3">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4 text-[0.8125rem] font-medium">
        {title}
        <span className="flex flex-wrap gap-x-3 text-xs font-normal text-quiet">
          {series.map(({ label }, n) => (
            <span key={label} className="inline-flex items-center gap-1">
              <svg viewBox="0 0 10 10" className="size-2.5" aria-hidden="true">
                <rect width="10" height="10" className={fills[n % fills.length]} />
              </svg>
              {label}
            </span>
          ))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${categories.length * band}`} className="w-full max-w-2xl" aria-hidden="true">
        {categories.map((category, place) => (
          <g key={category} transform={`translate(0 ${place * band})`}>
            <text
              x={left - 8}
              y={band / 2}
              textAnchor="end"
              dominantBaseline="middle"
              className="fill-text text-[11px]"
            >
              {category.length > 24 ? `${category.slice(0, 23)}…` : category}
            </text>
            {series.map(({ label, values }, n) => {
              const value = values[place] ?? null;
              const length = ((value ?? 0) / largest) * (width - left - 70);
              return (
                <g key={label} transform={`translate(${left} ${6 + n * 12})`}>
                  <rect width={Math.max(value ? 1 : 0, length)} height="9" className={fills[n % fills.length]} />
                  <text x={length + 4} y="5" dominantBaseline="middle" className="fill-quiet text-[9px]">
                    {value === null ? "none" : `${shown(value)} ${unit}`}
                  </text>
                </g>
              );
            })}
          </g>
        ))}
      </svg>
    </figure>
  );
}
