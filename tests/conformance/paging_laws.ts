import assert from "node:assert/strict";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { MetricBatch } from "@shared/providers/resource.ts";
import {
  ACCOUNT,
  type PretendProvider,
  type SeenRequest,
  WINDOW,
} from "../support/provider_server.ts";
import { failureOf, withData } from "./calls.ts";
import { withAll, withRows } from "./changes.ts";
import { fixturesOf, pagingOf } from "./fixtures.ts";
import type { Law } from "./law.ts";

/** Pages that come twice, are missing, are empty, or lead round in a circle. */
const LAWS: readonly Law[] = [
  {
    name: "follows pages until there is no next one",
    check: (driver) => {
      const { page, last, carries } = pagesOf(driver);
      return withPages(({ url, body }) => `${url}${body}`.includes(carries) ? last : page)(
        driver,
        async ({ requests, all }) => {
          const batches = await all();
          assert.equal(batches.length, 2);
          assert.equal(requests.length, 2);
          assert.ok(batches[0]?.next !== undefined && batches[1]?.next === undefined);
        },
      );
    },
  },
  {
    name: "a page that names itself as the next one ends in a contract failure",
    appliesTo: namesNext,
    check: (driver) => {
      const { page } = pagesOf(driver);
      return withPages(() => page)(driver, async ({ requests, all }) => {
        assert.equal((await failureOf(all())).kind, "contract");
        assert.equal(requests.length, 2);
      });
    },
  },
  {
    name: "two pages that name each other end in a contract failure",
    appliesTo: namesNext,
    check: (driver) => {
      const { page, another } = pagesOf(driver);
      return withPages((_request, i) => i % 2 === 0 ? page : another)(
        driver,
        async ({ requests, all }) => {
          assert.equal((await failureOf(all())).kind, "contract");
          assert.ok(requests.length <= 4, `${requests.length} requests`);
        },
      );
    },
  },
  {
    name: "a page that comes twice has the same records",
    appliesTo: namesNext,
    check: (driver) => {
      const { page, another, last } = pagesOf(driver);
      return withPages((_request, i) => [page, another][i] ?? last)(driver, async ({ all }) => {
        const [first, second, ...rest] = await all();
        assert.equal(rest.length, 1);
        assert.ok(first && first.records.length > 0);
        assert.deepEqual(second?.records, first.records);
      });
    },
  },
  {
    name: "an empty page is not the end where it names a next one",
    appliesTo: (driver) => namesNext(driver) && emptyPageOf(driver) !== undefined,
    check: (driver) => {
      const { last } = pagesOf(driver);
      return withPages((_request, i) => i === 0 ? emptyPageOf(driver) : last)(
        driver,
        async ({ all }) => {
          const counts = (await all()).map(({ records }) => records.length);
          assert.deepEqual(counts.length, 2);
          assert.equal(counts[0], 0);
        },
      );
    },
  },
  {
    name: "a page that is missing is asked for again from where the last one ended",
    check: (driver) => {
      const { page, last, carries } = pagesOf(driver);
      const missing = () => new Response("down", { status: 503 });
      return withPages((_request, i) => [page, missing()][i] ?? last)(
        driver,
        async ({ requests, all }) => {
          const read: MetricBatch[] = [];
          assert.deepEqual(await failureOf(all(undefined, read)), {
            kind: "unavailable",
            status: 503,
          });
          assert.equal(read.length, 1);
          await all(read[0]?.next);
          const [, failed, again] = requests;
          for (const request of [failed, again]) {
            assert.ok(`${request?.url}${request?.body}`.includes(carries));
          }
        },
      );
    },
  },
];

export const PAGING_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => pagingOf(driver) !== undefined && (law.appliesTo?.(driver) ?? true),
}));

interface Reader {
  readonly requests: PretendProvider["requests"];
  /** All batches from `cursor` on; they are in `read` too, also where it fails. */
  all(cursor?: string, read?: MetricBatch[]): Promise<readonly MetricBatch[]>;
}

/** A provider that answers its i-th request so, and a driver that reads it. */
function withPages(answer: (request: SeenRequest, i: number) => unknown) {
  return (driver: ProviderDriver, use: (reader: Reader) => Promise<void>): Promise<void> => {
    let i = 0;
    return withData(driver, (request) => {
      const body = answer(request, i++);
      return body instanceof Response ? body : Response.json(body);
    }, ({ requests, context }) => {
      const { resource } = pagesOf(driver);
      return use({
        requests,
        async all(cursor, read = []) {
          const ask = { account: ACCOUNT, window: WINDOW, resource };
          const from = cursor === undefined ? ask : { ...ask, cursor };
          for await (const batch of driver.fetchLatestMetrics(from, context())) read.push(batch);
          return read;
        },
      });
    });
  };
}

/** `another` is `page` with another mark of the next one, where the page holds the mark. */
function pagesOf(driver: ProviderDriver) {
  const paging = pagingOf(driver);
  assert.ok(paging);
  const { resource, page } = paging;
  const last = paging.last ?? fixturesOf(driver).find((one) => one.resource === resource)?.body;
  const next = driver.resources.find(({ name }) => name === resource)?.page.parse(page).next;
  const another = withAnotherMark(page, next);
  return { ...paging, last, another };
}

function withAnotherMark(page: unknown, next: string | undefined): unknown {
  if (next === undefined) return undefined;
  return withAll(
    page,
    (value) => (typeof value === "string" && value === next ? `${next}-again` : value),
  );
}

/** Pages that the caller counts name nothing. */
function namesNext(driver: ProviderDriver): boolean {
  return pagingOf(driver) !== undefined && pagesOf(driver).another !== undefined;
}

function emptyPageOf(driver: ProviderDriver): unknown {
  const { resource, page } = pagesOf(driver);
  return withRows(driver, resource, page, () => []);
}
