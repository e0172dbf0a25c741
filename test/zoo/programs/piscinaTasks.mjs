export function quick() {
  const end = performance.now() + 20;
  while (performance.now() < end);
}

export function endless() {
  for (;;); // <- here
}
