/** What an operator sets in a project by hand: the database role's password and Vault's two secrets. */
import type { Database } from "@shared/db/client.ts";

/** Lets the functions sign in. Safe to repeat. */
export async function setAppPassword(database: Database, password: string): Promise<void> {
  await database.query((sql) =>
    // A utility statement takes no parameters; the password is ours and base64url.
    sql.unsafe(`alter role raphael_app login password '${password}'`)
  );
}

/** Creates or replaces secrets of Vault by name, as `[db.vault]` of the CLI does. */
export async function setVaultSecrets(
  database: Database,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) {
    await database.transaction(async (sql) => {
      const [known] = await sql`select id from vault.secrets where name = ${name}`;
      if (known) await sql`select vault.update_secret(${known["id"]}, ${value})`;
      else await sql`select vault.create_secret(${value}, ${name})`;
    });
  }
}
