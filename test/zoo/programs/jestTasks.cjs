exports.quick = function quick() {
  const end = performance.now() + 20;
  while (performance.now() < end);
};

exports.endless = function endless() {
  for (;;); // <- here
};

exports.waits = () => new Promise(() => {});

exports.crash = () => {
  setImmediate(() => process.exit(3));
  return exports.waits();
};
