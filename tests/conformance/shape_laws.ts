import assert from "node:assert/strict";
import { beginBody } from "@shared/api/connect.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { findProvider } from "@shared/providers/mod.ts";
import { ACCOUNT, WINDOW } from "../support/provider_server.ts";
import { pagingOf, strayFixturesOf, webhookOf } from "./fixtures.ts";
import { filesOf } from "../../tools/mutate/mutant.ts";
import type { Law } from "./law.ts";

const SOURCE = new URL("../../shared/providers/", import.meta.url);

/** What a driver says of itself. */
export const SHAPE_LAWS: readonly Law[] = [
  {
    name: "the slug names its file, whose default export it is",
    async check(driver) {
      const module = await import(new URL(`${driver.slug}.ts`, SOURCE).href);
      assert.equal(module.default, driver);
    },
  },
  {
    name: "the file begins with its quirks and their source",
    check({ slug }) {
      const source = Deno.readTextFileSync(new URL(`${slug}.ts`, SOURCE));
      const header = source.slice(0, source.indexOf("*/"));
      assert.match(header, /^\/\*\*/);
      assert.match(header, /\n \* Quirks\n \* - /);
      assert.match(header, /\n \* @see https:\/\//);
    },
  },
  {
    name: "the file and its parts begin with what they hold, and have at most 260 lines",
    check({ slug }) {
      for (const file of filesOf(slug)) {
        const source = Deno.readTextFileSync(new URL(file, SOURCE));
        assert.match(source, /^\/\*\*/, file);
        assert.ok(source.trimEnd().split("\n").length <= 260, `${file} is too long`);
      }
    },
  },
  {
    name: "every fixture is of a resource",
    check(driver) {
      assert.deepEqual(strayFixturesOf(driver), []);
    },
  },
  {
    name: "documents and terms are https addresses",
    check(driver) {
      assert.match(driver.docs, /^https:\/\//);
      assert.match(driver.policy.terms, /^https:\/\//);
    },
  },
  {
    name: "the registry finds it by its slug in any case",
    check(driver) {
      for (const name of [driver.slug, driver.slug.toUpperCase(), ` ${driver.slug} `]) {
        assert.deepEqual(findProvider(name), { kind: "driver", driver });
      }
    },
  },
  {
    name: "names and aliases of resources belong to one resource each",
    check({ resources }) {
      const names = resources.map(({ name }) => name);
      assert.deepEqual(names, [...new Set(names)]);
      for (const name of names) assert.match(name, /^[a-z0-9_]+$/);
      const aliases = resources.flatMap((one) => [...new Set(one.aliases)]);
      assert.deepEqual(aliases, [...new Set(aliases)]);
    },
  },
  {
    name: "a resource asks for no scope that the link does not ask for",
    appliesTo: ({ link }) => link.kind === "oauth2",
    check({ link, resources }) {
      const asked = link.kind === "oauth2" ? link.scopes : [];
      for (const { name, scope } of resources) {
        assert.ok(scope === undefined || asked.includes(scope), `${name} needs ${scope}`);
      }
    },
  },
  {
    name: "history is read in pieces that fit into it",
    appliesTo: ({ history }) => history !== undefined,
    check({ history }) {
      assert.ok(history && history.pageDays > 0 && history.pageDays <= history.maxDays);
    },
  },
  {
    name: "every resource can be heard of: pulled, polled or pushed",
    check({ link, resources, webhook }) {
      const isPushed = webhook !== undefined || link.kind === "bridge";
      for (const resource of resources) {
        assert.ok(
          resource.request || resource.requestOne || isPushed,
          `${resource.name} has no way in`,
        );
        assert.ok(!resource.poll || resource.request, `${resource.name} cannot be polled`);
      }
    },
  },
  {
    name: "requests go to https hosts of the driver, without a token in the address",
    appliesTo: ({ resources }) => resources.some(({ request }) => request),
    check({ hosts, resources }) {
      for (const resource of resources) {
        const ask = { account: ACCOUNT, window: WINDOW };
        const requests = [
          resource.request?.(ask),
          resource.requestOne?.({ ...ask, recordId: "1" }),
        ];
        for (const request of requests.filter((one) => one !== undefined)) {
          const url = new URL(request.url);
          assert.equal(url.protocol, "https:");
          const own = hosts.length > 0 ? hosts : [ACCOUNT.site?.host];
          assert.ok(own.includes(url.host), `${url.host} is not a host of the driver`);
          assert.doesNotMatch(url.href, /test-leak/);
        }
      }
    },
  },
  {
    name: "an app is told each field of a form",
    appliesTo: ({ link }) => link.kind === "credentials",
    check({ link }) {
      const names = link.kind === "credentials" ? link.needs.map(({ name }) => name) : [];
      assert.ok(names.length > 0);
      assert.equal(new Set(names).size, names.length);
    },
  },
  {
    name: "an app is told each service behind it, in words that its choice may be sent in",
    appliesTo: ({ link }) => link.kind === "widget" && link.services !== undefined,
    check({ link }) {
      const services = link.kind === "widget" ? link.services ?? [] : [];
      assert.ok(services.length > 0);
      assert.equal(new Set(services).size, services.length);
      for (const service of services) assert.ok(beginBody.safeParse({ service }).success, service);
    },
  },
  {
    name: "a mark that a page gives for the next one is shown by paging.json",
    async check(driver) {
      if (pagingOf(driver) || hasMarksInNews(driver)) return;
      const paged: string[] = [];
      for (const { name, next, request } of driver.resources) {
        const ask = { account: ACCOUNT, window: WINDOW };
        const [plain, marked] = [request?.(ask), request?.({ ...ask, cursor: "mark" })];
        const isMarked = plain?.url !== marked?.url || await plain?.text() !== await marked?.text();
        if (!next && isMarked) paged.push(name);
      }
      const missing = "paging.json is missing: { resource, page, carries }, for one of these";
      assert.deepEqual(paged, [], missing);
    },
  },
  {
    name: "a page that the caller counts leads to the one after it",
    appliesTo: (driver) => countedOf(driver) !== undefined,
    async check(driver) {
      const { resource, page, carries } = countedOf(driver) ?? assert.fail();
      const ask = { account: ACCOUNT, window: WINDOW };
      const cursor = resource.next?.(resource.page.parse(page), ask);
      assert.ok(cursor !== undefined);
      const request = resource.request?.({ ...ask, cursor }) ?? assert.fail();
      // Withings asks by forms.
      assert.ok(`${request.url}${await request.text()}`.includes(carries));
    },
  },
  {
    name: "an id cannot leave its place in the address",
    appliesTo: ({ resources }) => resources.some(({ requestOne }) => requestOne),
    check({ resources }) {
      for (const { requestOne } of resources) {
        const addressOf = (recordId: string) =>
          new URL(
            requestOne?.({ account: ACCOUNT, window: WINDOW, recordId }).url ?? "about:blank",
          );
        const plain = addressOf("x");
        for (const id of ["a/b", "../../x", "a?b=c", "a#b", "a\r\nx: y", "%2e%2e/"]) {
          const odd = addressOf(id);
          assert.equal(odd.pathname.split("/").length, plain.pathname.split("/").length, id);
          assert.equal(odd.search === "", plain.search === "", id);
          assert.equal(odd.hash, "", id);
        }
        if (requestOne) assert.throws(() => addressOf(".."), { name: "ProviderError" });
      }
    },
  },
];

/** Garmin's token comes with the news, and from no page. */
function hasMarksInNews(driver: ProviderDriver): boolean {
  if (!driver.webhook) return false;
  const events = webhookOf(driver).deliveries.flatMap((delivery) => delivery.events);
  return events.some((event) => typeof event === "object" && event !== null && "cursor" in event);
}

/** The paging fixture, where its resource counts pages by itself. */
function countedOf(driver: ProviderDriver) {
  const paging = pagingOf(driver);
  const resource = driver.resources.find(({ name }) => name === paging?.resource);
  return paging && resource?.next ? { ...paging, resource } : undefined;
}
