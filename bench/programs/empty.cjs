/** A script that only says when it ran, by the clock that all processes share, and the CPU time until then; both in ms. */
const { writeSync } = require('node:fs');

const { user, system } = process.cpuUsage();
writeSync(1, JSON.stringify({ ranMs: Number(process.hrtime.bigint()) / 1e6, cpuMs: (user + system) / 1000 }));
