/** What a benchmark found, for people and for programs. */
import { ratios, spread } from "./statistics.ts";

export interface Finding {
  readonly bench: string;
  readonly subject: string;
  /** Whom it is compared with; its own name where a value stands for itself. */
  readonly versus: string;
  readonly metric: string;
  /** A value a round, and what the other had in the same round. */
  readonly rounds: readonly number[];
  readonly versusRounds?: readonly number[];
}

/** One object a line: `low` and `high` are of the ratio, or of the value where nothing is compared. */
export function jsonLine(
  { bench, subject, versus, metric, rounds, versusRounds }: Finding,
): string {
  const value = round(spread(rounds).median);
  const compared = spread(versusRounds ? ratios(rounds, versusRounds) : rounds);
  return JSON.stringify({
    bench,
    subject,
    versus,
    metric,
    value,
    ratio: versusRounds ? round(compared.median) : null,
    low: round(compared.low),
    high: round(compared.high),
  });
}

/** `metric: subject 35,000 (1.95 [1.80–2.10] x versus; 1.80 1.95 2.10)`. */
export function textLine({ subject, versus, metric, rounds, versusRounds }: Finding): string {
  const head = `${metric}: ${subject} ${figure(spread(rounds).median)}`;
  if (!versusRounds) {
    const { low, high } = spread(rounds);
    return rounds.length > 1 ? `${head} [${figure(low)}–${figure(high)}]` : head;
  }
  const each = ratios(rounds, versusRounds);
  const { median, low, high } = spread(each);
  const list = each.map((ratio) => ratio.toFixed(2)).join(" ");
  return `${head} = ${median.toFixed(2)} [${low.toFixed(2)}–${
    high.toFixed(2)
  }] x ${versus} (${list})`;
}

function figure(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
