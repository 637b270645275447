import { ProblemError } from "../core/problems.ts";

export interface GroupCommitOptions<T> {
  /** Stores all of `items` or none; what resolves is committed. */
  readonly commit: (items: readonly T[]) => Promise<unknown>;
  /** Whether one of the items may be to blame: then each is tried by itself. */
  readonly mayBeOneItems: (error: unknown) => boolean;
  /** Bytes of memory that an item holds, about. */
  readonly sizeOf: (item: T) => number;
  /** Most of one commit. A single item may be larger than `bytes`. */
  readonly group: Amount;
  /** Most that is held at once, waiting or under way: what comes on top is refused, not dropped later. */
  readonly held: Amount;
}

export interface Amount {
  readonly items: number;
  readonly bytes: number;
}

/** Seconds after which a refused sender may come again: the line empties in far less. */
const RETRY_AFTER = 5;

interface Held<T> {
  readonly item: T;
  readonly size: number;
  readonly landed: PromiseWithResolvers<void>;
}

/**
 * Commits one group at a time. What comes while a commit is under way waits and goes together into the
 * next, in the order it came; without load each item goes at once and by itself, for there is no timer.
 * The promise of an item resolves after its commit, and rejects with its error; with `unavailable`
 * where too much is held already.
 */
export function createGroupCommit<T>(options: GroupCommitOptions<T>): (item: T) => Promise<void> {
  const { commit, mayBeOneItems, sizeOf, group, held } = options;
  const line: Held<T>[] = [];
  let [items, bytes, underWay] = [0, 0, false];

  function land(members: readonly Held<T>[], settle: (one: Held<T>) => void): void {
    for (const one of members) {
      items--;
      bytes -= one.size;
      settle(one);
    }
  }

  async function commitGroup(members: readonly Held<T>[]): Promise<void> {
    try {
      await commit(members.map(({ item }) => item));
      land(members, ({ landed }) => landed.resolve());
    } catch (error) {
      if (members.length === 1 || !mayBeOneItems(error)) {
        land(members, ({ landed }) => landed.reject(error));
      } else await commitEach(members);
    }
  }

  async function commitEach(members: readonly Held<T>[]): Promise<void> {
    for (const [at, one] of members.entries()) {
      try {
        await commit([one.item]);
        land([one], ({ landed }) => landed.resolve());
      } catch (error) {
        const itemsFault = mayBeOneItems(error);
        // Where the place is lost, the others need not find out one by one.
        land(itemsFault ? [one] : members.slice(at), ({ landed }) => landed.reject(error));
        if (!itemsFault) return;
      }
    }
  }

  function nextGroup(): readonly Held<T>[] {
    let [count, sum] = [0, 0];
    for (const { size } of line) {
      if (count === group.items || count > 0 && sum + size > group.bytes) break;
      count++;
      sum += size;
    }
    return line.splice(0, count);
  }

  async function run(): Promise<void> {
    underWay = true;
    while (line.length > 0) await commitGroup(nextGroup());
    underWay = false;
  }

  return (item) => {
    const size = sizeOf(item);
    if (items >= held.items || bytes + size > held.bytes) {
      return Promise.reject(
        new ProblemError("unavailable", "Cannot take delivery: too many are waiting", RETRY_AFTER),
      );
    }
    const landed = Promise.withResolvers<void>();
    line.push({ item, size, landed });
    items++;
    bytes += size;
    if (!underWay) void run();
    return landed.promise;
  };
}
