"use client";

import { useEffect, useState } from "react";
import { preloadViewer, type StudyForViewing, Viewer } from "../../../../../src/app/_viewer/index.tsx";

/** `?current=<n>&priors=<n,n>&compact=1`: places in the fixture's list of studies; `?preload=1` waits for a click. */
export default function Lab() {
  const [studies, setStudies] = useState<StudyForViewing[] | null>(null);
  const [said, setSaid] = useState<unknown[]>([]);
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState(new URLSearchParams());
  useEffect(() => {
    const asked = new URLSearchParams(window.location.search);
    setQuery(asked);
    setOpen(!asked.has("preload"));
    if (asked.has("preload")) preloadViewer();
    void fetch("/lab-studies.json").then(async (answer) => setStudies((await answer.json()) as StudyForViewing[]));
  }, []);
  const current = studies?.[Number(query.get("current") ?? 0)];
  if (!studies || !current) return null;
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
    );
  const priors = (query.get("priors") ?? "")
    .split(",")
    .flatMap((place) => (place ? (studies[Number(place)] ?? []) : []));
  return (
    <div style={{ height: "100dvh" }}>
      <Viewer
        current={current}
        priors={priors}
        compact={query.has("compact")}
        {...(query.has("side") && priors[0] ? { initialPrior: priors[0].studyInstanceUid } : {})}
        onKeyImage={(image) => {
          setSaid((before) => [...before, { keyImage: image }]);
          return null;
        }}
        onMeasurement={(measurement) => setSaid((before) => [...before, { measurement }])}
      />
      <script type="application/json" id="said">
        {JSON.stringify(said)}
      </script>
    </div>
  );
}
