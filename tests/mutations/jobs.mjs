// Breaks of one kind; see scripts/mutate.mjs. `red` is the test that has to notice.
export const jobs = [
  {
    what: "a job that ran is run again",
    file: "src/server/jobs/outbox.ts",
    from: "SET done_at = clock_timestamp(), attempts",
    to: "SET attempts",
    test: "tests/integration/worker-relay.test.ts",
    red: "a job that was committed runs, one that was rolled back does not",
  },
  {
    what: "a job runs before its time",
    file: "src/server/jobs/outbox.ts",
    from: "AND j.relayed_at IS NULL AND j.run_at <= now()",
    to: "AND j.relayed_at IS NULL",
    test: "tests/integration/worker-relay.test.ts",
    red: "a job is not run before its time",
  },
  {
    what: "jobs that Redis lost are not carried again",
    file: "src/server/jobs/outbox.ts",
    from: "AND relayed_at IS NOT NULL AND relayed_at <= $1",
    to: "AND relayed_at IS NULL AND relayed_at <= $1",
    test: "tests/integration/worker-relay.test.ts",
    red: "Redis emptied in the middle of the work loses none of it",
  },
];
