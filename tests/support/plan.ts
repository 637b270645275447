/** Plans of statements as the server makes them for a person who asks. */
import assert from "node:assert/strict";
import postgres from "postgres";
import type { Sql as AnySql } from "@shared/db/client.ts";
import type { TestDatabase } from "./database.ts";

type Ask = (sql: AnySql) => PromiseLike<unknown>;

/** A step of a plan, as `explain` tells it. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly PlanNode[];
}

/** What was done, for a failure to show. */
export function outline(node: PlanNode, depth = 0): string {
  const rows = node["Actual Rows"] * node["Actual Loops"];
  const buffers = node["Shared Hit Blocks"] + node["Shared Read Blocks"];
  const what = [node["Node Type"], node["Relation Name"], node["Index Cond"]].join(" ").trim();
  const own = `\n${"  ".repeat(depth)}${what}: ${rows} rows, ${buffers} buffers`;
  return own + (node.Plans ?? []).map((child) => outline(child, depth + 1)).join("");
}

export const nodesOf = (
  node: PlanNode,
): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

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
    // The driver asks for the server's types behind its first statement, and writes no array before.
    await sql`select`;
    await ask(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
  return sent.find(({ text }) => text.includes("raphael.")) ?? assert.fail();
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `array[${value.map(literal)}]`;
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
    const [row] = await tx.unsafe<[{ "QUERY PLAN": readonly [{ readonly Plan: PlanNode }] }]>(
      `explain (analyze, buffers, format json) execute question ${
        literals.length > 0 ? `(${literals})` : ""
      }`,
    );
    await tx.unsafe("deallocate question");
    return row["QUERY PLAN"][0].Plan;
  });
}
