import { addDays } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { listWorkouts, wahooUserId } from "./workouts.ts";

/** Posts to the address of the portal; the token in the body is all that proves them. */
export function createHooks(
  world: World,
  client: SandboxClient,
  issuer: Issuer,
): Pick<PretendProvider, "tell" | "announce"> {
  const isLinked = (person: string) =>
    issuer.grants().some((one) =>
      one.person === person && !one.revoked && one.scopes.includes("offline_data")
    );

  function send(person: Person, { body }: SandboxRecord): void {
    if (!client.webhookUrl || !isLinked(person.id)) return;
    const { workout_summary: summary, ...workout } = body;
    const delivery = JSON.stringify({
      event_type: "workout_summary",
      webhook_token: client.webhookSecret,
      user: { id: wahooUserId(world, person) },
      workout_summary: { ...(typeof summary === "object" ? summary : {}), workout },
    });
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "wahoo",
      url: client.webhookUrl,
      body: delivery,
      headers: () => Promise.resolve({}),
      timeoutSeconds: 10,
      attempts: 5,
    });
  }

  return {
    tell({ person: id, action, recordId }) {
      // Nothing tells of what is gone.
      if (action === "delete") return;
      const person = personIn(world, id);
      const today = localDateIn(person.zone, world.clock());
      const found = listWorkouts(world, person, addDays(today, -30), today)
        .find((one) => one.id === recordId);
      if (found) send(person, found);
    },
    announce(since, until) {
      for (const id of new Set(issuer.grants().map(({ person }) => person))) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const record of listWorkouts(world, person, addDays(today, -1), today)) {
          if (record.availableAt > since && record.availableAt <= until) send(person, record);
        }
      }
    },
  };
}
