import { z } from "zod";
import { aggregate, resolution } from "../metrics/series.ts";
import { answerOf, metricCode, sourceRef, unit } from "./parts.ts";

const column = (description: string) => ({ description });

export const series = z.object({
  resolution,
  series: z.array(z.object({
    metric: metricCode,
    unit,
    aggregate,
    ts: z.array(z.string()).meta(column("Start of each point in UTC; of 1d the person's day")),
    value: z.array(z.number()).meta(column("One a point")),
    readings: z.array(z.int()).meta(column("Values that each point was made of")),
    source: z.array(z.int()).meta(column("Id of the best source of each point")),
  })).meta({
    description: "Columns of equal length, oldest point first; points without values are left out",
  }),
  sources: z.array(sourceRef).meta({ description: "What the ids in `source` mean" }),
});

export const seriesAnswer = answerOf(series).meta({ id: "SeriesAnswer" });
