/** Sends messages to a WebSocket server and waits for each to come back, over 16 connections. */
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const CONNECTIONS = 16;
const MESSAGE = 'x'.repeat(64);

const address = `ws://127.0.0.1:${process.argv[2]}`;
let wanted = 0;
let sent = 0;
let returned = 0;

function send(socket) {
  if (sent++ < wanted) socket.send(MESSAGE);
}

const sockets = Array.from({ length: CONNECTIONS }, () => {
  const socket = new WebSocket(address);
  socket.on('error', () => process.exit(1));
  socket.on('message', () => {
    if (++returned === wanted) process.stdout.write('done\n');
    else send(socket);
  });
  return socket;
});
const open = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    await open;
    [wanted, sent, returned] = [Number(line), 0, 0];
    for (const socket of sockets) send(socket);
  })
  .on('close', () => process.exit());
