/** HTTP requests of this process to a server in this process: both ends are paid here. */
import { Agent, createServer, get } from 'node:http';
import { leaf } from './await.mjs';

export const OPERATIONS = 150;

const AT_A_TIME = 32;

function request(options) {
  return new Promise((resolve, reject) => {
    get(options, (response) => response.on('end', resolve).resume()).on('error', reject);
  });
}

export async function prepare() {
  const server = createServer(async (_, response) => response.end(String(await leaf(1))));
  server.keepAliveTimeout = 0; // Others work in between.
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const options = { agent, host: '127.0.0.1', port: server.address().port, path: '/orders/17' };
  return async (count) => {
    let started = 0;
    const lane = async () => {
      while (started++ < count) await request(options);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  };
}
