/**
 * Asks an HTTP server for as many answers as it is told, over 32 connections that are kept, and counts them by their first
 * line: so it takes less time than the server, which the work is about.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const CONNECTIONS = 32;
const REQUEST = 'GET /orders/17 HTTP/1.1\r\nHost: bench\r\nConnection: keep-alive\r\n\r\n';
const ANSWER = 'HTTP/1.1 200';

const port = Number(process.argv[2]);
let wanted = 0;
let asked = 0;
let answered = 0;

function ask(socket) {
  if (asked >= wanted) return;
  asked++;
  socket.write(REQUEST);
}

const sockets = Array.from({ length: CONNECTIONS }, () => {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true).setEncoding('latin1');
  socket.on('error', () => process.exit(1));
  socket.on('data', (text) => {
    if (!text.startsWith(ANSWER)) return;
    if (++answered === wanted) process.stdout.write('done\n');
    else ask(socket);
  });
  return socket;
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    [wanted, asked, answered] = [Number(line), 0, 0];
    for (const socket of sockets) ask(socket);
  })
  .on('close', () => process.exit());
