/** An HTTP server that another process keeps busy. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ready } from '../ready.mjs';

const ANSWERS_BEFORE_READY = 200;
let answers = 0;

const server = createServer(async (request, response) => {
  await setImmediate();
  response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  if (++answers === ANSWERS_BEFORE_READY) setTimeout(ready, 500);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const load = fileURLToPath(new URL('httpLoad.mjs', import.meta.url));
spawn(process.execPath, [load, String(server.address().port)], { stdio: 'ignore' });
