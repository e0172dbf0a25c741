/** Every error and warning of this package carries one of these codes; codes are never renamed. */
export type GuruErrorCode =
  | 'GMR_OPTION' // a `setup` argument or a variable that is not what the option takes
  | 'GMR_SIGNAL' // a signal that cannot be listened to here
  | 'GMR_SECTION' // a registered section that is not one, or that failed
  | 'GMR_OUTPUT' // a report that could not be written where it should go
  | 'GMR_VIEW' // a view that does not exist or failed
  | 'GMR_INSTALL' // the installation, or a part of it, failed
  | 'GMR_UNSUPPORTED' // this runtime or its permissions do not allow what is needed
  | 'GMR_LANE' // a thread that could not be reached
  | 'GMR_TIMEOUT' // a bound ran out
  | 'GMR_POOL' // something to instrument that is no pool
  | 'GMR_BUSY' // a report is already being taken
  | 'GMR_TARGET' // a process that cannot be asked: gone, somebody else's, not Node.js, without this package
  | 'GMR_USAGE'; // a wrong command line

/**
 * The base class of all errors this package throws. `code` is stable, `cause` is what led to it. The files of the package
 * have a copy of it each, so `instanceof` goes by a mark that all copies share.
 */
export class GuruError extends Error {
  static {
    mark(this, 'guru-meditation.GuruError');
  }

  readonly code: GuruErrorCode;

  constructor(code: GuruErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'GuruError';
    this.code = code;
  }
}

/** An option that is not what it must be: the message names the option, what was expected and what came. */
export class OptionError extends GuruError {
  static {
    mark(this, 'guru-meditation.OptionError');
  }

  constructor(option: string, expected: string, actual: unknown) {
    super('GMR_OPTION', `${option}: expected ${expected}, got ${show(actual)}`);
  }
}

/** The message of anything that was thrown, for a line of text; never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message || thrown.name;
    return String(thrown);
  } catch {
    return 'an unprintable value was thrown';
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}

function mark(errorClass: { prototype: object }, name: string): void {
  const key = Symbol.for(name);
  Object.defineProperty(errorClass.prototype, key, { value: true });
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value: (value: unknown) => typeof value === 'object' && value !== null && key in value,
  });
}
