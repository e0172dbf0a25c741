import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLog } from '../../src/tasks/whyIsNodeRunning.js';
import { run } from './harness.js';

const ALIVE = `
const alive = () => reader.snapshot(request).groups.filter(({ keepsAlive }) => keepsAlive === true).map(({ type }) => type);
const held = [];
`;

test('when the loop has run empty nothing is said to keep it alive', () => {
  const left = run<string[]>(`${ALIVE}
const net = require('node:net');
process.stdout; process.stderr; process.stdin;
setInterval(() => {}, 1e6).unref();
held.push(new (require('node:async_hooks').AsyncResource)('Job'));
const quiet = net.createServer({ pauseOnConnect: true }, (socket) => held.push(socket)).listen(0, () => {
  const client = net.connect(quiet.address().port, () => { client.unref(); quiet.unref(); });
  held.push(client);
});
require('node:dns').lookup('localhost', () => {});
require('node:fs').readFile(__filename, () => {});
require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' }).unref();
process.once('beforeExit', () => { console.log(JSON.stringify(alive())); process.exit(); });`);
  assert.deepEqual(left, []);
});

test('a socket that is read from, a request under way and a channel keep it alive', () => {
  const types = run<string[]>(`${ALIVE}
const net = require('node:net');
const server = net.createServer((socket) => held.push(socket)).listen(0, () => {
  held.push(net.connect(server.address().port, () => {
    server.unref();
    const child = require('node:child_process').fork(__filename.replace('.cjs', '-child.cjs'), [], { execArgv: [] });
    child.unref();
    require('node:crypto').pbkdf2('a', 'b', 3e5, 64, 'sha512', () => {});
    child.once('spawn', () => setImmediate(() => { const types = alive(); child.kill(); console.log(JSON.stringify(types)); process.exit(); }));
  }));
});
require('node:fs').writeFileSync(__filename.replace('.cjs', '-child.cjs'), 'setInterval(() => {}, 1e6); process.on("message", () => {})');`);
  assert.deepEqual([...new Set(types)].sort(), ['PBKDF2REQUEST', 'PIPEWRAP', 'TCPWRAP']);
});

test('getters and methods that an application gives to its resources are never called', () => {
  const types = run<string[]>(`
const { AsyncResource } = require('node:async_hooks');
const called = () => { throw new Error('called'); };
const trap = (target, names) => { for (const name of names) Object.defineProperty(target, name, { get: called }); };
const names = ['hasRef', 'getAsyncId', '_destroyed', '_idleNext', 'handle', 'reading', 'socket', 'req', 'threadId', 'filename', 'name', 'created', 'started', 'workerInfo', 'task', 'type'];
class Trap extends AsyncResource {}
trap(Trap.prototype, names);
const calls = [];
process.on('uncaughtException', (error) => calls.push(error.stack));
const held = ['Trap', 'Piscina.Task', 'Tinypool.Task', 'HTTPINCOMINGMESSAGE'].map((type) => new Trap(type));
class Loop extends AsyncResource { hasRef() { for (;;); } get getAsyncId() { for (;;); } }
held.push(new Loop('Loop'), new Proxy(new AsyncResource('Proxied'), { get: called, getOwnPropertyDescriptor: called, getPrototypeOf: called }));
for (let beat = 0; beat < 20; beat++) tracker.beat();
setTimeout(() => { const { groups } = reader.snapshot(request); console.log(held.length); console.log(JSON.stringify([...groups.map(({ type }) => type).filter((type) => type !== 'Timeout'), ...calls])); process.exit(); }, 20);`);
  // One that says it is an HTTP message, and has no parser that works for it, is none that is in use.
  assert.deepEqual(types.sort(), ['Loop', 'Piscina.Task', 'Proxied', 'Tinypool.Task', 'Trap']);
});

test('a log of why-is-node-running gives types and places, without the resources of this package', () => {
  const log = [
    'There are 5 handle(s) keeping the process running.',
    '',
    '# TCPSERVERWRAP',
    '/our/hook.js:7     - init()',
    '/app/server - old.js:12 - server.listen(0); // see http://a.b:80 - or not',
    '/app/main.js:3',
    '',
    '# Timeout',
    '/our/hook.js:7 - init()',
    '/our/hook.js:99 - setInterval(beat, 250)',
    '',
    '# DNSCHANNEL',
    '(unknown stack trace)',
  ];
  const { resources, elided } = parseLog(log, (file) => file === '/our/hook.js');
  assert.deepEqual(
    resources.map(({ type, createdAt }) => [type, ...createdAt.map(({ file, line }) => `${file}:${line}`)]),
    [['TCPSERVERWRAP', '/app/server - old.js:12', '/app/main.js:3'], ['DNSCHANNEL']],
  );
  assert.equal(elided, 2);
});
