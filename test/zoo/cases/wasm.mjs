export const truth = {
  state: 'spinning',
  function: 'turn',
  verdict: 'thread-spinning',
  readBy: 'inspector',
  line: false,
};

// (module (func $turn (export "spin") (loop (br 0)))), with its section of names.
const header = [0, 97, 115, 109, 1, 0, 0, 0];
const types = [1, 4, 1, 96, 0, 0];
const functions = [3, 2, 1, 0];
const exported = [7, 8, 1, 4, ...Buffer.from('spin'), 0, 0];
const bodies = [10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
const names = [0, 14, 4, ...Buffer.from('name'), 1, 7, 1, 0, 4, ...Buffer.from('turn')];

export function hang() {
  const code = Uint8Array.from([header, types, functions, exported, bodies, names].flat());
  new WebAssembly.Instance(new WebAssembly.Module(code)).exports.spin();
}
