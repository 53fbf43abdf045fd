/** Where `up` is with one of its nodes. */
export type NodePhase = 'down' | 'starting' | 'running' | 'closed';
export type NodeEvent = 'start' | 'ready' | 'ended' | 'close';

const NEXT: Record<NodePhase, Record<NodeEvent, NodePhase>> = {
  down: { start: 'starting', ready: 'down', ended: 'down', close: 'closed' },
  starting: { start: 'starting', ready: 'running', ended: 'down', close: 'closed' },
  running: { start: 'running', ready: 'running', ended: 'down', close: 'closed' },
  closed: { start: 'closed', ready: 'closed', ended: 'closed', close: 'closed' },
};

export function transition(phase: NodePhase, event: NodeEvent): NodePhase {
  return NEXT[phase][event];
}
