import { addDays } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import type { PretendProvider } from "../provider.ts";
import type { WithingsSubscription } from "../store.ts";
import { personIn, type SandboxRecord, type World } from "../world.ts";
import { COLLECTIONS, isResource, listRecords } from "./collections.ts";
import { userId } from "./record.ts";

const APPLIS = [1, 2, 4, 16, 44, 46, 50, 51, 54, 58];
/** "After four consecutive failures, the notification subscription is removed." */
const MOST_FAILURES = 4;

/**
 * Answers to `/notify`: one subscription a person and category, made only where HEAD is answered, and taken
 * away where deliveries fail.
 */
export function createSubscriptions(world: World) {
  const { state } = world.store;
  const all = (): readonly WithingsSubscription[] => state.withingsSubscriptions ?? [];
  const keep = (next: readonly WithingsSubscription[]) => {
    state.withingsSubscriptions = [...next];
    world.store.save();
  };
  return {
    all,
    list: (person: string) =>
      all().filter((one) => one.person === person)
        .map(({ appli, callbackUrl }) => ({ appli, callbackurl: callbackUrl, comment: "" })),
    async subscribe(person: string, form: URLSearchParams): Promise<boolean> {
      const callbackUrl = form.get("callbackurl") ?? "";
      const appli = Number(form.get("appli"));
      if (!APPLIS.includes(appli) || !URL.canParse(callbackUrl)) return false;
      if (!await answersHead(callbackUrl)) return false;
      const others = all().filter((one) => one.person !== person || one.appli !== appli);
      keep([...others, { person, appli, callbackUrl }]);
      return true;
    },
    /** How a delivery went; the last failure in a row ends the subscription. */
    noteDelivery(one: WithingsSubscription, isGood: boolean) {
      one.failures = isGood ? 0 : (one.failures ?? 0) + 1;
      keep(all().filter((other) => other !== one || one.failures !== MOST_FAILURES));
    },
    revoke(person: string, appli?: number) {
      keep(
        all().filter((one) =>
          one.person !== person || (appli !== undefined && one.appli !== appli)
        ),
      );
    },
  };
}

async function answersHead(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000);
    const response = await fetch(url, { method: "HEAD", redirect: "manual", signal });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Notifications: unsigned forms that point at a window. */
export function createHooks(
  world: World,
  subscriptions: ReturnType<typeof createSubscriptions>,
): Pick<PretendProvider, "tell" | "announce" | "revoked"> {
  function send(person: string, appli: number, news: Readonly<Record<string, string>>): void {
    const found = subscriptions.all().find((one) => one.person === person && one.appli === appli);
    if (!found) return;
    const userid = String(userId(world, personIn(world, person)));
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "withings",
      url: found.callbackUrl,
      body: new URLSearchParams({ userid, appli: String(appli), ...news }).toString(),
      headers: () => Promise.resolve({ "content-type": "application/x-www-form-urlencoded" }),
      timeoutSeconds: 2,
      attempts: 10,
      onStatus: (status) => subscriptions.noteDelivery(found, status !== "failed" && status < 400),
    });
  }

  function tellOf(person: string, resource: string, record: SandboxRecord): void {
    const appli = isResource(resource) ? COLLECTIONS[resource].appli : undefined;
    if (appli === undefined) return;
    if (appli === 16) return send(person, appli, { date: record.day });
    const { body } = record;
    const start = body["startdate"] ?? body["date"] ?? body["timestamp"];
    const end = body["enddate"] ?? Number(start) + 1;
    send(person, appli, { startdate: String(start), enddate: String(end) });
  }

  return {
    tell({ person, resource, action, recordId }) {
      const who = personIn(world, person);
      const today = localDateIn(who.zone, world.clock());
      if (action === "delete") {
        const externalUserId = String(userId(world, who));
        const of = { provider: "withings", person, externalUserId, resource };
        world.ledger.serve(of, [{ id: recordId, facts: [] }]);
      }
      const record = isResource(resource)
        ? listRecords(world, who, resource, addDays(today, -7), today)
          .find(({ id }) => id === recordId)
        : undefined;
      if (record) tellOf(person, resource, record);
    },
    announce(since, until) {
      for (const id of new Set(subscriptions.all().map(({ person }) => person))) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const resource of Object.keys(COLLECTIONS).filter(isResource)) {
          for (const record of listRecords(world, person, resource, addDays(today, -1), today)) {
            const isNew = record.availableAt > since && record.availableAt <= until;
            if (isNew) tellOf(id, resource, record);
          }
        }
      }
    },
    revoked(person) {
      send(person, 46, { action: "unlink" });
      subscriptions.revoke(person);
    },
  };
}
