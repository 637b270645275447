import { promises } from "node:dns";

/** Every address of a name, as this machine's resolver has them; none where it has none. */
export async function resolveHost(hostname: string): Promise<readonly string[]> {
  try {
    return (await promises.lookup(hostname, { all: true })).map(({ address }) => address);
  } catch {
    // Unknown, refused or no resolver: what cannot be looked up is not gone to.
    return [];
  }
}
