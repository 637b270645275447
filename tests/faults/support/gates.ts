import type { Sql } from "postgres";

/** Settings of every gate to come, in place of the product's half minutes. */
export type GateSettings = Readonly<
  Partial<Record<"open_seconds" | "ramp_seconds" | "probe_seconds", number>>
>;

export async function setGates(admin: Sql, settings: GateSettings): Promise<void> {
  for (const [column, seconds] of Object.entries(settings)) {
    await admin.unsafe(
      `alter table raphael_private.provider_gates alter column ${column} set default ${seconds}`,
    );
  }
}
