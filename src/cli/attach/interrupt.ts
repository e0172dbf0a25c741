/** What must be done before an interrupt ends this process. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `finish` before any of these signals does what it would have done; until the returned function is called. */
export function atInterrupt(finish: () => Promise<void>): () => void {
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const end = (): void => {
      release();
      process.kill(process.pid, signal);
    };
    void finish().then(end, end);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return release;
}
