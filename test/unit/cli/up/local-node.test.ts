import { describe, expect, it } from 'vitest';
import { transition, type NodeEvent, type NodePhase } from '../../../../src/cli/up/local-node.ts';

const EVENTS: readonly NodeEvent[] = ['start', 'ready', 'ended', 'close'];

describe('a node of a local mesh', () => {
  it.each<[NodePhase, NodePhase[]]>([
    ['down', ['starting', 'down', 'down', 'closed']],
    ['starting', ['starting', 'running', 'down', 'closed']],
    ['running', ['running', 'running', 'down', 'closed']],
    ['closed', ['closed', 'closed', 'closed', 'closed']],
  ])('that is %s becomes, on start, ready, ended and close: %j', (phase, next) => {
    expect(EVENTS.map((event) => transition(phase, event))).toEqual(next);
  });
});
