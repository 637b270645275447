/** What the parts of this benchmark have in common. */
import type { Finding } from "../support/report.ts";
import type { Subject, subjects } from "./subjects.ts";

export type Subjects = ReturnType<typeof subjects>;
export interface PartOptions {
  readonly rounds: number;
  readonly jobs: number;
  readonly log: (line: string) => void;
}
/** A slow queue gets fewer jobs: what counts is the rate. */
export function sized({ share = 1 }: Subject, jobs: number): number {
  return Math.round(jobs * share);
}

/** Values by subject, a round each. */
export class Rounds {
  readonly #values = new Map<string, number[]>();

  add({ name }: Pick<Subject, "name">, value: number): void {
    this.#values.set(name, [...this.of(name), value]);
  }

  of(name: string): readonly number[] {
    return this.#values.get(name) ?? [];
  }

  finding(metric: string, subject: Pick<Subject, "name">, versus: Pick<Subject, "name">): Finding {
    const [rounds, versusRounds] = [this.of(subject.name), this.of(versus.name)];
    return {
      bench: "queue",
      subject: subject.name,
      versus: versus.name,
      metric,
      rounds,
      versusRounds,
    };
  }
}
