import { createServer, get, Agent } from 'node:http';

/** A healthy server under load. */
export const truth = { places: ['main'], state: 'busy', verdict: null, readBy: 'port' };

export function hang() {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((_, response) => response.end('ok'));
  server.listen(0, () => {
    const ask = () => get({ port: server.address().port, agent }, (response) => response.resume().on('end', ask));
    for (let client = 0; client < 8; client++) ask();
  });
}
