export const truth = { state: 'spinning', function: 'spin', verdict: 'thread-spinning', readBy: 'inspector' };

function spin() {
  for (;;); // <- here
}

export function hang() {
  spin();
}
