/**
 * Each driver's requests and the sandbox's answers, held to the provider's own specification: what a
 * driver sends must be documented, and what the sandbox answers must be what the provider would.
 */
import assert from "node:assert/strict";
import { findProvider } from "@shared/providers/mod.ts";
import { CONTRACTS } from "./contract/contracts.ts";
import { drive } from "./contract/drive.ts";
import { readSpecification } from "./contract/specification.ts";
import { validator, type Verdict } from "./contract/validate.ts";

for (const { slug, file, base, within = "", scene, deviations = [], ...rules } of CONTRACTS) {
  const specification = readSpecification(file);
  Deno.test({
    name: `${slug}: requests and answers are those of ${file}`,
    ignore: !specification,
    async fn(t) {
      const found = findProvider(slug);
      assert.ok(specification && found?.kind === "driver");
      const { exchanges, pushes } = await drive(found.driver, slug, scene);
      const { exchange, event, coverage } = validator(specification, {
        base,
        isInForm: rules.inForm !== undefined,
        untyped: rules.untyped ?? [],
      });
      const said = exchanges.filter(({ url }) => url.href.startsWith(`${base}${within}/`))
        .map(exchange);
      assert.ok(said.length > 0, "nothing was asked");
      const told = specification.events.length > 0 ? pushes.map(event) : [];
      const verdicts = [...said, ...told];
      const findings = new Set(verdicts.flatMap((one) => one.findings));
      for (const { finding, source } of deviations) {
        assert.match(source, /^https:\/\//);
        assert.ok(findings.delete(finding), `no longer so: ${finding}`);
      }
      const { documented, missing } = coverage;
      if (rules.everyField) assert.deepEqual(missing, []);
      const names = (of: readonly Verdict[]) => new Set(of.map(({ name }) => name)).size;
      const bodies = verdicts.filter(({ bodyChecked }) => bodyChecked).length;
      // A step's name is what the report shows.
      await t.step(
        `${said.length} exchanges in ${names(said)} operations, ${told.length} events of ` +
          `${names(told)} kinds, ${bodies} bodies checked, ${documented - missing.length} of ` +
          `${documented} fields seen, ${deviations.length} deviations`,
        () => assert.deepEqual([...findings], []),
      );
    },
  });
}

Deno.test("a provider has at most ten deviations", () => {
  for (const slug of new Set(CONTRACTS.map((one) => one.slug))) {
    const own = CONTRACTS.filter((one) => one.slug === slug);
    const count = own.reduce((sum, { deviations = [] }) => sum + deviations.length, 0);
    assert.ok(count <= 10, `${slug} has ${count}`);
  }
});
