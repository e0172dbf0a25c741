/** An HTTP server with an async handler, under 32 connections that are kept. */
import { createServer } from 'node:http';
import { leaf } from './await.mjs';
import { startClient } from './client.mjs';

export const OPERATIONS = 400;
/** By instructions, a request of a watched server costs 1.08 of a bare one from the 20,000th on, and 1.07 from the 30,000th on. */
export const WARM_UP = 150;

export async function prepare() {
  const server = createServer(async (_, response) => response.end(String(await leaf(1))));
  server.keepAliveTimeout = 0; // Others work in between.
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return startClient('../httpClient.mjs', server.address().port);
}
