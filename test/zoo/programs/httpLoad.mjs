/** `httpLoad.mjs <port>`: 16 clients of a server on this machine, each with one request after another, until it is gone. */
import { Agent, get } from 'node:http';

const CLIENTS = 16;
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const port = Number(process.argv[2]);

function ask() {
  get({ host: '127.0.0.1', port, agent, path: '/load' }, (response) => response.resume().on('end', ask)).on(
    'error',
    () => process.exit(),
  );
}

for (let client = 0; client < CLIENTS; client++) ask();
