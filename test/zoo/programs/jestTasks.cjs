exports.quick = function quick() {
  const end = performance.now() + 20;
  while (performance.now() < end);
};

exports.endless = function endless() {
  for (;;); // <- here
};

exports.waits = async () => await new Promise(() => {});

exports.crash = async () => {
  setImmediate(() => process.exit(3));
  return await exports.waits();
};
