/**
 * Who is measured after whom. A variant is only ever held against a bare run right beside it, never against a number from
 * another time: `bare A B bare C D bare ...`, the next round backwards, so that each comes as often before its bare run as
 * after it. One of the variants is to be bare itself: the control, which shows what noise alone makes.
 */

/** One round: names in the order in which they run, and for each the place of its bare run (null for a bare run). */
export function orderOf(variants, { isReversed }) {
  const steps = [];
  for (let first = 0; first < variants.length; first += 2) {
    const bare = steps.length;
    steps.push({ name: 'bare', beside: null });
    steps.push({ name: variants[first], beside: bare });
    if (first + 1 < variants.length) steps.push({ name: variants[first + 1], beside: bare + 3 });
  }
  if (variants.length % 2 === 0) steps.push({ name: 'bare', beside: null });
  if (!isReversed) return steps;
  const place = (index) => (index === null ? null : steps.length - 1 - index);
  return steps.map(({ name, beside }) => ({ name, beside: place(beside) })).reverse();
}

/** Another order, for those that work by turns within a round: all are held against one bare process. */
export function besideOne(variants) {
  return [{ name: 'bare', beside: null }, ...variants.map((name) => ({ name, beside: 0 }))];
}

/**
 * Runs rounds and pairs what they bring.
 * @param order - who runs in a round, as `orderOf` tells it
 * @param measureRound - gets the names in order, returns one value for each
 * @param isEnough - asked after each round beyond the first `rounds` with the pairs so far; default: `rounds` are enough
 * @returns for each variant its pairs `{ bare, value }`
 */
export async function runRounds({ variants, rounds, measureRound, isEnough = (_pairs) => true, order = orderOf }) {
  const pairs = new Map(variants.map((name) => [name, []]));
  for (let round = 0; round < rounds || !isEnough(pairs); round++) {
    const steps = order(variants, { isReversed: round % 2 === 1 });
    const values = await measureRound(steps.map(({ name }) => name));
    for (const [index, { name, beside }] of steps.entries()) {
      if (beside !== null) pairs.get(name).push({ bare: values[beside], value: values[index] });
    }
  }
  return pairs;
}

export function ratios(pairs) {
  return pairs.map(({ bare, value }) => value / bare);
}
