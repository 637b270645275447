/** What the server does for a statement, by the plan that is made once for all values. */
import assert from "node:assert/strict";
import postgres from "postgres";
import type { Sql } from "@shared/db/client.ts";
import type { TestDatabase } from "./database.ts";

export type Ask = (sql: Sql) => PromiseLike<unknown>;

export interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly Node[];
}

/** What was done, for a failure to show. */
export function outline(node: Node, depth = 0): string {
  const rows = node["Actual Rows"] * node["Actual Loops"];
  const buffers = node["Shared Hit Blocks"] + node["Shared Read Blocks"];
  const what = [node["Node Type"], node["Relation Name"], node["Index Cond"]].join(" ").trim();
  const own = `\n${"  ".repeat(depth)}${what}: ${rows} rows, ${buffers} buffers`;
  return own + (node.Plans ?? []).map((child) => outline(child, depth + 1)).join("");
}

export const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What the driver sends for a statement. */
async function sentFor(url: string, ask: Ask): Promise<Sent> {
  const sent: Sent[] = [];
  const sql = postgres(url, {
    max: 1,
    prepare: false,
    onnotice: () => {},
    debug: (_, text, values) => sent.push({ text, values }),
  });
  try {
    await ask(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
  // It asks for the server's types as well.
  return sent.find(({ text }) => text.includes("raphael.")) ?? assert.fail();
}

function literal(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : String(value);
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * As the person, by the plan that is made once for all values: what `begin_access` has the server use.
 */
export async function explain({ url, admin }: TestDatabase, userId: string, ask: Ask) {
  const { text, values } = await sentFor(url, ask);
  return await admin.begin(async (tx) => {
    await tx`
      select set_config('plan_cache_mode', 'force_generic_plan', true),
             set_config('request.jwt.claims', ${JSON.stringify({ sub: userId })}, true),
             set_config('role', 'authenticated', true)`;
    await tx.unsafe(`prepare question as ${text}`);
    const literals = values.map(literal);
    const [row] = await tx.unsafe<[{ "QUERY PLAN": readonly [{ readonly Plan: Node }] }]>(
      `explain (analyze, buffers, format json) execute question ${
        literals.length > 0 ? `(${literals})` : ""
      }`,
    );
    await tx.unsafe("deallocate question");
    return row["QUERY PLAN"][0].Plan;
  });
}
