/** So many requests in so much time, counted in one place for all isolates. */
export interface Budget {
  readonly key: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What was left when a request was taken out of a budget. */
export interface Taken {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** A budget that a read takes from on its way to the database: it is sent before there is an answer. */
export interface BudgetAhead extends Budget {
  /** Throws where nothing may be told of what was read. */
  told(taken: Taken): void;
}
