/** A folder of tests, and all that its tests may touch. */
export interface Suite {
  readonly path: string;
  readonly permissions: readonly string[];
  /** Needs the run's Postgres, so it starts one. */
  readonly database?: true;
  /** Files at once: they wait for others more than they work, and each has a database of its own. */
  readonly parallel?: number;
}

/** Never a lock file (2.1 cannot read the newer format), never a question; types are `check`'s work. */
export const FLAGS = ["--no-lock", "--no-prompt", "--no-check", "--quiet"] as const;

const LOOPBACK = "--allow-net=127.0.0.1,localhost";
/** postgres.js reads every option from the environment too, and the user's name. */
const POSTGRES = "PG*,USERNAME,USER,LOGNAME";
const TEST_SERVER = "TEST_DATABASE_URL,TEST_TEMPLATE";

/** An inner folder stands before the one that holds it. */
export const SUITES: readonly Suite[] = [
  {
    path: "tests/unit/dev",
    permissions: ["--allow-read", "--allow-write", "--allow-env", LOOPBACK],
  },
  { path: "tests/unit", permissions: ["--allow-read", `--allow-env=${POSTGRES}`, LOOPBACK] },
  { path: "tests/conformance", permissions: ["--allow-read", "--allow-env", LOOPBACK] },
  {
    path: "tests/database",
    permissions: ["--allow-read", `--allow-env=${POSTGRES},${TEST_SERVER}`, LOOPBACK],
    database: true,
    parallel: 2,
  },
  {
    path: "tests/functions",
    parallel: 2,
    permissions: ["--allow-read", "--allow-env", LOOPBACK],
    database: true,
  },
  // These start the stack, its processes and its Postgres, and kill them.
  { path: "tests/e2e", permissions: ["--allow-all"], database: true, parallel: 2 },
  { path: "tests/faults", permissions: ["--allow-all"], database: true, parallel: 3 },
];

/** Suites inside of `suite`, which run on their own. */
export function nested(suite: Suite): readonly string[] {
  return SUITES.map(({ path }) => path).filter((path) => path.startsWith(`${suite.path}/`));
}

/** The suite that a test file or folder belongs to, the innermost first. */
export function suiteOf(path: string): Suite {
  const plain = `${path.replace(/^\.\//, "")}/`;
  const suite = SUITES.find((candidate) => plain.startsWith(`${candidate.path}/`));
  if (!suite) throw new Error(`Cannot run ${path}: it is in no suite`);
  return suite;
}
