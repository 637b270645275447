import { z } from "zod";
import { METRIC_CODES } from "../catalog/metrics.ts";

/** A code of the catalog, as answers name metrics. */
export const metricCode = z.enum(METRIC_CODES).meta({
  id: "MetricCode",
  description: "A metric of the catalog, named with its method: `hrv_rmssd` is not `hrv_sdnn`",
});
