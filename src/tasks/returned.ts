/**
 * A base constructor that returns the object it was given, so that a class derived from it puts its private fields on that
 * object: neither the application nor `util.inspect` can see them, and they are four times cheaper than a WeakMap
 * (`lab/promise-ring.cjs`).
 */
/* oxlint-disable typescript/no-extraneous-class -- returning another object from a constructor is the mechanism */
export class Returned {
  constructor(object: object) {
    return object;
  }
}
/* oxlint-enable typescript/no-extraneous-class */
