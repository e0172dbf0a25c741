/** The smallest task of a pool. */
export default function task(value) {
  return value;
}
