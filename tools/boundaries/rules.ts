/** A part of the tree: which files it is, and what they may import. The first layer that fits is a file's. */
export interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** Names of layers; its own is always allowed, except where `isolated`. `*` is all of them. */
  readonly imports: readonly string[];
  /** Packages by their name in `import_map.json`; `*` is any. */
  readonly packages: readonly string[];
  /** Layers that may not be reached even through others. */
  readonly neverReaches?: readonly string[];
  /** The first group of `files` names a cell; cells of one layer do not import each other. */
  readonly isolated?: true;
}

const PURE = ["core", "catalog"];
const ENGINE = [...PURE, "provider types", "providers", "job types", "jobs", "db"];
const USE_CASES = ["connections", "sync", "webhooks", "metrics"];

/** Who may import whom. What is not written here is not allowed. */
export const LAYERS: readonly Layer[] = [
  { name: "core", files: /^shared\/core\//, imports: [], packages: ["node:crypto"] },
  { name: "catalog", files: /^shared\/catalog\//, imports: ["core"], packages: [] },
  {
    name: "kit",
    files: /^shared\/providers\/kit\//,
    imports: [...PURE, "provider types"],
    packages: ["zod", "oauth4webapi"],
  },
  {
    name: "provider types",
    files: /^shared\/providers\/(driver|link|resource|webhook|errors)\.ts$/,
    imports: PURE,
    packages: ["zod"],
  },
  {
    name: "providers",
    files: /^shared\/providers\//,
    imports: [...PURE, "provider types", "kit"],
    packages: ["zod"],
  },
  {
    name: "job types",
    files: /^shared\/jobs\/(kinds|outcome)\.ts$/,
    imports: [...PURE, "provider types"],
    packages: ["zod"],
  },
  {
    name: "db",
    files: /^shared\/db\//,
    imports: [...PURE, "job types"],
    packages: ["postgres", "node:net"],
  },
  {
    name: "jobs",
    files: /^shared\/jobs\//,
    imports: [...PURE, "provider types", "providers", "job types", "db"],
    packages: ["node:timers"],
  },
  // Use cases build on each other: completing a link plans its first sync, a webhook ingests.
  ...USE_CASES.map((name): Layer => ({
    name,
    files: new RegExp(`^shared/${name}/`),
    imports: [...ENGINE, ...USE_CASES],
    packages: [],
  })),
  { name: "api", files: /^shared\/api\//, imports: PURE, packages: ["zod", "hono"] },
  {
    name: "sessions",
    files: /^shared\/http\/(auth|jwks)\.ts$/,
    imports: [...PURE, "api", "http"],
    packages: ["jose", "zod", "hono"],
  },
  {
    name: "http",
    files: /^shared\/http\//,
    imports: [...PURE, "api", "sessions"],
    packages: ["hono", "zod"],
  },
  {
    name: "config",
    files: /^shared\/config(\.ts$|\/)/,
    imports: [...PURE, "provider types", "providers"],
    packages: ["zod"],
  },
  {
    name: "runtime",
    files: /^shared\/runtime(\.ts$|\/)/,
    imports: [...ENGINE, ...USE_CASES, "api", "http", "sessions", "config"],
    packages: ["postgres", "node:dns"],
  },
  {
    name: "functions",
    files: /^functions\/([^/]+)\//,
    imports: [...PURE, ...USE_CASES, "runtime", "http", "sessions", "api"],
    packages: ["hono", "zod"],
    isolated: true,
  },
  {
    // One hand must not write both sides of a protocol from one misunderstanding of it.
    name: "sandbox",
    files: /^dev\/sandbox\//,
    imports: ["dev", ...PURE],
    packages: ["*"],
    neverReaches: ["providers", "provider types", "kit"],
  },
  ...["dev", "tools", "tests", "bench"].map((name): Layer => ({
    name,
    files: new RegExp(`^${name}/`),
    imports: ["*"],
    packages: ["*"],
  })),
];

/** Longest a file may be, in lines; the first that fits counts. Generated files are excepted. */
export const LONGEST: readonly (readonly [files: RegExp, lines: number])[] = [
  [/^functions\/[^/]+\/index\.ts$/, 20],
  [/^functions\/[^/]+\/app\.ts$/, 120],
  [/^shared\/providers\/[^/]+\.ts$/, 260],
  [/\.ts$/, 250],
];

/** Text that may not occur in the code of these files (comments and strings do not count). */
export const FORBIDDEN: readonly (readonly [files: RegExp, code: RegExp, why: string])[] = [
  [/^shared\//, /\bDeno\b/, "Deno is for the edges: take what you need as an argument"],
  [
    /^(shared|functions)\//,
    /\bisLocal(Host|Env\w*)?\(/,
    "production code does not know that it is local",
  ],
  [
    /^(shared|functions)\//,
    /^(?!.*(jitter|delay)).*\bMath\.random\b/i,
    "Math.random is for jitter and delays alone, and the line says so",
  ],
  [/^shared\/providers\//, /\b(globalThis|process|console)\b/, "drivers touch only their context"],
  [/^(shared|functions)\//, /\b(as|:|<) any\b/, "no any"],
  [/^tests\//, /\bDeno\.test\.only\b|\bonly: true\b/, "a test that keeps the others from running"],
];
