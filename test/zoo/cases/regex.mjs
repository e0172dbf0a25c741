export const truth = { state: 'spinning', function: 'validate', verdict: 'thread-spinning', readBy: 'inspector' };

function validate(text) {
  return /^(a+)+$/.test(text); // <- here
}

export function hang() {
  validate(`${'a'.repeat(50)}b`);
}
