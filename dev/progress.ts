/** Lines with the time since the start, so that whoever waits sees what for. */
export interface Progress {
  log(line: string): void;
  /** Runs `work` and tells what it took; tells that it failed before it throws on. */
  step<T>(name: string, work: () => T | Promise<T>): Promise<T>;
}

export function createProgress(write: (line: string) => void): Progress {
  const began = performance.now();
  const log = (line: string) => {
    const seconds = ((performance.now() - began) / 1_000).toFixed(2);
    write(`${seconds.padStart(6)} s  ${line}`);
  };
  return {
    log,
    async step(name, work) {
      const start = performance.now();
      try {
        const result = await work();
        log(`ok      ${name} (${Math.round(performance.now() - start)} ms)`);
        return result;
      } catch (error) {
        log(`FAILED  ${name} (${Math.round(performance.now() - start)} ms)`);
        throw error;
      }
    },
  };
}
