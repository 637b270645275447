import assert from "node:assert/strict";
import { z } from "zod";
import { TERRA_TYPES } from "../../../../dev/sandbox/terra/collections.ts";
import { type Answer, answerConsent } from "../../../../dev/sandbox/visitor.ts";
import type { Scene, Stage } from "../drive.ts";

const ORIGIN = "https://access.tryterra.co";
const API = `${ORIGIN}/api/v2`;
const WEEKS = "start_date=2026-11-01&end_date=2026-11-22";
/** More than a month is a large request, which is announced first. */
const MONTHS = "start_date=2026-09-01&end_date=2026-11-22";
const RETURN_URLS = {
  auth_success_redirect_url: "http://127.0.0.1:9/done",
  auth_failure_redirect_url: "http://127.0.0.1:9/failed",
};

const session = z.object({ url: z.url() });

/** Data in the answer, large requests, the profile, links that fail or come twice, a tombstone. */
export const terraScene: Scene = async (stage) => {
  const { account, sandbox } = stage;
  const { control } = sandbox;
  const get = (path: string) => ask(stage, `${API}/${path}`);
  const user = `user_id=${account.externalUserId}`;

  for (const type of Object.keys(TERRA_TYPES)) {
    await get(`${type}?${user}&${WEEKS}&with_samples=true&to_webhook=false`);
    await get(`${type}?${user}&${WEEKS}&to_webhook=false`);
  }
  await get(`daily?${user}&${MONTHS}&with_samples=true`);
  await get(`athlete?${user}`);
  await get(`athlete?${user}&to_webhook=false`);
  await get("userInfo?reference_id=0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968");
  await get("subscriptions");
  await get(`sleep?${user}&start_date=yesterday`);
  await get(`sleep?user_id=nobody&${WEEKS}`);
  await ask(stage, `${API}/auth/authenticateUser?resource=GARMIN`, { language: "en" });
  control.publish({ person: "demo", provider: "terra", resource: "activity", action: "delete" });
  control.publish({ person: "demo", provider: "terra", resource: "sleep" });

  const link = async (answer: Omit<Answer, "person">) => {
    const path = `${API}/auth/generateWidgetSession`;
    await follow(
      stage,
      await ask(stage, path, { reference_id: "another", ...RETURN_URLS }),
      answer,
    );
  };
  await link({ decision: "deny" });
  await link({ resource: "GARMIN" });
  await link({ resource: "GARMIN" });
  control.revoke("terra", "another");
};

/** The widget's own way in, which has a document of its own. */
export const terraWidgetScene: Scene = async (stage) => {
  const path = `${ORIGIN}/widget/api/session`;
  const json = {
    providers: "GARMIN,OURA",
    language: "en",
    reference_id: "another",
    ...RETURN_URLS,
  };
  await follow(stage, await ask(stage, path, json), { resource: "OURA" });
  await ask(stage, path, { ...json, auth_success_redirect_url: "nowhere" });
  await ask(stage, path, json, "test-key-of-nobody");
};

async function follow(
  { sandbox }: Stage,
  opened: Response,
  answer: Omit<Answer, "person">,
): Promise<void> {
  const { url } = session.parse(await opened.json());
  const page = `${sandbox.origins["https://widget.tryterra.co"]}${new URL(url).pathname}`;
  const back = await answerConsent(page, { person: "another", ...answer });
  assert.equal(back.pathname, answer.decision === "deny" ? "/failed" : "/done");
}

/** By GET, or with `json` by POST. */
function ask({ ctx }: Stage, url: string, json?: unknown, key = ctx.client.secret.reveal()) {
  const headers = { "dev-id": ctx.client.id, "x-api-key": key };
  return ctx.fetch(
    url,
    json === undefined ? { headers } : {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(json),
    },
  );
}
