/** Tells this start of the process from every other one with its pid. Not secret, so no `node:crypto`, whose loading takes longer than all the rest of the start. */
export function startToken(): string {
  const random = Math.floor(Math.random() * 36 ** 8);
  return random.toString(36).padStart(8, '0');
}
