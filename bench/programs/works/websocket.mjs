/** A WebSocket server that sends back what it gets, over 16 connections. */
import { WebSocketServer } from 'ws';
import { startClient } from './client.mjs';

export const OPERATIONS = 600;

export async function prepare() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await new Promise((resolve) => server.once('listening', resolve));
  return startClient('../webSocketClient.mjs', server.address().port);
}
