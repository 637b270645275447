/** One person with the app open: an unmodified supabase-js client, and what they do with it. */
import { createClient, FunctionsHttpError } from "@supabase/supabase-js";
import { z } from "zod";
import { StackFailure } from "../failure.ts";
import type { DemoUser, Stack } from "../stack.ts";
import { giveConsent } from "./consent.ts";

const begun = z.object({ data: z.object({ authUrl: z.url() }) });
const linked = z.object({ data: z.object({ id: z.string() }) });
const tiles = z.object({
  data: z.array(z.object({
    slug: z.string(),
    needs: z.array(z.object({
      name: z.string(),
      kind: z.string(),
      choices: z.array(z.string()).optional(),
    })),
  })),
});
const page = z.object({
  data: z.array(z.object({
    metric: z.string(),
    value: z.number(),
    unit: z.string(),
    ts: z.string(),
    end: z.string().optional(),
    source: z.string(),
    localDate: z.string(),
  })),
  meta: z.object({ nextCursor: z.string().nullish() }),
});

export type MetricRow = z.output<typeof page>["data"][number];

export interface Person {
  /** Links `provider` as `who` of the sandbox, all the way through the provider's own pages. */
  link(provider: string, who: string): Promise<void>;
  /** Links `provider` by what a person types into the app's own form. */
  fillIn(provider: string, typed: Readonly<Record<string, string>>): Promise<void>;
  /** Every value, page by page. */
  metrics(): Promise<readonly MetricRow[]>;
  signOut(): Promise<void>;
}

/** Signs in. Throws `StackFailure` where anything is refused. */
export async function signIn(stack: Stack, user: DemoUser): Promise<Person> {
  const supabase = createClient(stack.url, stack.anonKey, {
    auth: { autoRefreshToken: false, persistSession: false },
  });
  const { error } = await supabase.auth.signInWithPassword(user);
  if (error) throw new StackFailure(`Cannot sign in: ${error.message}`);
  const { data, error: claimsError } = await supabase.auth.getClaims();
  if (claimsError || data?.claims.sub !== user.id) {
    throw new StackFailure("Cannot verify the session with the public keys");
  }

  async function invoke<T>(
    path: string,
    schema: z.ZodType<T>,
    body?: Record<string, unknown>,
  ): Promise<T> {
    const { data, error } = await supabase.functions.invoke(
      path,
      body ? { body } : { method: "GET" },
    );
    if (error) throw new StackFailure(`Cannot call ${path}: ${await reasonOf(error)}`);
    const answer = schema.safeParse(data);
    if (answer.success) return answer.data;
    throw new StackFailure(`Cannot read the answer of ${path}: ${z.prettifyError(answer.error)}`);
  }

  /** The first of each choice that the provider's tile offers. */
  async function choices(provider: string): Promise<Record<string, string>> {
    const { data } = await invoke("connect/providers", tiles);
    const needs = data.find(({ slug }) => slug === provider)?.needs ?? [];
    return Object.fromEntries(
      needs.flatMap(({ name, choices: [first] = [] }) =>
        first === undefined ? [] : [[name, first]]
      ),
    );
  }

  return {
    async link(provider, who) {
      const chosen = await choices(provider);
      const { data: { authUrl } } = await invoke("connect", begun, { provider, ...chosen });
      const ticket = await giveConsent({
        authUrl,
        who,
        stackUrl: stack.url,
        sandbox: stack.sandbox,
      });
      await invoke("connect/complete", linked, { ticket });
    },
    async fillIn(provider, typed) {
      await invoke(`connect/${provider}`, linked, typed);
    },
    async metrics() {
      const rows: MetricRow[] = [];
      let cursor: string | null | undefined;
      do {
        const query = new URLSearchParams({ limit: "1000", ...(cursor ? { cursor } : {}) });
        const { data, meta } = await invoke(`metrics?${query}`, page);
        rows.push(...data);
        cursor = meta.nextCursor;
      } while (cursor);
      return rows;
    },
    async signOut() {
      await supabase.auth.signOut();
    },
  };
}

/** What the function said, where it said something. */
async function reasonOf(error: Error): Promise<string> {
  if (!(error instanceof FunctionsHttpError)) return error.message;
  const response: unknown = error.context;
  if (!(response instanceof Response)) return error.message;
  return `${response.status} ${(await response.text()).slice(0, 300)}`;
}
