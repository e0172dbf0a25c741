/** What this package makes for itself, a timer or a promise, is no task of the application: it is not watched. */
export class OwnWork {
  /** Asked by every hook, so it is a plain field. */
  isRunning = false;

  /** What `work` makes before it returns gets no record and no number. */
  run<Result>(work: () => Result): Result {
    const before = this.isRunning;
    this.isRunning = true;
    try {
      return work();
    } finally {
      this.isRunning = before;
    }
  }
}
