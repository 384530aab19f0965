/** What a viewer of the live view that does not keep up is sent, and when it is disconnected. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SILENT_MS, UNHEARD_LENGTH, Viewers } from '../../../../worker/objects/directory/viewers.ts';
import { contextOf, Socket } from './samples.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocketRequestResponsePair', class {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test(`a viewer that is sent ${UNHEARD_LENGTH} characters without a ping is disconnected; one that pings stays`, () => {
  const [deaf, attentive] = [new Socket(), new Socket()];
  const watchers = new Viewers(contextOf([deaf, attentive]));
  const message = 'x'.repeat(UNHEARD_LENGTH / 16);
  for (let i = 0; i < 15; i++) watchers.broadcast(message);
  expect([deaf.code, deaf.messages.length]).toEqual([null, 15]);
  vi.advanceTimersByTime(1_000);
  attentive.pongAt = new Date();
  for (let i = 0; i < 15; i++) watchers.broadcast(message);
  expect([deaf.code, deaf.messages.length]).toEqual([4408, 15]);
  expect([attentive.code, attentive.messages.length]).toEqual([null, 30]);
});

test(`a viewer that sends nothing for ${SILENT_MS} ms is disconnected`, () => {
  const socket = new Socket();
  const watchers = new Viewers(contextOf([socket]));
  vi.advanceTimersByTime(SILENT_MS - 1);
  watchers.broadcast('x');
  expect(socket.code).toBeNull();
  vi.advanceTimersByTime(1);
  watchers.broadcast('x');
  expect([socket.code, socket.messages.length]).toEqual([4408, 1]);
});
